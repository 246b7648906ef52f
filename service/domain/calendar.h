/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* Dates of the proleptic Gregorian calendar, without a time zone and without libc. */
struct calendar_date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

/* Days from 1970-01-01 to ${date}, a date that exists. */
int64_t calendar_days(struct calendar_date date);
/* The date ${days} days after 1970-01-01; the year 0 or later. */
struct calendar_date calendar_date_of(int64_t days);
/* 28 to 31. ${month} is 1..12. */
int32_t calendar_month_length(int32_t year, int32_t month);
