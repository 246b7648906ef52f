/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/reader.h"

/* What the files that parse share. Nobody else includes this. */

/* What a look at the brackets and commas can say before jansson recurses into them. */
struct outline {
    size_t depth;
    size_t members[READER_DEPTH_MAX]; /* of the object at that level; 0 for an array */
};

/* Takes what a cursor stepped over. Returns NULL, or the limit it exceeds. */
const char *outline_take(struct outline *o, char c);

/* The reader has read nothing yet. */
void reader_init(struct reader *r);
/* Parses one value into ${r}->arena. NULL: the document has been refused, at its place in the
 * whole, which begins at ${whole}. */
struct json_t *reader_parse(struct reader *r, const char *whole, const char *bytes, size_t len);
/* An array in ${r}->arena, and one element more of it. NULL, and false: memory
 * ran out, and so it was refused. */
struct json_t *reader_array_new(struct reader *r);
bool reader_array_add(struct reader *r, struct json_t *array, struct json_t *element);
/* The document, which begins at ${whole}, is wrong at the character before ${at}. */
enum error reader_refuse_at(struct reader *r, const char *whole, const char *at, const char *why);
