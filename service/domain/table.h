/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Tables that come with the program (data/): CSV of fields without a comma or a quote, under a line of
 * names, each row ended by a newline. They are ours: unit tests hold every row to its form. */

struct field {
    const char *at; /* into the row, without a NUL behind it */
    size_t len;
};

/* Takes the ${count} fields of the row at ${row}, the last with all there is up to the newline; one that is
 * missing is empty. Returns the row after it; at the end of the table that is its NUL. */
const char *table_row(const char *row, struct field *ret_fields, size_t count);
bool field_is(const struct field *f, const char *word);
/* Its decimal digits as a number; 0 where it is empty. */
int field_number(const struct field *f);
/* Copies it, with a NUL behind. ${size}: of ${ret_text}, above the field's length. */
void field_copy(const struct field *f, char *ret_text, size_t size);
