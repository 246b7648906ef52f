/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* White space and escapes of JSON (RFC 8259, 2 and 7), for whoever reads a JSON text as it stands: mask_json
 * and wire/cursor. Here, because the mask is a library of its own with nothing else of the house in it; in a
 * header, so that the library has no symbol for it. */

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Why an escape is none: it is not written as one, it is a NUL, or half of a surrogate pair. */
enum json_escape_fault { JSON_ESCAPE_SYNTAX, JSON_ESCAPE_NUL, JSON_ESCAPE_HALF };

/* The four hex digits at ${at}, as a number; UINT32_MAX where they are none. */
static inline uint32_t json_unit_read(const char *at, size_t left)
{
    uint32_t unit = 0;
    if (left < 4)
        return UINT32_MAX;
    for (size_t i = 0; i < 4; i++) {
        char lower = (char)(at[i] | 0x20);
        if (at[i] >= '0' && at[i] <= '9')
            unit = unit << 4 | (uint32_t)(at[i] - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return UINT32_MAX;
    }
    return unit;
}

/* Writes a character that is not above U+10FFFF as UTF-8. Returns its length. */
static inline size_t json_utf8_write(uint32_t c, char ret_utf8[4])
{
    static const uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    ret_utf8[0] = (char)(lead[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        ret_utf8[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/* \uXXXX, or the two of a surrogate pair: as json_escape_read. */
static inline size_t json_unicode_read(const char *at, size_t left, char ret_utf8[4], size_t *ret_len,
                                       enum json_escape_fault *ret_fault)
{
    uint32_t unit = json_unit_read(at + 2, left - 2), low;
    *ret_fault = unit == 0 ? JSON_ESCAPE_NUL : unit == UINT32_MAX ? JSON_ESCAPE_SYNTAX : JSON_ESCAPE_HALF;
    if (unit == 0 || unit == UINT32_MAX)
        return 0;
    if (unit < 0xd800 || unit > 0xdfff) {
        *ret_len = json_utf8_write(unit, ret_utf8);
        return 6;
    }
    if (unit > 0xdbff || left < 12 || memcmp(at + 6, "\\u", 2) != 0)
        return 0;
    low = json_unit_read(at + 8, left - 8);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret_len = json_utf8_write(0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff)), ret_utf8);
    return 12;
}

/* Decodes the escape that begins at ${at}, a backslash, with ${left} bytes from there on, into one character
 * in UTF-8. Returns the bytes that the escape has; 0, and ${ret_fault}, where it is none. */
static inline size_t json_escape_read(const char *at, size_t left, char ret_utf8[4], size_t *ret_len,
                                      enum json_escape_fault *ret_fault)
{
    static const char plain[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    *ret_fault = JSON_ESCAPE_SYNTAX;
    if (left < 2)
        return 0;
    if (at[1] == 'u')
        return json_unicode_read(at, left, ret_utf8, ret_len, ret_fault);
    ret_utf8[0] = plain[(uint8_t)at[1]];
    *ret_len = 1;
    return ret_utf8[0] != '\0' ? 2 : 0;
}
