/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/due_date.h"

#include "base/embedded.h"
#include "domain/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The columns of data/holidays.csv. A day is MM-DD; MM-DD<sun, which is a day before where it would be a
 * Sunday; or easter and a number of days. Holidays that are always a Sunday are not there. */
enum { FIELD_COUNTRY, FIELD_DAY, FIELD_FROM, FIELD_TO, FIELD_NAME, FIELD_SOURCE, FIELD_COUNT };

enum { WEEK = 7, SATURDAY = 6, SUNDAY = 0, DATE_TEXT = 10, DAY_TEXT = 5, WORKING_DAYS_LEAST = 2 };

static const char easter[] = "easter", before_sunday[] = "<sun";

extern const struct embedded due_date_files[];

/* 1 January 1970 was a Thursday. */
static int weekday(int64_t day)
{
    return (int)(((day + 4) % WEEK + WEEK) % WEEK);
}

/* Gauss' rule as Meeus, Jones and Butcher give it (Astronomical Algorithms, ch. 8). */
struct calendar_date easter_sunday(int32_t year)
{
    int32_t a = year % 19, b = year / 100, c = year % 100;
    int32_t h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int32_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int32_t m = (a + 11 * h + 22 * l) / 451;
    int32_t n = h + l - 7 * m + 114;
    return (struct calendar_date){.year = year, .month = n / 31, .day = n % 31 + 1};
}

static int32_t digits(const char *at, size_t len)
{
    int32_t number = 0;
    for (size_t i = 0; i < len; i++) {
        assert(at[i] >= '0' && at[i] <= '9');
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

/* YYYY-MM-DD as days since 1970; ${otherwise} where the field is empty. */
static int64_t field_day(const struct field *f, int64_t otherwise)
{
    if (f->len != DATE_TEXT)
        return otherwise;
    return calendar_days((struct calendar_date){
        .year = digits(f->at, 4), .month = digits(f->at + 5, 2), .day = digits(f->at + 8, 2)});
}

/* The day that a row means in ${year}. */
static int64_t holiday_in(const struct field *f, int32_t year)
{
    if (f->len > strlen(easter) && memcmp(f->at, easter, strlen(easter)) == 0) {
        const char *sign = f->at + strlen(easter);
        int32_t offset = digits(sign + 1, f->len - strlen(easter) - 1);
        return calendar_days(easter_sunday(year)) + (*sign == '-' ? -offset : offset);
    }
    assert(f->len == DAY_TEXT || f->len == DAY_TEXT + strlen(before_sunday));
    int64_t day = calendar_days(
        (struct calendar_date){.year = year, .month = digits(f->at, 2), .day = digits(f->at + 3, 2)});
    return f->len > DAY_TEXT && weekday(day) == SUNDAY ? day - 1 : day;
}

static bool holiday(const char *country, int64_t day)
{
    struct field fields[FIELD_COUNT];
    int32_t year = calendar_date_of(day).year;
    const char *row = table_row(due_date_files[0].data, fields, FIELD_COUNT);
    while (*row != '\0') {
        row = table_row(row, fields, FIELD_COUNT);
        if (field_is(&fields[FIELD_COUNTRY], country) && day >= field_day(&fields[FIELD_FROM], INT64_MIN) &&
            day <= field_day(&fields[FIELD_TO], INT64_MAX) && day == holiday_in(&fields[FIELD_DAY], year))
            return true;
    }
    return false;
}

bool holidays_known(const char *country)
{
    struct field fields[FIELD_COUNT];
    const char *row = table_row(due_date_files[0].data, fields, FIELD_COUNT);
    bool is_known = false;
    while (*row != '\0' && !is_known) {
        row = table_row(row, fields, FIELD_COUNT);
        is_known = field_is(&fields[FIELD_COUNTRY], country);
    }
    return is_known;
}

static bool works(const char *country, int64_t day)
{
    return weekday(day) != SATURDAY && weekday(day) != SUNDAY && !holiday(country, day);
}

bool working_day(const char *country, struct calendar_date day)
{
    return works(country, calendar_days(day));
}

bool due_in_hours(struct duration term)
{
    return term.seconds > 0 && term.months == 0 && term.days == 0;
}

static struct calendar_date months_later(struct calendar_date from, int32_t months)
{
    int32_t month = from.year * 12 + from.month - 1 + months;
    struct calendar_date to = {.year = month / 12, .month = month % 12 + 1, .day = from.day};
    int32_t length = calendar_month_length(to.year, to.month);
    if (to.day > length)
        to.day = length;
    return to;
}

struct calendar_date due_day(const char *country, struct calendar_date received, struct duration term,
                             int32_t paused)
{
    int64_t from = calendar_days(received);
    int64_t day = calendar_days(months_later(received, term.months)) + term.days + paused;

    /* Only a term of a few days can have fewer working days than two. */
    int64_t length = day - from;
    int least = length >= WORKING_DAYS_LEAST && length <= 2 * WEEK ? WORKING_DAYS_LEAST : 0;
    while (!works(country, day))
        day++;
    for (int64_t d = from + 1; least > 0; d++) {
        if (works(country, d) && --least == 0 && d > day)
            day = d;
    }
    return calendar_date_of(day);
}
