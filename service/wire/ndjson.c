/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ndjson.h"

#include <stdbool.h>
#include <string.h>

struct ndjson ndjson_of(const char *bytes, size_t len, size_t lines_max, size_t line_len_max)
{
    if (bytes == NULL)
        bytes = "";
    return (struct ndjson){
        .at = bytes, .end = bytes + len, .lines_max = lines_max, .line_len_max = line_len_max};
}

/* Cuts the next line off. There is one. */
static struct ndjson_line ndjson_cut(struct ndjson *n)
{
    const char *start = n->at;
    const char *newline = memchr(start, '\n', (size_t)(n->end - start));
    const char *stop = newline != NULL ? newline : n->end;
    n->at = newline != NULL ? newline + 1 : n->end;
    size_t len = (size_t)(stop - start), end = len > 0 && stop[-1] == '\r';
    return (struct ndjson_line){.number = ++n->number, .bytes = start, .len = len - end, .sent_len = len};
}

static bool line_is_blank(const struct ndjson_line *line)
{
    for (size_t i = 0; i < line->len; i++) {
        if (line->bytes[i] != ' ' && line->bytes[i] != '\t')
            return false;
    }
    return true;
}

enum ndjson_step ndjson_next(struct ndjson *n, struct ndjson_line *ret_line)
{
    while (n->at < n->end) {
        if (n->number == n->lines_max)
            return NDJSON_MANY;
        struct ndjson_line line = ndjson_cut(n);
        if (line_is_blank(&line))
            continue;
        *ret_line = line;
        return line.len > n->line_len_max ? NDJSON_LONG : NDJSON_LINE;
    }
    return NDJSON_END;
}
