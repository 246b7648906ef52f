/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cursor.h"

#include <assert.h>
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

/* One byte, or the character of one escape. Returns its length; 0 where the escape is none. */
static size_t character_take(struct cursor *c, char ret_utf8[4])
{
    size_t len = 1;
    enum json_escape_fault fault;
    ret_utf8[0] = *c->at;
    size_t taken = *c->at != '\\' ? 1 : json_escape_read(c->at, cursor_left(c), ret_utf8, &len, &fault);
    c->at += taken;
    return taken > 0 ? len : 0;
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
