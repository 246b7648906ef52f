/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/age.h"

#include "base/embedded.h"
#include "domain/moment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

extern const struct embedded age_files[];

static const struct policy no_ages;

static int limit_at(const struct policy *p, const char *country, const char *date, enum channel channel)
{
    char text[32];
    instant at;
    snprintf(text, sizeof text, "%sT12:00:00Z", date);
    cr_assert(moment_parse(text, strlen(text), &at));
    return age_limit(p, country, at, channel);
}

static int limit(const char *country, enum channel channel)
{
    return limit_at(&no_ages, country, "2026-11-21", channel);
}

Test(age, the_limit_is_the_countrys)
{
    cr_expect_eq(limit("NL", CHANNEL_EMAIL), 16);
    cr_expect_eq(limit("BE", CHANNEL_EMAIL), 13);
    cr_expect_eq(limit("AT", CHANNEL_WEB), 14);
    cr_expect_eq(limit("FR", CHANNEL_SMS), 15);
    cr_expect_eq(limit("GB", CHANNEL_WEB), 13);
}

Test(age, in_the_netherlands_it_holds_for_every_consent_elsewhere_online_only)
{
    cr_expect_eq(limit("NL", CHANNEL_POST), 16);
    cr_expect_eq(limit("NL", CHANNEL_PHONE), 16);
    cr_expect_eq(limit("DE", CHANNEL_WEB), 16);
    cr_expect_eq(limit("DE", CHANNEL_POST), 0);
    cr_expect_eq(limit("BE", CHANNEL_PHONE), 0);
}

Test(age, it_changes_on_the_day_the_law_does)
{
    cr_expect_eq(limit_at(&no_ages, "DK", "2023-12-31", CHANNEL_WEB), 13);
    cr_expect_eq(limit_at(&no_ages, "DK", "2024-01-01", CHANNEL_WEB), 15);
}

Test(age, a_country_without_an_age_has_none_and_one_not_known_has_the_gdprs_own)
{
    cr_expect_eq(limit("CH", CHANNEL_WEB), 0);
    cr_expect_eq(limit("US", CHANNEL_WEB), 16);
    cr_expect_eq(limit("US", CHANNEL_POST), 0);
    cr_expect_eq(limit_at(&no_ages, "US", "2001-01-01", CHANNEL_WEB), 0);
}

Test(age, a_policy_may_set_its_own)
{
    static const struct policy own = {.age_count = 3, .ages = {{"BE", 16}, {"NL", 18}, {"CH", 14}}};
    cr_expect_eq(limit_at(&own, "BE", "2026-11-21", CHANNEL_EMAIL), 16);
    cr_expect_eq(limit_at(&own, "BE", "2026-11-21", CHANNEL_POST), 0);
    cr_expect_eq(limit_at(&own, "NL", "2026-11-21", CHANNEL_POST), 18);
    cr_expect_eq(limit_at(&own, "CH", "2026-11-21", CHANNEL_WEB), 14);
    cr_expect_eq(limit_at(&own, "CH", "2026-11-21", CHANNEL_POST), 14,
                 "it is not only online that one decides");
    cr_expect_eq(limit_at(&own, "AT", "2026-11-21", CHANNEL_WEB), 14);
}

Test(age, the_laws_own_is_that_of_its_last_change)
{
    cr_expect_eq(age_of_law("NL"), 16);
    cr_expect_eq(age_of_law("DK"), 15);
    cr_expect_eq(age_of_law("CH"), 0, "it sets none");
    cr_expect_eq(age_of_law("US"), -1, "it is not known");
}

static void assert_reached(int32_t year, int32_t month, int years, const char *expected)
{
    struct calendar_date date = age_reached(year, month, years);
    char text[16];
    snprintf(text, sizeof text, "%04d-%02d-%02d", (unsigned)date.year % 10000, (unsigned)date.month % 100,
             (unsigned)date.day % 100);
    cr_expect_str_eq(text, expected);
}

Test(age, a_birth_month_counts_as_its_last_day)
{
    assert_reached(2010, 5, 16, "2026-05-31");
    assert_reached(2010, 2, 16, "2026-02-28");
    assert_reached(2008, 2, 16, "2024-02-29");
    assert_reached(2010, 2, 18, "2028-02-28");
    assert_reached(2012, 2, 13, "2025-03-01");
    assert_reached(2012, 12, 13, "2025-12-31");
}

/* The rows as the table's own reader does not see them: every field where it should be. */
Test(age, every_row_of_the_table_is_whole)
{
    size_t rows = 0;
    const char *line = strchr(age_files[0].data, '\n') + 1;
    for (; *line != '\0'; rows++) {
        const char *end = strchr(line, '\n');
        cr_assert_not_null(end, "the last row has no newline");
        char country[4], from[12], rest[128];
        int years, read = 0;
        cr_expect_eq(sscanf(line, "%3[A-Z*],%d,%10[0-9-],%n%127[^\n]", country, &years, from, &read, rest), 4,
                     "%.*s", (int)(end - line), line);
        cr_expect(years == 0 || (years >= 13 && years <= 18), "%s", country);
        cr_expect_eq(strlen(from), 10, "%s", country);
        const char *applies = strchr(rest, ',');
        cr_assert_not_null(applies);
        cr_expect(applies == rest || applies == rest + 10, "%s: the end is a date or nothing", country);
        cr_expect(strncmp(applies, ",online,", 8) == 0 || strncmp(applies, ",all,", 5) == 0, "%s", country);
        cr_expect_eq(strcspn(strchr(applies + 1, ',') + 1, ",\"\n"),
                     (size_t)(end - line) - (size_t)(strchr(applies + 1, ',') + 1 - rest) - (size_t)read,
                     "%s", country);
        line = end + 1;
    }
    cr_expect_gt(rows, 30);
}
