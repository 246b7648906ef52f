/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The rows of a file that another system wrote, one by one: CSV (RFC 4180; a quoted field may have line
 * ends), NDJSON, or the JSON that listmonk's API answers. Text becomes UTF-8 on the way; a byte order mark is
 * passed over. What is wrong with a row is told of that row, and the rest goes on. */

enum rows_format { ROWS_CSV, ROWS_NDJSON, ROWS_LISTMONK };

enum {
    ROW_BYTES_MAX =
        64 * 1024, /* of one row: notes and attributes too; a quote without an end is found by it */
    ROW_COLUMNS_MAX = 512
};

struct rows_options {
    const char *path; /* "-": stdin */
    enum rows_format format;
    const char *encoding; /* as iconv(3) names it; NULL: UTF-8, or UTF-16 with its mark */
    char separator;       /* of CSV; 0: what the header has most of, of comma, semicolon and tab */
    bool takes_unended;   /* of CSV: a last line without an end is a row, and no half of one */
};

struct row {
    size_t line;      /* where it begins, from 1; of ROWS_LISTMONK its place */
    const char *text; /* as it is in the file, without its end */
    size_t len;
    const char *const *values; /* one a column; of ROWS_NDJSON none */
    const char *fault;         /* what is wrong with it; NULL: nothing */
};

struct rows;

/* Reads as far as the header. NULL, with ${ret_fault} in words. The options must outlive it. */
struct rows *rows_open(const struct rows_options *options, const char **ret_fault);
void rows_close(struct rows *r);
/* The names of the columns. */
size_t rows_columns(const struct rows *r, const char *const **ret_names);
/* 1: a row, good until the next call; 0: there is no further one; -1: the file cannot be read on. */
int rows_next(struct rows *r, struct row *ret_row);
/* Bytes read so far. */
size_t rows_read(const struct rows *r);
