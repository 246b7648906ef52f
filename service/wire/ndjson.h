/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/* Walks the lines of an application/x-ndjson body that is in memory. A line ends with \n or \r\n; the last
 * one may lack it. A line of nothing but spaces and tabs is passed over, but counted. */
struct ndjson {
    const char *at;
    const char *end;
    size_t number;       /* of the line last met, from 1 */
    size_t lines_max;    /* blank ones included */
    size_t line_len_max; /* bytes, without the line's end */
};

/* One line inside the body, without its end. Not NUL-terminated. */
struct ndjson_line {
    size_t number; /* from 1 */
    const char *bytes;
    size_t len;
    size_t sent_len; /* with the \r that it ended with, if any */
};

enum ndjson_step {
    NDJSON_LINE,
    NDJSON_LONG, /* a line above line_len_max: answer it as a bad line and go on */
    NDJSON_MANY, /* lines_max were met and there is more: refuse the body; every later call says so again */
    NDJSON_END
};

/* ${bytes} must outlive the walk. */
struct ndjson ndjson_of(const char *bytes, size_t len, size_t lines_max, size_t line_len_max);
/* Fills ${ret_line} for NDJSON_LINE and NDJSON_LONG, else leaves it alone. */
enum ndjson_step ndjson_next(struct ndjson *n, struct ndjson_line *ret_line);
