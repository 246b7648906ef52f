/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <stdint.h>

void hex_write(const void *bytes, size_t count, char *ret_digits)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    for (size_t i = 0; i < count; i++) {
        ret_digits[2 * i] = digits[b[i] >> 4];
        ret_digits[2 * i + 1] = digits[b[i] & 0x0f];
    }
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_read(const char *digits, void *ret_bytes, size_t count)
{
    uint8_t *to = ret_bytes;
    for (size_t i = 0; i < 2 * count; i++) {
        if (hex_digit(digits[i]) < 0)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)((unsigned)hex_digit(digits[2 * i]) << 4 | (unsigned)hex_digit(digits[2 * i + 1]));
    return true;
}

bool hex_is_lower(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (hex_digit(text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F'))
            return false;
    }
    return true;
}

bool hex_read_lower(const char *digits, size_t len, void *ret_bytes, size_t count)
{
    return len == 2 * count && hex_is_lower(digits, len) && hex_read(digits, ret_bytes, count);
}
