/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/calendar.h"
#include "domain/duration.h"

#include <stdbool.h>

/* When a term ends, counted as Regulation (EEC, Euratom) 1182/71 counts, which holds for those of GDPR
 * art. 12 (EDPB Guidelines 01/2022, no. 157). Dates are those of the controller's place. Public holidays
 * are data (data/holidays.csv), by country and date. A country that the table does not know has none: a term
 * then ends sooner than the law asks, and never later. */

/* The last day of ${term}, months and days, that runs from ${received}, lengthened by ${paused} days in which
 * nothing could be done (GDPR art. 12(6)). The day of receipt does not count (art. 3(1)); months end on the
 * same date, or on the last day of a month without it (art. 3(2)(c)); a last day that is a Saturday, a Sunday
 * or a public holiday goes on to the next working day (art. 3(4)); in two days or more there are two working
 * days at least (art. 3(5)). What ${term} has in hours is not looked at: hours are not lengthened, and
 * duration_add() counts them. */
struct calendar_date due_day(const char *country, struct calendar_date received, struct duration term,
                             int32_t paused);

/* Whether all of ${term} is counted in hours. */
bool due_in_hours(struct duration term);

/* Whether the day is neither a Saturday, a Sunday nor a public holiday of ${country}. */
bool working_day(const char *country, struct calendar_date day);

/* Whether the table has holidays of ${country}: a policy of another one is warned of. */
bool holidays_known(const char *country);

/* The Sunday of Easter of the western churches in ${year}, 1583 or later. */
struct calendar_date easter_sunday(int32_t year);
