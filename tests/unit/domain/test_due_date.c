/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/due_date.h"

#include "base/embedded.h"
#include "domain/moment.h"
#include "domain/table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const struct embedded due_date_files[];

static struct calendar_date date_read(const char *text)
{
    struct calendar_date d;
    cr_assert_eq(sscanf(text, "%d-%d-%d", &d.year, &d.month, &d.day), 3);
    return d;
}

static struct duration duration_read(const char *text)
{
    struct duration d;
    cr_assert(duration_parse(text, strlen(text), &d), "%s", text);
    return d;
}

static const struct {
    const char *what, *country, *received, *term;
    int32_t paused;
    const char *due;
} rows[] = {
    {"the same date of the next month", "NL", "2026-09-15", "P1M", 0, "2026-10-15"},
    {"the last day of a month without it", "NL", "2025-01-31", "P1M", 0, "2025-02-28"},
    {"... of a leap year", "NL", "2028-01-31", "P1M", 0, "2028-02-29"},
    {"... that is a Saturday", "NL", "2026-01-31", "P1M", 0, "2026-03-02"},
    {"from the last of February", "NL", "2025-02-28", "P1M", 0, "2025-03-28"},
    {"from 28 February of a leap year", "NL", "2028-02-28", "P1M", 0, "2028-03-28"},
    {"from 29 February", "NL", "2028-02-29", "P1M", 0, "2028-03-29"},
    {"from 28 February of a leap year, in days", "NL", "2028-02-28", "P28D", 0, "2028-03-27"},
    {"into a leap day", "NL", "2028-02-01", "P28D", 0, "2028-02-29"},
    {"due on Good Friday", "NL", "2026-03-03", "P1M", 0, "2026-04-07"},
    {"due on Easter Monday", "NL", "2026-03-06", "P1M", 0, "2026-04-07"},
    {"due on Good Friday, which is no holiday in France", "FR", "2026-03-03", "P1M", 0, "2026-04-03"},
    {"due on Easter Monday, in days", "NL", "2026-03-09", "P28D", 0, "2026-04-07"},
    {"due on King's Day, a Monday", "NL", "2026-03-27", "P1M", 0, "2026-04-28"},
    {"on 26 April, a Saturday, where the 27th is a Sunday", "NL", "2025-03-26", "P1M", 0, "2025-04-28"},
    {"due on Liberation Day", "NL", "2026-04-05", "P1M", 0, "2026-05-06"},
    {"due on Ascension Day", "NL", "2026-04-14", "P1M", 0, "2026-05-15"},
    {"due on Whit Monday", "NL", "2026-04-25", "P1M", 0, "2026-05-26"},
    {"due on Christmas Day, a Friday, with a weekend behind", "NL", "2026-11-25", "P1M", 0, "2026-12-28"},
    {"due on New Year's Day", "NL", "2026-12-01", "P1M", 0, "2027-01-04"},
    {"a holiday that was abolished, while it was one", "DK", "2023-04-05", "P1M", 0, "2023-05-08"},
    {"... and after", "DK", "2024-03-26", "P1M", 0, "2024-04-26"},
    {"a country without a table has weekends", "XX", "2026-03-03", "P1M", 0, "2026-04-03"},
    {"... too", "XX", "2026-03-04", "P1M", 0, "2026-04-06"},
    {"extended by two months, from 31 January", "NL", "2026-01-31", "P3M", 0, "2026-04-30"},
    {"28 days, extended by two months", "NL", "2026-01-31", "P2M28D", 0, "2026-04-28"},
    {"paused for ten days", "NL", "2025-01-31", "P1M", 10, "2025-03-10"},
    {"paused into Easter", "NL", "2026-02-27", "P1M", 7, "2026-04-07"},
    {"a Sunday does not end the pause's days", "NL", "2026-01-31", "P1M", 1, "2026-03-02"},
    {"two days with one working day", "NL", "2026-05-22", "P2D", 0, "2026-05-27"},
    {"one day may have one", "NL", "2026-05-22", "P1D", 0, "2026-05-26"},
};

Test(due_date, each_row_of_the_table)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct calendar_date due = due_day(rows[i].country, date_read(rows[i].received),
                                           duration_read(rows[i].term), rows[i].paused),
                             expected = date_read(rows[i].due);
        cr_expect(memcmp(&due, &expected, sizeof due) == 0, "%s: %d-%02d-%02d, not %s", rows[i].what,
                  due.year, due.month, due.day, rows[i].due);
    }
}

Test(due_date, which_countries_have_holidays_is_known)
{
    cr_expect(holidays_known("NL") && holidays_known("AT") && holidays_known("SE"));
    cr_expect(!holidays_known("XX") && !holidays_known("country") && !holidays_known("") &&
              !holidays_known("N"));
}

Test(due_date, hours_are_not_lengthened)
{
    static const char known[] = "2026-04-03T09:30:00Z", due[] = "2026-04-06T09:30:00Z"; /* over Easter */
    instant from, to;
    cr_assert(moment_parse(known, strlen(known), &from) && moment_parse(due, strlen(due), &to));
    cr_expect(due_in_hours(duration_read("PT72H")));
    cr_expect_not(due_in_hours(duration_read("P3D")));
    cr_expect_not(due_in_hours(duration_read("P1DT1H")));
    cr_expect_eq(duration_add(from, duration_read("PT72H")), to);
}

/* Easter Sundays as the churches publish them. */
static const char *const easters[] = {"2018-04-01", "2019-04-21", "2020-04-12", "2021-04-04", "2022-04-17",
                                      "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28",
                                      "2028-04-16", "2029-04-01", "2030-04-21", "2031-04-13", "2032-03-28",
                                      "2033-04-17", "2034-04-09", "2035-03-25", "2036-04-13", "2037-04-05",
                                      "2038-04-25", "2039-04-10", "2040-04-01"};

Test(due_date, easter_is_when_it_is)
{
    for (size_t i = 0; i < sizeof easters / sizeof *easters; i++) {
        struct calendar_date found = easter_sunday(2018 + (int32_t)i), expected = date_read(easters[i]);
        cr_expect(memcmp(&found, &expected, sizeof found) == 0, "%s", easters[i]);
    }
}

/* ---- the Netherlands told a second way: a day at a time, by libc's calendar ---- */

static time_t noon(const char *date)
{
    struct calendar_date d = date_read(date);
    struct tm tm = {.tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day, .tm_hour = 12};
    return timegm(&tm);
}

static time_t easter_noon(int year)
{
    static time_t known[sizeof easters / sizeof *easters];
    time_t *noon_of = &known[year - 2018];
    if (*noon_of == 0)
        *noon_of = noon(easters[year - 2018]);
    return *noon_of;
}

static bool is_free(time_t day)
{
    static const char *const fixed[] = {"01-01", "05-05", "12-25", "12-26"};
    static const int moving[] = {-2, 1, 39, 50};
    char text[16];
    struct tm tm;
    gmtime_r(&day, &tm);
    strftime(text, sizeof text, "%m-%d", &tm);
    if (tm.tm_wday == 0 || tm.tm_wday == 6)
        return true;
    bool found = strcmp(text, "04-27") == 0; /* as a Sunday it is free too */
    for (size_t i = 0; i < 4; i++) {
        found |= strcmp(text, fixed[i]) == 0;
        found |= easter_noon(tm.tm_year + 1900) + moving[i] * 86400 == day;
    }
    return found;
}

static time_t model(time_t received, int months, int days)
{
    struct tm tm;
    gmtime_r(&received, &tm);
    int wanted = (tm.tm_mon + months) % 12;
    tm.tm_mon += months;
    struct tm tried = tm;
    time_t end = timegm(&tried);
    while (tried.tm_mon != wanted) { /* it ran over into the month after */
        tm.tm_mday--;
        tried = tm;
        end = timegm(&tried);
    }
    end += days * 86400;
    int worked = 0;
    for (time_t day = received + 86400;; day += 86400) {
        worked += !is_free(day);
        if (day >= end && !is_free(day) && (worked >= 2 || end - received < 2 * 86400))
            return day;
    }
}

/* 0 to below ${below}; Knuth's generator (MMIX), so that each run draws the same. */
static int drawn(uint64_t *seed, unsigned below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((*seed >> 33) % below);
}

Test(due_date, random_days_end_as_a_calendar_walked_day_by_day_says)
{
    time_t first = noon("2018-01-01");
    uint64_t seed = 1182;
    for (int i = 0; i < (getenv("AKKOORD_TEST_LONG") != NULL ? 20000 : 5000); i++) {
        time_t received = first + (time_t)drawn(&seed, 22 * 365) * 86400;
        int months = drawn(&seed, 4), days = drawn(&seed, 29) + (months == 0);
        int paused = drawn(&seed, 3) == 0 ? drawn(&seed, 40) : 0;
        struct tm tm;
        gmtime_r(&received, &tm);
        struct calendar_date from = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
        struct calendar_date due =
            due_day("NL", from, (struct duration){.months = months, .days = days}, paused);
        time_t expected = model(received, months, days + paused);
        gmtime_r(&expected, &tm);
        cr_assert(due.year == tm.tm_year + 1900 && due.month == tm.tm_mon + 1 && due.day == tm.tm_mday,
                  "%d-%d-%d + %d months, %d days: %d-%d-%d", from.year, from.month, from.day, months,
                  days + paused, due.year, due.month, due.day);
    }
}

/* ---- the table ---- */

static bool is_date(const struct field *f)
{
    int year, month, day;
    return f->len == 0 ||
           (f->len == 10 && sscanf(f->at, "%4d-%2d-%2d", &year, &month, &day) == 3 && month >= 1 &&
            month <= 12 && day >= 1 && day <= calendar_month_length(year, month));
}

static bool is_day(const struct field *f)
{
    int month, day;
    char sign;
    if (f->len > 7 && memcmp(f->at, "easter", 6) == 0)
        return sscanf(f->at + 6, "%c%d", &sign, &day) == 2 && (sign == '+' || sign == '-');
    return (f->len == 5 || (f->len == 9 && memcmp(f->at + 5, "<sun", 4) == 0)) &&
           sscanf(f->at, "%2d-%2d", &month, &day) == 2 && month >= 1 && month <= 12 && day >= 1 &&
           day <= calendar_month_length(2025, month);
}

Test(due_date, every_row_of_the_holidays_has_its_form_and_a_source)
{
    struct field f[6];
    const char *row = table_row(due_date_files[0].data, f, 6);
    size_t count = 0;
    for (; *row != '\0'; count++) {
        const char *at = row;
        row = table_row(row, f, 6);
        cr_expect(f[0].len == 2 && is_day(&f[1]) && is_date(&f[2]) && is_date(&f[3]) && f[4].len > 0 &&
                      f[5].len > 0,
                  "%.*s", (int)strcspn(at, "\n"), at);
    }
    cr_expect_gt(count, 100);
}
