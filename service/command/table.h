/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdio.h>

/* A table for a terminal: its columns are as wide as what stands in them. What would steer a terminal is
 * shown as ?. */
struct table {
    size_t columns, cells;
    struct buf text; /* of the cells, a NUL behind each */
};

/* Begins it with its ${headings}, NULL at the end. */
void table_open(struct table *t, const char *const headings[]);
void table_close(struct table *t);
/* The next cell, row by row; NULL: none. */
void table_cell(struct table *t, const char *text);
/* Returns -1 when there was no memory for all of it: nothing is printed then. */
int table_print(const struct table *t, FILE *out);
