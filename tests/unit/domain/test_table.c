/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/table.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_fields(const struct field *fields, size_t count, const char *const *expected)
{
    for (size_t i = 0; i < count; i++)
        cr_expect(field_is(&fields[i], expected[i]), "%.*s, not %s", (int)fields[i].len, fields[i].at,
                  expected[i]);
}

Test(table, rows_follow_each_other_to_the_end)
{
    static const char text[] = "a,b,c\n1,,3\n,,\n";
    struct field fields[3];
    const char *row = table_row(text, fields, 3);
    expect_fields(fields, 3, (const char *const[]){"a", "b", "c"});
    row = table_row(row, fields, 3);
    expect_fields(fields, 3, (const char *const[]){"1", "", "3"});
    row = table_row(row, fields, 3);
    expect_fields(fields, 3, (const char *const[]){"", "", ""});
    cr_expect_eq(row, text + strlen(text));
}

Test(table, a_missing_field_is_empty_and_the_last_has_the_rest_of_its_row)
{
    struct field fields[3];
    const char *row = table_row("a\nb,c,d,e\nf", fields, 3);
    expect_fields(fields, 3, (const char *const[]){"a", "", ""});
    row = table_row(row, fields, 3);
    expect_fields(fields, 3, (const char *const[]){"b", "c", "d,e"});
    row = table_row(row, fields, 3);
    expect_fields(fields, 3, (const char *const[]){"f", "", ""});
    cr_expect_eq(*row, '\0');
}

Test(table, a_field_is_a_word_or_a_number)
{
    static const struct field number = {"0142,", 4}, empty = {",", 0}, word = {"online", 6};
    char text[8];
    cr_expect_eq(field_number(&number), 142);
    cr_expect_eq(field_number(&empty), 0);
    cr_expect(field_is(&word, "online"));
    cr_expect_not(field_is(&word, "on"));
    cr_expect_not(field_is(&word, "online or not"));
    field_copy(&word, text, sizeof text);
    cr_expect_str_eq(text, "online");
    field_copy(&empty, text, sizeof text);
    cr_expect_str_eq(text, "");
}
