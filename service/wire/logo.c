/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/logo.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

static bool is_base64(const char *text, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t digits = strspn(text, alphabet);
    return len > 0 && len % 4 == 0 && len <= LOGO_TEXT_MAX && digits + 2 >= len &&
           strspn(text + digits, "=") == len - digits;
}

/* A header that says how large the picture is, in both directions. */
static bool is_png(const uint8_t *bytes, size_t len)
{
    static const uint8_t head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                   0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    return len > sizeof head + 8 && memcmp(bytes, head, sizeof head) == 0;
}

/* A RIFF of just these bytes. */
static bool is_webp(const uint8_t *bytes, size_t len)
{
    if (len < 20 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WEBPVP8", 7) != 0)
        return false;
    size_t said = bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16 | (size_t)bytes[7] << 24;
    return said + 8 == len;
}

const char *logo_read(const char *text, size_t len, uint8_t ret_bytes[LOGO_BYTES_MAX + 2], size_t *ret_len)
{
    if (!is_base64(text, len))
        return NULL;
    int decoded = EVP_DecodeBlock(ret_bytes, (const unsigned char *)text, (int)len);
    size_t padding = (text[len - 1] == '=') + (size_t)(text[len - 2] == '=');
    if (decoded < 0 || (size_t)decoded - padding > LOGO_BYTES_MAX)
        return NULL;
    *ret_len = (size_t)decoded - padding;
    return is_png(ret_bytes, *ret_len) ? "image/png" : is_webp(ret_bytes, *ret_len) ? "image/webp" : NULL;
}
