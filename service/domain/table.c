/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/table.h"

#include <assert.h>
#include <string.h>

const char *table_row(const char *row, struct field *ret_fields, size_t count)
{
    const char *at = row;
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(at, i + 1 < count ? ",\n" : "\n");
        ret_fields[i] = (struct field){at, len};
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return *at == '\n' ? at + 1 : at;
}

bool field_is(const struct field *f, const char *word)
{
    return f->len == strlen(word) && memcmp(f->at, word, f->len) == 0;
}

int field_number(const struct field *f)
{
    int number = 0;
    for (size_t i = 0; i < f->len; i++) {
        assert(f->at[i] >= '0' && f->at[i] <= '9');
        number = number * 10 + (f->at[i] - '0');
    }
    return number;
}

void field_copy(const struct field *f, char *ret_text, size_t size)
{
    assert(f->len < size);
    memcpy(ret_text, f->at, f->len);
    ret_text[f->len] = '\0';
}
