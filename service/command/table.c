/* SPDX-License-Identifier: Apache-2.0 */
#include "command/table.h"

#include <string.h>

enum {
    TABLE_BYTES_MAX = 256 << 20,
    TABLE_COLUMNS_MAX = 12 /* of a table that a terminal can show */
};

void table_open(struct table *t, const char *const headings[])
{
    *t = (struct table){0};
    buf_init(&t->text, TABLE_BYTES_MAX);
    while (headings[t->columns] != NULL && t->columns < TABLE_COLUMNS_MAX)
        t->columns++;
    for (size_t i = 0; i < t->columns; i++)
        table_cell(t, headings[i]);
}

void table_close(struct table *t)
{
    buf_free(&t->text);
}

void table_cell(struct table *t, const char *text)
{
    for (const char *c = text != NULL ? text : "-"; *c != '\0'; c++)
        buf_byte(&t->text, (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
    buf_byte(&t->text, '\0');
    t->cells++;
}

/* Characters of UTF-8: its bytes that go on with none. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

int table_print(const struct table *t, FILE *out)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    if (buf_failed(&t->text))
        return -1;
    const char *cell = t->text.data;
    for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
        size_t width = width_of(cell), *widest = &widths[i % t->columns];
        *widest = width > *widest ? width : *widest;
    }

    cell = t->text.data;
    for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
        size_t column = i % t->columns;
        bool is_last = column + 1 == t->columns;
        fprintf(out, "%s%*s%s", cell, is_last ? 0 : (int)(widths[column] - width_of(cell)), "",
                is_last ? "\n" : "  ");
    }
    return 0;
}
