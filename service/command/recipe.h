/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "command/rows.h"

/* What the columns of a file mean: by the names of one of the tools that are known here, by --map, or by
 * their own. Makes a line of POST /v1/imports of each row. */

struct recipe_options {
    const char *recipe;  /* NULL: none */
    const char *map;     /* "column=member,..." */
    const char *ignored; /* "column,...": nothing is to be read from these; NULL: none */
    const char *states;  /* "word=event_state,..." of the column event_state; "word=" leaves such a row out */
    const char *list;    /* of listmonk's API: the one list that is meant; NULL: each */
    const char *purpose, *method, *language; /* where the row tells none; NULL: not said */
    const char *notice;                      /* "id:version" that a Yes was said to */
    const char *dates; /* "dmy" or "mdy": which of the two 03/04/2026 is; NULL: refuse it */
};

struct recipe;

/* The format that the recipe of that name is of; ${fallback} where it says none. Returns false: there is no
 * such recipe. */
bool recipe_format(const char *name, enum rows_format fallback, enum rows_format *ret_format);
/* Of a file with these columns. NULL, with ${ret_fault} in words, good until the next call: a column that is
 * named is not there, or one that may say who chose what would be passed over. The options must outlive
 * it. */
struct recipe *recipe_open(const struct recipe_options *options, enum rows_format format,
                           const char *const *columns, size_t count, const char **ret_fault);
void recipe_close(struct recipe *p);
/* Whether a column is passed over, which nobody asked for. */
bool recipe_passes_over(const struct recipe *p, size_t column);

enum recipe_outcome { RECIPE_LINE, RECIPE_LEFT_OUT, RECIPE_BAD };
/* Appends the line, with its end. Else ${ret_why} says why there is none. */
enum recipe_outcome recipe_line(struct recipe *p, const struct row *row, struct buf *line,
                                const char **ret_why);
