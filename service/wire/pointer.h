/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON pointers (RFC 6901), and what they point at in a JSON text, as it stands there: a number keeps its
 * spelling, white space stays. A text that is not well-formed does no harm, but what is found in it is of no
 * use: whoever goes on with it judges the text itself. */

enum {
    POINTER_TOKENS_MAX = 8, /* deeper than analytics events are nested */
    POINTER_TOKEN_MAX = 64, /* bytes */
    POINTERS_MAX = 16       /* in one list */
};

struct pointer {
    size_t count; /* of tokens; 0 points at the whole text */
    char tokens[POINTER_TOKENS_MAX][POINTER_TOKEN_MAX + 1];
};

struct pointer_list {
    size_t count;
    struct pointer pointers[POINTERS_MAX];
};

/* Reads "/user/id". Returns false when it is no pointer, or above the limits. */
bool pointer_parse(const char *text, size_t len, struct pointer *ret_pointer);
/* Reads "/event,/path": one at least, a comma between them. (A name with a comma in it cannot be listed.) */
bool pointer_list_parse(const char *text, struct pointer_list *ret_list);
/* Whether ${a} points at what ${b} does, or at something around it. */
bool pointer_covers(const struct pointer *a, const struct pointer *b);

/* Returns false when there is no such value. ${ret_value} lies in ${text}. Of two members
 * of one name the first is found. */
bool pointer_find(const struct pointer *p, const char *text, size_t len, const char **ret_value,
                  size_t *ret_len);
/* Appends the object ${text} with nothing in it but what the pointers name, in its own order; "{}" where it
 * has none of that. Elements of arrays are not reached. */
void pointers_keep(const struct pointer_list *list, const char *text, size_t len, struct buf *out);
