/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/clock.h"

#include <string.h>
#include <sys/random.h>

enum { RANDOM_POOL = 640 }; /* bytes fetched at once: one system call for 64 identifiers */

/* Ten random bytes from a pool of the thread's own. */
static int uuid_random(uint8_t *bytes)
{
    static _Thread_local uint8_t pool[RANDOM_POOL];
    static _Thread_local size_t left;
    if (left == 0) {
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
            return -1;
        left = sizeof pool;
    }
    left -= 10;
    memcpy(bytes, pool + left, 10);
    return 0;
}

int uuid_v7(uint8_t ret_uuid[UUID_SIZE])
{
    uint8_t u[UUID_SIZE];
    if (uuid_random(u + 6) != 0)
        return -1;
    uint64_t ms = (uint64_t)(clock_wall() / 1000);
    for (int i = 0; i < 6; i++)
        u[i] = (uint8_t)(ms >> (40 - 8 * i));
    u[6] = (uint8_t)(0x70 | (u[6] & 0x0f));
    u[8] = (uint8_t)(0x80 | (u[8] & 0x3f));
    u[15] &= 0xf8;
    memcpy(ret_uuid, u, UUID_SIZE);
    return 0;
}

static bool uuid_is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (uuid_is_dash(i)) {
            text[i] = '-';
            continue;
        }
        text[i] = digits[(nibble & 1) != 0 ? uuid[nibble / 2] & 0x0f : uuid[nibble / 2] >> 4];
        nibble++;
    }
    text[UUID_TEXT] = '\0';
}

static int uuid_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(const char *text, size_t len, uint8_t ret_uuid[UUID_SIZE])
{
    if (len != UUID_TEXT)
        return false;
    uint8_t u[UUID_SIZE] = {0};
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (uuid_is_dash(i)) {
            if (text[i] != '-')
                return false;
            continue;
        }
        int value = uuid_nibble(text[i]);
        if (value < 0)
            return false;
        u[nibble / 2] = (uint8_t)(u[nibble / 2] << 4 | value);
        nibble++;
    }
    memcpy(ret_uuid, u, UUID_SIZE);
    return true;
}
