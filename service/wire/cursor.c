/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cursor.h"

#include "base/hex.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* ---- structure ---- */

static void value_pass(struct cursor *c)
{
    size_t depth = 0;
    while (c->at < c->end) {
        if (depth == 0 && strchr(",]} \t\r\n", *c->at) != NULL)
            return;
        char byte = cursor_step(c);
        if (byte == '{' || byte == '[')
            depth++;
        else if (byte == '}' || byte == ']')
            depth--;
        if (depth == 0 && (byte == '"' || byte == '}' || byte == ']'))
            return;
    }
}

struct cursor cursor_value(struct cursor *c)
{
    cursor_space(c);
    struct cursor value = *c;
    value_pass(c);
    value.end = c->at;
    cursor_space(c);
    if (cursor_is(c, ','))
        c->at++;
    return value;
}

struct cursor cursor_inside(const struct cursor *value)
{
    assert(cursor_is(value, '{') || cursor_is(value, '['));
    return (struct cursor){value->at + 1, value->end};
}

bool cursor_member(struct cursor *c, struct cursor *ret_key, struct cursor *ret_value)
{
    cursor_space(c);
    if (!cursor_is(c, '"'))
        return false;
    struct cursor key = *c;
    cursor_step(c);
    key.end = c->at;
    cursor_space(c);
    if (!cursor_is(c, ':'))
        return false;
    c->at++;
    *ret_key = key;
    *ret_value = cursor_value(c);
    return true;
}

/* ---- strings ---- */

static bool unit_read(const struct cursor *c, size_t offset, uint32_t *ret_unit)
{
    uint8_t bytes[2];
    if (cursor_left(c) < offset + 4 || !hex_read(c->at + offset, bytes, 2))
        return false;
    *ret_unit = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

static size_t utf8_write(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out[0] = (char)(uint8_t)(first[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/* The one character that \uXXXX, or a pair of them, stands for; ${c} is behind the u. */
static size_t unicode_take(struct cursor *c, char out[4])
{
    uint32_t high, low;
    if (!unit_read(c, 0, &high))
        return 0;
    c->at += 4;
    if (high < 0xd800 || high > 0xdbff)
        return utf8_write(high, out);
    if (cursor_left(c) < 6 || memcmp(c->at, "\\u", 2) != 0 || !unit_read(c, 2, &low))
        return 0;
    c->at += 6;
    return utf8_write(0x10000 + ((high - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff), out);
}

/* One byte, or the character of one escape. Returns its length; 0 where the escape is none. */
static size_t character_take(struct cursor *c, char out[4])
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    out[0] = *c->at++;
    if (out[0] != '\\')
        return 1;
    if (c->at == c->end || *c->at == '\0')
        return 0;
    char escape = *c->at++;
    if (escape == 'u')
        return unicode_take(c, out);
    const char *known = strchr(escapes, escape);
    if (known == NULL)
        return 0;
    out[0] = meanings[known - escapes];
    return 1;
}

bool cursor_says(const struct cursor *string, const char *text)
{
    size_t len = strlen(text);
    assert(cursor_is(string, '"'));
    struct cursor c = {string->at + 1, string->end - 1};
    while (c.at < c.end) {
        char character[4];
        size_t n = character_take(&c, character);
        if (n == 0 || n > len || memcmp(character, text, n) != 0)
            return false;
        text += n;
        len -= n;
    }
    return len == 0;
}
