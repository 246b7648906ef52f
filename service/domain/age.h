/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/calendar.h"
#include "domain/policy.h"

/* The age below which a guardian must consent (GDPR art. 8, and what national law adds). The ages are data
 * (data/ages.csv), by country and date; a policy may set others. */

/* The limit of ${country} (ISO 3166-1 alpha-2) for a consent on ${channel}, in years, as the law stood on
 * ${at}'s date in UTC; 0: none. An age that the policy sets itself holds in place of the table's, in the same
 * cases: most countries have a limit for what is offered online (email, sms, web), some for every consent. A
 * country that the table does not know has the GDPR's own limit. */
int age_limit(const struct policy *p, const char *country, instant at, enum channel channel);

/* The age that the country's own law sets for what is offered online, once all of it that the table knows
 * is in force; 0: it sets none. -1: the table does not know the country. */
int age_of_law(const char *country);

/* The first day on which one who was born in that month, counted as on its last day, is ${years} old. Of 29
 * February in a year that has none it is 1 March. */
struct calendar_date age_reached(int32_t birth_year, int32_t birth_month, int years);
