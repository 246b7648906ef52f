/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* An ISO 8601 duration, P[nY][nM][nW][nD][T[nH][nM][nS]], whole numbers only. Months and days are kept apart:
 * a month has no fixed length. Never negative. */
struct duration {
    int32_t months;  /* years and months */
    int32_t days;    /* weeks and days */
    int64_t seconds; /* the part behind T */
};

enum { DURATION_TEXT = 64 };

/* Each of the three members 0 to 100 years' worth (1 200 months, 36 525 days, 3 155 760 000 seconds), at
 * least one number given, one behind a T too. Returns false, ${ret_duration} untouched, otherwise. */
bool duration_parse(const char *text, size_t len, struct duration *ret_duration);
/* The usual spelling: P28D, P1Y6M, PT1H30M (months below 12, minutes and seconds below 60, no weeks); PT0S
 * for nothing. Writes a NUL; returns the length without it. */
size_t duration_format(struct duration d, char text[DURATION_TEXT + 1]);
/* ${from}, 1970 or later, plus ${d} in UTC: months first (a day the month does not have becomes its last: 31
 * January + P1M is 28 or 29 February), then days, then seconds. From a moment that moment_parse reads it ends
 * before the year 2407. */
instant duration_add(instant from, struct duration d);
bool duration_is_zero(struct duration d);
