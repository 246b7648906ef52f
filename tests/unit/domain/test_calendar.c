/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/calendar.h"

#include <criterion/criterion.h>

/* The calendar told a second way, a day at a time. */
static struct calendar_date tomorrow(struct calendar_date date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = date.year % 400 == 0 || (date.year % 4 == 0 && date.year % 100 != 0);
    int length = lengths[date.month - 1] + (date.month == 2 ? leap : 0);
    if (date.day < length)
        return (struct calendar_date){date.year, date.month, date.day + 1};
    if (date.month < 12)
        return (struct calendar_date){date.year, date.month + 1, 1};
    return (struct calendar_date){date.year + 1, 1, 1};
}

static void assert_walk(struct calendar_date date, int64_t day, int32_t until)
{
    for (; date.year < until; date = tomorrow(date), day++) {
        struct calendar_date found = calendar_date_of(day);
        cr_assert(found.year == date.year && found.month == date.month && found.day == date.day,
                  "day %ld is %d-%d-%d, not %d-%d-%d", (long)day, date.year, date.month, date.day, found.year,
                  found.month, found.day);
        cr_assert_eq(calendar_days(date), day);
    }
}

Test(calendar, every_day_from_1970_to_2406_has_its_number)
{
    assert_walk((struct calendar_date){1970, 1, 1}, 0, 2407);
}

Test(calendar, every_day_from_the_year_0_to_1970_has_its_number)
{
    assert_walk((struct calendar_date){0, 1, 1}, -719528, 1970);
}

Test(calendar, february_has_29_days_in_leap_years_only)
{
    cr_assert_eq(calendar_month_length(2024, 2), 29);
    cr_assert_eq(calendar_month_length(2025, 2), 28);
    cr_assert_eq(calendar_month_length(2000, 2), 29);
    cr_assert_eq(calendar_month_length(2100, 2), 28);
}

Test(calendar, the_other_months_have_30_or_31_days)
{
    static const int lengths[] = {31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++) {
        if (month != 2)
            cr_assert_eq(calendar_month_length(2026, month), lengths[month - 1], "month %d", month);
    }
}
