/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { TIME_ZONE_NAME_MAX = 63 }; /* bytes; the longest name of the database has 32 */

/* The IANA name of the zone that a country's capital keeps (tz database, zone.tab): of Europe and of the
 * Kingdom of the Netherlands. NULL for any other country: the policy must name the zone then. */
const char *time_zone_of_country(const char *country);
/* Whether ${name} has the form of an IANA name: one to three parts of letters, digits, _, + and -, each begun
 * by a letter. Whether the zone exists is not known here. */
bool time_zone_is_name(const char *name, size_t len);
