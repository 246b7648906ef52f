/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/duration.h"

#include "domain/moment.h"

#include <criterion/criterion.h>
#include <string.h>

static struct duration parsed(const char *text)
{
    struct duration d = {0};
    cr_assert(duration_parse(text, strlen(text), &d), "%s", text);
    return d;
}

static instant moment(const char *text)
{
    instant m;
    cr_assert(moment_parse(text, strlen(text), &m), "%s", text);
    return m;
}

static const struct {
    const char *text;
    struct duration duration;
    const char *usual;
} readable[] = {
    {"P28D", {.days = 28}, "P28D"},
    {"P4W", {.days = 28}, "P28D"},
    {"P1Y6M", {.months = 18}, "P1Y6M"},
    {"P18M", {.months = 18}, "P1Y6M"},
    {"P2Y", {.months = 24}, "P2Y"},
    {"PT1H30M", {.seconds = 5400}, "PT1H30M"},
    {"PT90M", {.seconds = 5400}, "PT1H30M"},
    {"PT5400S", {.seconds = 5400}, "PT1H30M"},
    {"PT36H", {.seconds = 129600}, "PT36H"},
    {"P1D", {.days = 1}, "P1D"},
    {"PT24H", {.seconds = 86400}, "PT24H"},
    {"P1Y2M3W4DT5H6M7S", {.months = 14, .days = 25, .seconds = 18367}, "P1Y2M25DT5H6M7S"},
    {"P1YT1S", {.months = 12, .seconds = 1}, "P1YT1S"},
    {"P0D", {0}, "PT0S"},
    {"PT0S", {0}, "PT0S"},
    {"P0Y0M0W0DT0H0M0S", {0}, "PT0S"},
    {"P007D", {.days = 7}, "P7D"},
    {"P100Y", {.months = 1200}, "P100Y"},
    {"P36525D", {.days = 36525}, "P36525D"},
    {"P5217W6D", {.days = 36525}, "P36525D"},
    {"PT876600H", {.seconds = 3155760000}, "PT876600H"},
    {"PT3155760000S", {.seconds = 3155760000}, "PT876600H"},
};

Test(duration, each_part_is_read_into_its_member)
{
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        struct duration d = parsed(readable[i].text);
        cr_expect_eq(d.months, readable[i].duration.months, "%s", readable[i].text);
        cr_expect_eq(d.days, readable[i].duration.days, "%s", readable[i].text);
        cr_expect_eq(d.seconds, readable[i].duration.seconds, "%s", readable[i].text);
    }
}

Test(duration, the_usual_spelling_is_written_and_is_read_as_the_same)
{
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        char text[DURATION_TEXT + 1];
        size_t len = duration_format(readable[i].duration, text);
        cr_expect_eq(len, strlen(text));
        cr_expect_str_eq(text, readable[i].usual);
        struct duration d = parsed(text);
        cr_expect(d.months == readable[i].duration.months && d.days == readable[i].duration.days &&
                      d.seconds == readable[i].duration.seconds,
                  "%s", text);
    }
}

static const char *const no_durations[] = {
    "",
    "P",
    "PT",
    "P1",
    "P1DT",
    "1D",
    "D",
    "PD",
    "p1d",
    "P1d",
    "P-1D",
    "-P1D",
    "+P1D",
    "P+1D",
    "P1.5D",
    "P1,5D",
    "PT1.5S",
    "P 1D",
    "P1D ",
    " P1D",
    "P1D2D",
    "P1D1Y",
    "P1D1W",
    "P1W1M",
    "P1M1Y",
    "PT1S1M",
    "PT1M1H",
    "P1H",
    "P1S",
    "PT1D",
    "PT1Y",
    "PT1HT1M",
    "P1DPT1H",
    "P1Y6",
    "P1YT6",
    "PTT1H",
    "P1T1H",
    "P0x1D",
    "P2026-11",
    "P101Y",
    "P1201M",
    "P100Y1M",
    "P36526D",
    "P5218W",
    "P5217W7D",
    "PT876601H",
    "PT3155760001S",
    "PT876600H1S",
    "P99999999999999999999Y",
    "PT9223372036854775808S",
    "P00000000000000000000",
};

Test(duration, anything_else_is_refused_and_changes_nothing)
{
    for (size_t i = 0; i < sizeof no_durations / sizeof *no_durations; i++) {
        struct duration d = {.months = 1, .days = 2, .seconds = 3};
        cr_expect_not(duration_parse(no_durations[i], strlen(no_durations[i]), &d), "%s", no_durations[i]);
        cr_expect(d.months == 1 && d.days == 2 && d.seconds == 3, "%s", no_durations[i]);
    }
}

Test(duration, a_nul_inside_is_refused)
{
    struct duration d;
    cr_assert_not(duration_parse("P1\0", 3, &d));
    cr_assert_not(duration_parse("P1D\0", 4, &d));
}

Test(duration, a_day_the_month_lacks_becomes_its_last)
{
    static const struct {
        const char *from, *duration, *to;
    } cases[] = {
        {"2026-01-31T10:00:00Z", "P1M", "2026-02-28T10:00:00Z"},
        {"2024-01-31T10:00:00Z", "P1M", "2024-02-29T10:00:00Z"},
        {"2024-02-29T10:00:00Z", "P1Y", "2025-02-28T10:00:00Z"},
        {"2024-02-29T10:00:00Z", "P4Y", "2028-02-29T10:00:00Z"},
        {"2026-03-31T10:00:00Z", "P1M", "2026-04-30T10:00:00Z"},
        {"2026-08-31T10:00:00Z", "P6M", "2027-02-28T10:00:00Z"},
        {"2026-12-31T10:00:00Z", "P2M", "2027-02-28T10:00:00Z"},
        {"2026-01-31T10:00:00Z", "P2M", "2026-03-31T10:00:00Z"},
        {"2026-12-15T10:00:00Z", "P1M", "2027-01-15T10:00:00Z"},
        {"2026-11-30T10:00:00Z", "P1M", "2026-12-30T10:00:00Z"},
        {"2000-02-29T10:00:00Z", "P100Y", "2100-02-28T10:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MOMENT_TEXT + 1];
        moment_format(duration_add(moment(cases[i].from), parsed(cases[i].duration)), text);
        cr_expect_str_eq(text, cases[i].to, "%s + %s is %s, not %s", cases[i].from, cases[i].duration, text,
                         cases[i].to);
    }
}

Test(duration, months_are_added_before_days_and_days_before_seconds)
{
    cr_assert_eq(duration_add(moment("2026-01-31T23:59:59.999999Z"), parsed("P1M1DT1S")),
                 moment("2026-03-02T00:00:00.999999Z"));
    cr_assert_eq(duration_add(moment("2026-11-21T10:00:00Z"), parsed("P4W")), moment("2026-12-19T10:00:00Z"));
    cr_assert_eq(duration_add(moment("2026-11-21T10:00:00Z"), parsed("PT36H")),
                 moment("2026-11-22T22:00:00Z"));
}

Test(duration, nothing_added_changes_nothing)
{
    static const instant cases[] = {0, 1, 86400 * SECOND - 1, 86400 * SECOND, 1795255200123456};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(duration_add(cases[i], (struct duration){0}), cases[i]);
}

Test(duration, the_longest_from_the_last_moment_can_still_be_written)
{
    char text[MOMENT_TEXT + 1];
    instant end = duration_add(moment("2105-12-31T23:59:59.999999Z"), parsed("P100Y36525DT876600H"));
    cr_assert_eq(moment_format(end, text), (size_t)MOMENT_TEXT);
    cr_assert_str_eq(text, "2406-01-01T23:59:59.999999Z", "%s", text);
}

Test(duration, only_nothing_at_all_is_zero)
{
    cr_assert(duration_is_zero((struct duration){0}));
    cr_assert_not(duration_is_zero((struct duration){.months = 1}));
    cr_assert_not(duration_is_zero((struct duration){.days = 1}));
    cr_assert_not(duration_is_zero((struct duration){.seconds = 1}));
}
