/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/moment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY (INT64_C(86400) * SECOND)

static instant parsed(const char *text)
{
    instant moment = INSTANT_NONE;
    cr_assert(moment_parse(text, strlen(text), &moment), "%s", text);
    return moment;
}

static const char *formatted(instant moment)
{
    static char text[MOMENT_TEXT + 1];
    memset(text, '#', sizeof text);
    cr_assert_eq(moment_format(moment, text), strlen(text));
    return text;
}

Test(moment, every_day_from_1970_to_2105_comes_back_and_agrees_with_libc)
{
    for (int64_t day = 0; day < 49673; day++) {
        instant moment = day * DAY + day % 86400 * SECOND;
        time_t seconds = (time_t)(moment / SECOND);
        struct tm tm;
        char expected[32];
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
        cr_assert_str_eq(formatted(moment), expected);
        cr_assert_eq(parsed(expected), moment);
    }
}

Test(moment, what_is_written_is_read_as_the_same)
{
    static const struct {
        const char *text;
        instant moment;
        const char *utc;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
        {"2026-11-21T10:00:00Z", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-21t10:00:00z", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-21T11:00:00+01:00", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-20T22:30:00-11:30", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-22T09:59:00+23:59", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-21T10:00:00-00:00", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-21T10:00:00.5Z", INT64_C(1795255200500000), "2026-11-21T10:00:00.500Z"},
        {"2026-11-21T10:00:00.123Z", INT64_C(1795255200123000), "2026-11-21T10:00:00.123Z"},
        {"2026-11-21T10:00:00.1234Z", INT64_C(1795255200123400), "2026-11-21T10:00:00.123400Z"},
        {"2026-11-21T10:00:00.123456Z", INT64_C(1795255200123456), "2026-11-21T10:00:00.123456Z"},
        {"2026-11-21T10:00:00.000001Z", INT64_C(1795255200000001), "2026-11-21T10:00:00.000001Z"},
        {"2026-11-21T10:00:00.000000Z", INT64_C(1795255200000000), "2026-11-21T10:00:00Z"},
        {"2026-11-21T10:00:00.1234569999999999999999Z", INT64_C(1795255200123456),
         "2026-11-21T10:00:00.123456Z"},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000000), "2017-01-01T00:00:00Z"},
        {"2017-01-01T00:59:60+01:00", INT64_C(1483228800000000), "2017-01-01T00:00:00Z"},
        {"2024-02-29T12:00:00Z", INT64_C(1709208000000000), "2024-02-29T12:00:00Z"},
        {"1969-12-31T23:30:00-00:30", 0, "1970-01-01T00:00:00Z"},
        {"2105-12-31T23:59:59.999999Z", INT64_C(4291747199999999), "2105-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(parsed(cases[i].text), cases[i].moment, "%s", cases[i].text);
        cr_expect_str_eq(formatted(cases[i].moment), cases[i].utc);
    }
}

Test(moment, anything_else_is_refused_and_changes_nothing)
{
    static const char *const cases[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T10:00Z",
        "2026-11-21T10:00:00",
        "2026-11-21 10:00:00Z",
        "2026-11-21T10:00:00.Z",
        "2026-11-21T10:00:00,5Z",
        "2026-11-21T10:00:00+01",
        "2026-11-21T10:00:00+0100",
        "2026-11-21T10:00:00+24:00",
        "2026-11-21T10:00:00+01:60",
        "2026-11-21T10:00:00Z ",
        " 2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00ZZ",
        "2026-11-21T24:00:00Z",
        "2026-11-21T10:60:00Z",
        "2026-11-21T10:00:61Z",
        "2026-00-21T10:00:00Z",
        "2026-13-21T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "2100-02-29T10:00:00Z",
        "26-11-21T10:00:00Z",
        "02026-11-21T10:00:00Z",
        "+2026-11-21T10:00:00Z",
        "20261121T100000Z",
        "2026-1-21T10:00:00Z",
        "2026-11-21T1:00:00Z",
        "2026-11-21T-1:00:00Z",
        "2026-W47-6T10:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2106-01-01T00:00:00Z",
        "2105-12-31T23:59:60Z",
        "2105-12-31T23:59:00-00:01",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instant moment = 42;
        cr_expect_not(moment_parse(cases[i], strlen(cases[i]), &moment), "%s", cases[i]);
        cr_expect_eq(moment, 42);
    }
}

Test(moment, no_part_of_a_moment_is_one)
{
    static const char text[] = "2026-11-21T11:00:00.123456+01:00";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        instant moment = 42;
        cr_expect_not(moment_parse(text, len, &moment), "%.*s", (int)len, text);
        cr_expect_eq(moment, 42);
    }
}

Test(moment, a_nul_inside_is_refused)
{
    static const char separator[] = "2026-11-21\00010:00:00Z";
    static const char zone[] = "2026-11-21T10:00:00\000";
    instant moment;
    cr_assert_not(moment_parse(separator, sizeof separator - 1, &moment));
    cr_assert_not(moment_parse(zone, sizeof zone - 1, &moment));
}

Test(moment, years_up_to_9999_can_be_written)
{
    cr_assert_str_eq(formatted(INT64_C(253402300799999999)), "9999-12-31T23:59:59.999999Z");
}
