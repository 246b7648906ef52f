/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/csv.h"

#include <string.h>

/* What a spreadsheet takes for a formula, or passes over on the way to one. */
static bool looks_like_formula(char first)
{
    return first != '\0' && strchr("=+-@\t\r", first) != NULL;
}

void csv_cell_begin(struct buf *out, bool is_first, const char *first)
{
    buf_text(out, is_first ? "\"" : ",\"");
    if (first != NULL && looks_like_formula(first[0]))
        buf_byte(out, '\'');
}

void csv_text(struct buf *out, const char *text)
{
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        buf_append(out, text, (size_t)(quote - text) + 1);
        buf_byte(out, '"');
    }
    buf_text(out, text);
}

void csv_cell_end(struct buf *out)
{
    buf_byte(out, '"');
}

void csv_cell(struct buf *out, bool is_first, const char *text_or_null)
{
    csv_cell_begin(out, is_first, text_or_null);
    if (text_or_null != NULL)
        csv_text(out, text_or_null);
    csv_cell_end(out);
}

void csv_line_end(struct buf *out)
{
    buf_text(out, "\r\n");
}

void csv_names(struct buf *out, const char *const names[])
{
    for (size_t i = 0; names[i] != NULL; i++) {
        buf_text(out, i > 0 ? "," : "");
        buf_text(out, names[i]);
    }
    csv_line_end(out);
}
