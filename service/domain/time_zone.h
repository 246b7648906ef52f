/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIME_ZONE_NAME_MAX = 63 }; /* bytes; the longest name of the database has 32 */

/* The IANA name of the zone that a country's capital keeps (tz database, zone.tab): of Europe and of the
 * Kingdom of the Netherlands. NULL for any other country: the policy must name the zone then. */
const char *time_zone_of_country(const char *country);
/* Whether ${name} has the form of an IANA name: one to three parts of letters, digits, _, + and -, each begun
 * by a letter. Whether the zone exists is not known here. */
bool time_zone_is_name(const char *name, size_t len);

/* What a file of the tz database says (TZif, RFC 9636, version 2 and later), where it stands: nothing is
 * copied, so that the bytes must outlive it. */
struct time_zone {
    size_t count;           /* of moments from which another offset holds */
    const uint8_t *moments; /* 8 bytes each, ascending */
    const uint8_t *types;   /* which offset holds from each */
    const uint8_t *offsets; /* 6 bytes each, the first 4 of them the offset */
    bool ends;              /* what holds behind the last moment is a rule, which is not read */
};
/* Returns false where the bytes are no such file, or leap seconds are counted in it. */
bool time_zone_open(const uint8_t *bytes, size_t len, struct time_zone *ret_zone);
/* How far ahead of UTC it is there then, in seconds. Returns false where only a rule could tell: behind the
 * file's last moment (Debian's files reach to 2037). */
bool time_zone_offset(const struct time_zone *zone, instant at, int32_t *ret_seconds);
