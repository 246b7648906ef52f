/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/json_escape.h"

#include <stdbool.h>
#include <stddef.h>

/* Walks a JSON text as it stands, without a tree: for whoever needs a value's own bytes, or looks at a
 * text before it is parsed. Nothing is judged here: in what is not JSON every step still ends, and none
 * goes behind the end. A cursor is what is left of a text; a piece of one is a cursor too. */
struct cursor {
    const char *at;
    const char *end;
};

static inline struct cursor cursor_of(const char *text, size_t len)
{
    return (struct cursor){text, text + len};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* Whether ${byte} stands here. */
static inline bool cursor_is(const struct cursor *c, char byte)
{
    return c->at < c->end && *c->at == byte;
}

/* Goes past white space. */
static inline void cursor_space(struct cursor *c)
{
    while (c->at < c->end && json_is_space(*c->at))
        c->at++;
}

/* Goes past one byte, or where that is a quote past the whole string, and returns the byte. There must be one
 * left. What it returns, but for the quote, stands outside all strings. */
static inline char cursor_step(struct cursor *c)
{
    char first = *c->at++;
    if (first != '"')
        return first;
    while (c->at < c->end) {
        char byte = *c->at++;
        if (byte == '"')
            break;
        if (byte == '\\' && c->at < c->end)
            c->at++;
    }
    return first;
}

/* Goes past one value, the first but for white space, and past the comma behind it. Returns the value's own
 * bytes: none, where no value stands here. */
struct cursor cursor_value(struct cursor *c);
/* Of the object or array ${value}, all behind its bracket: for cursor_member, or for cursor_value once an
 * element. */
struct cursor cursor_inside(const struct cursor *value);
/* Goes past the next member of an object, key and value. Returns false at its end. */
bool cursor_member(struct cursor *c, struct cursor *ret_key, struct cursor *ret_value);
/* Whether the string ${string}, with its quotes, says ${text}, whatever escapes it is written with. */
bool cursor_says(const struct cursor *string, const char *text);
