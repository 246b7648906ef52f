/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64url.h"

#include <stdint.h>

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(const char *text, size_t len, unsigned char *bytes, size_t room, size_t *ret_len)
{
    if (len % 4 == 1 || len / 4 * 3 + (len % 4 != 0 ? len % 4 - 1 : 0) > room)
        return false;
    uint32_t window = 0; /* its low ${bits} bits are not written yet */
    unsigned bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        int six = sextet(text[i]);
        if (six < 0)
            return false;
        window = window << 6 | (uint32_t)six;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[written++] = (unsigned char)(window >> bits & 0xff);
        }
    }
    if ((window & ((UINT32_C(1) << bits) - 1)) != 0)
        return false;
    *ret_len = written;
    return true;
}

void base64url_encode(const unsigned char *bytes, size_t len, char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t window = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < len; i++) {
        window = window << 8 | bytes[i];
        for (bits += 8; bits >= 6; bits -= 6)
            *text++ = alphabet[window >> (bits - 6) & 63];
    }
    if (bits > 0)
        *text++ = alphabet[window << (6 - bits) & 63];
    *text = '\0';
}
