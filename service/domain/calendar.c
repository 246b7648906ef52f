/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/calendar.h"

#include <stdbool.h>

/* Years are counted from 1 March of the year 0 here: the leap day is then the last of its year, and the
 * months before it have lengths that one straight line gives (153 days in every five months). */
enum {
    ERA_YEARS = 400,
    ERA_DAYS = 146097,  /* 400 * 365 + 97 leap days */
    EPOCH_DAYS = 719468 /* 1 March 0000 to 1 January 1970 */
};

static int64_t calendar_year_start(int64_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400;
}

static int64_t calendar_month_start(int64_t month)
{
    return (153 * month + 2) / 5;
}

int64_t calendar_days(struct calendar_date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = (year < 0 ? year - (ERA_YEARS - 1) : year) / ERA_YEARS;
    int64_t month = (date.month + 9) % 12;
    return era * ERA_DAYS + calendar_year_start(year - era * ERA_YEARS) + calendar_month_start(month) +
           (date.day - 1) - EPOCH_DAYS;
}

struct calendar_date calendar_date_of(int64_t days)
{
    int64_t since = days + EPOCH_DAYS;
    int64_t era = (since < 0 ? since - (ERA_DAYS - 1) : since) / ERA_DAYS;
    int64_t left = since - era * ERA_DAYS;
    /* The days of leap years that went before are taken out, so that a division by 365 finds the year. */
    int64_t year = (left - left / 1460 + left / 36524 - left / 146096) / 365;
    left -= calendar_year_start(year);
    int64_t month = (5 * left + 2) / 153;
    return (struct calendar_date){
        .year = (int32_t)(era * ERA_YEARS + year + (month >= 10 ? 1 : 0)),
        .month = (int32_t)(month < 10 ? month + 3 : month - 9),
        .day = (int32_t)(left - calendar_month_start(month) + 1),
    };
}

static bool calendar_year_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t calendar_month_length(int32_t year, int32_t month)
{
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && calendar_year_is_leap(year) ? 29 : lengths[month - 1];
}
