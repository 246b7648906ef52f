/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/phone_plan.h"

#include "base/embedded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded phone_plan_files[];

Test(phone_plan, the_countries_a_controller_may_be_in_have_one)
{
    static const char *const countries[] = {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE",
        "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS",
        "LI", "NO", "GB", "CH", "US", "CA", "TR", "MA", "SR", "CW", "AW", "BQ", "SX",
    };
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        const struct phone_plan *plan = phone_plan_of_country(countries[i]);
        cr_assert_not_null(plan, "%s", countries[i]);
        cr_expect_str_eq(plan->country, countries[i]);
    }
}

Test(phone_plan, what_is_no_country_has_none)
{
    static const char *const words[] = {"", "N", "nl", "ZZ", "NLD", "EU", "UK"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_null(phone_plan_of_country(words[i]), "%s", words[i]);
    cr_expect_null(phone_plan_of_country(NULL));
}

static void assert_sane(const struct phone_plan *plan)
{
    size_t code = strlen(plan->code);
    const struct phone_plan *shared = phone_plan_of_number(plan->code, code);
    cr_expect(code >= 1 && code <= 3 && plan->code[0] != '0', "%s", plan->country);
    cr_expect(plan->min <= plan->max && code + plan->max >= 7 && code + plan->max <= 15, "%s", plan->country);
    cr_expect(plan->zero_min <= plan->zero_max && code + plan->zero_max <= 15, "%s", plan->country);
    cr_assert_not_null(shared);
    cr_expect_str_eq(shared->code, plan->code, "another country's calling code begins %s's", plan->country);
    cr_expect(shared->min <= plan->min && shared->max >= plan->max, "%s", plan->country);
    cr_expect(shared->zero_min <= plan->zero_min && shared->zero_max >= plan->zero_max, "%s", plan->country);
    cr_expect(shared->country[0] == '\0' || strcmp(shared->trunk, plan->trunk) == 0, "%s", plan->country);
    cr_expect(plan->area[0] == '\0' || plan->min == plan->max, "%s", plan->country);
}

Test(phone_plan, a_number_in_international_form_has_one_reading)
{
    size_t found = 0;
    for (char a = 'A'; a <= 'Z'; a++) {
        for (char b = 'A'; b <= 'Z'; b++) {
            const char country[] = {a, b, '\0'};
            const struct phone_plan *plan = phone_plan_of_country(country);
            if (plan == NULL)
                continue;
            assert_sane(plan);
            found++;
        }
    }
    cr_assert_gt(found, 240);
}

Test(phone_plan, a_number_belongs_to_the_calling_code_it_begins_with)
{
    static const struct {
        const char *digits, *code;
    } cases[] = {
        {"31612345678", "31"},  {"15551234567", "1"},    {"17215551234", "1"},  {"79161234567", "7"},
        {"3521234567", "352"},  {"5978123456", "597"},   {"2971234567", "297"}, {"59994611234", "599"},
        {"35699123456", "356"}, {"881612345678", "881"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct phone_plan *plan = phone_plan_of_number(cases[i].digits, strlen(cases[i].digits));
        cr_assert_not_null(plan, "%s", cases[i].digits);
        cr_expect_str_eq(plan->code, cases[i].code);
    }
}

Test(phone_plan, an_unassigned_or_cut_calling_code_has_none)
{
    static const char *const digits[] = {"", "0", "00", "0612345678", "3", "35", "999123456", "210123456"};
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        cr_expect_null(phone_plan_of_number(digits[i], strlen(digits[i])), "%s", digits[i]);
}

enum { COLUMNS = 10 };

/* A field of one of these lengths, of nothing but ${among}. */
static void expect_field(const char *row, const char *field, size_t min, size_t max, const char *among)
{
    size_t len = strlen(field);
    cr_expect((len == 0 && min == 0) || (len >= min && len <= max), "%s: \"%s\"", row, field);
    cr_expect_eq(strspn(field, among), len, "%s: \"%s\"", row, field);
}

static long number_of(const char *digits)
{
    return strtol(digits, NULL, 10);
}

static void expect_row(char *row)
{
    static const char digits[] = "0123456789";
    char *fields[COLUMNS], *rest = row, text[80];
    size_t count = 0;
    snprintf(text, sizeof text, "%s", row);
    for (char *field; (field = strsep(&rest, ",")) != NULL; count++)
        fields[count % COLUMNS] = field;
    cr_assert_eq(count, COLUMNS, "%s: %zu fields", text, count);
    expect_field(text, fields[0], 0, 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    cr_expect_neq(strlen(fields[0]), 1, "%s", text);
    expect_field(text, fields[1], 1, 3, digits);
    expect_field(text, fields[2], 0, 2, digits);
    expect_field(text, fields[3], 0, 4, digits);
    expect_field(text, fields[4], 1, 2, digits);
    expect_field(text, fields[5], 1, 2, digits);
    expect_field(text, fields[6], 0, 2, digits);
    expect_field(text, fields[7], 0, 2, digits);
    expect_field(text, fields[8], 0, 2, digits);
    expect_field(text, fields[9], 0, 3, digits);
    cr_expect_eq(strlen(fields[6]) == 0, strlen(fields[7]) == 0, "%s: both lengths or none", text);
    const struct phone_plan *plan = phone_plan_of_country(fields[0]);
    if (fields[0][0] == '\0')
        return;
    cr_assert_not_null(plan, "%s", text);
    cr_expect_str_eq(plan->code, fields[1], "%s: a country stands here twice", text);
    cr_expect_str_eq(plan->trunk, fields[2], "%s", text);
    cr_expect_str_eq(plan->exit, fields[3], "%s", text);
    cr_expect_eq(plan->min, (int)number_of(fields[4]), "%s", text);
    cr_expect_eq(plan->max, (int)number_of(fields[5]), "%s", text);
    cr_expect_eq(plan->zero_min, (int)number_of(fields[6]), "%s", text);
    cr_expect_eq(plan->zero_max, (int)number_of(fields[7]), "%s", text);
    cr_expect_str_eq(plan->old_trunk, fields[8], "%s", text);
    cr_expect_str_eq(plan->area, fields[9], "%s", text);
}

/* The rows as the table's own reader does not see them: every field where it should be. */
Test(phone_plan, every_row_of_the_table_is_whole_and_read_as_it_stands)
{
    char *table = strdup(phone_plan_files[0].data), *rest = table;
    size_t rows = 0;
    cr_assert_eq(table[phone_plan_files[0].len - 1], '\n', "the last row has no newline");
    cr_expect_str_eq(strsep(&rest, "\n"), "country,code,trunk,exit,min,max,zero_min,zero_max,old_trunk,area");
    for (char *row; (row = strsep(&rest, "\n")) != NULL && rest != NULL; rows++)
        expect_row(row);
    cr_expect_gt(rows, 240);
    free(table);
}

static const struct phone_plan *plan_with_code(const char *code)
{
    const struct phone_plan *plan = phone_plan_of_number(code, strlen(code));
    return plan != NULL && strcmp(plan->code, code) == 0 ? plan : NULL;
}

static void expect_range(char *row)
{
    static const char digits[] = "0123456789";
    char text[80], number[24];
    char *fields[4] = {NULL}, *rest = row;
    size_t count = 0;
    snprintf(text, sizeof text, "%s", row);
    for (char *field; (field = strsep(&rest, ",")) != NULL; count++)
        fields[count % 4] = field;
    cr_assert_eq(count, 4, "%s", text);
    for (size_t i = 0; i < 4; i++)
        expect_field(text, fields[i], 1, i < 2 ? 3 : 2, digits);
    size_t min = (size_t)number_of(fields[2]), max = (size_t)number_of(fields[3]), used = strlen(fields[1]);
    const struct phone_plan *plan = plan_with_code(fields[0]);
    cr_assert_not_null(plan, "%s: no such calling code", text);
    cr_assert(min <= max && used <= min && strlen(fields[0]) + max <= 20, "%s", text);
    memset(number, '1', sizeof number);
    memcpy(number, fields[1], used);
    cr_expect(phone_plan_takes(plan, number, min) && phone_plan_takes(plan, number, max), "%s", text);
}

Test(phone_plan, every_range_is_of_a_plan_and_widens_it)
{
    char *table = strdup(phone_plan_files[1].data), *rest = table;
    size_t rows = 0;
    cr_assert_eq(table[phone_plan_files[1].len - 1], '\n', "the last row has no newline");
    cr_expect_str_eq(strsep(&rest, "\n"), "code,prefix,min,max");
    for (char *row; (row = strsep(&rest, "\n")) != NULL && rest != NULL; rows++)
        expect_range(row);
    cr_expect_gt(rows, 400);
    free(table);
}

Test(phone_plan, a_range_widens_its_own_prefix_alone)
{
    const struct phone_plan *plan = phone_plan_of_country("NL");
    cr_expect(phone_plan_takes(plan, "97010212345", 11));
    cr_expect(phone_plan_takes(plan, "612345678", 9));
    cr_expect_not(phone_plan_takes(plan, "61234567", 8));
    cr_expect_not(phone_plan_takes(plan, "97110212345", 11));
    cr_expect_not(phone_plan_takes(plan, "9701021234", 10));
    cr_expect_not(phone_plan_takes(plan, "", 0));
}
