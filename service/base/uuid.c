/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/clock.h"
#include "base/hex.h"

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

/* Bytes of each of its five groups, between which are dashes. */
static const size_t groups[] = {4, 2, 2, 2, 6};

void uuid_format(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT + 1])
{
    char *at = text;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (i > 0)
            *at++ = '-';
        hex_write(uuid, groups[i], at);
        uuid += groups[i];
        at += 2 * groups[i];
    }
    *at = '\0';
}

bool uuid_parse(const char *text, size_t len, uint8_t ret_uuid[UUID_SIZE])
{
    uint8_t uuid[UUID_SIZE], *to = uuid;
    if (len != UUID_TEXT)
        return false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if ((i > 0 && *text++ != '-') || !hex_read(text, to, groups[i]))
            return false;
        text += 2 * groups[i];
        to += groups[i];
    }
    memcpy(ret_uuid, uuid, UUID_SIZE);
    return true;
}
