/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/time_zone.h"

#include <endian.h>
#include <string.h>

enum { PARTS_MAX = 3 };

/* By country code. */
static const struct {
    const char country[3];
    const char *zone;
} zones[] = {
    {"AD", "Europe/Andorra"},    {"AL", "Europe/Tirane"},         {"AT", "Europe/Vienna"},
    {"AW", "America/Aruba"},     {"AX", "Europe/Mariehamn"},      {"BA", "Europe/Sarajevo"},
    {"BE", "Europe/Brussels"},   {"BG", "Europe/Sofia"},          {"BQ", "America/Kralendijk"},
    {"BY", "Europe/Minsk"},      {"CH", "Europe/Zurich"},         {"CW", "America/Curacao"},
    {"CY", "Asia/Nicosia"},      {"CZ", "Europe/Prague"},         {"DE", "Europe/Berlin"},
    {"DK", "Europe/Copenhagen"}, {"EE", "Europe/Tallinn"},        {"ES", "Europe/Madrid"},
    {"FI", "Europe/Helsinki"},   {"FO", "Atlantic/Faroe"},        {"FR", "Europe/Paris"},
    {"GB", "Europe/London"},     {"GG", "Europe/Guernsey"},       {"GI", "Europe/Gibraltar"},
    {"GR", "Europe/Athens"},     {"HR", "Europe/Zagreb"},         {"HU", "Europe/Budapest"},
    {"IE", "Europe/Dublin"},     {"IM", "Europe/Isle_of_Man"},    {"IS", "Atlantic/Reykjavik"},
    {"IT", "Europe/Rome"},       {"JE", "Europe/Jersey"},         {"LI", "Europe/Vaduz"},
    {"LT", "Europe/Vilnius"},    {"LU", "Europe/Luxembourg"},     {"LV", "Europe/Riga"},
    {"MC", "Europe/Monaco"},     {"MD", "Europe/Chisinau"},       {"ME", "Europe/Podgorica"},
    {"MK", "Europe/Skopje"},     {"MT", "Europe/Malta"},          {"NL", "Europe/Amsterdam"},
    {"NO", "Europe/Oslo"},       {"PL", "Europe/Warsaw"},         {"PT", "Europe/Lisbon"},
    {"RO", "Europe/Bucharest"},  {"RS", "Europe/Belgrade"},       {"SE", "Europe/Stockholm"},
    {"SI", "Europe/Ljubljana"},  {"SJ", "Arctic/Longyearbyen"},   {"SK", "Europe/Bratislava"},
    {"SM", "Europe/San_Marino"}, {"SX", "America/Lower_Princes"}, {"TR", "Europe/Istanbul"},
    {"UA", "Europe/Kyiv"},       {"VA", "Europe/Vatican"},        {"XK", "Europe/Belgrade"},
};

const char *time_zone_of_country(const char *country)
{
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (strcmp(zones[i].country, country) == 0)
            return zones[i].zone;
    }
    return NULL;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool time_zone_is_name(const char *name, size_t len)
{
    size_t parts = 1;
    bool begins = true;
    if (len > TIME_ZONE_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool inside = is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (begins ? !is_letter(c) : !inside && c != '/')
            return false;
        begins = c == '/';
        parts += begins;
    }
    return !begins && parts <= PARTS_MAX;
}

/* ---- a file of the tz database ---- */

enum { HEADER = 44, VERSION_AT = 4, COUNTS_AT = 20, TYPE_SIZE = 6, MOMENT_SIZE = 8 };

struct counts {
    uint32_t utc, standard, leaps, moments, types, letters;
};

static uint32_t number_at(const uint8_t *bytes)
{
    uint32_t wire;
    memcpy(&wire, bytes, sizeof wire);
    return be32toh(wire);
}

static int64_t moment_at(const struct time_zone *zone, size_t i)
{
    uint64_t wire;
    memcpy(&wire, zone->moments + i * MOMENT_SIZE, sizeof wire);
    return (int64_t)be64toh(wire);
}

/* Reads a header, and returns how many bytes its block takes behind it; 0: it is none. */
static size_t header_read(const uint8_t *bytes, size_t len, size_t time_size, struct counts *ret_counts)
{
    enum { COUNT_MAX = 1 << 16 };
    if (len < HEADER || memcmp(bytes, "TZif", 4) != 0 || bytes[VERSION_AT] < '2')
        return 0;
    const uint8_t *at = bytes + COUNTS_AT;
    struct counts c = {number_at(at),      number_at(at + 4),  number_at(at + 8),
                       number_at(at + 12), number_at(at + 16), number_at(at + 20)};
    if (c.utc > COUNT_MAX || c.standard > COUNT_MAX || c.leaps > 0 || c.moments > COUNT_MAX ||
        c.types > COUNT_MAX || c.letters > COUNT_MAX)
        return 0;
    *ret_counts = c;
    return c.moments * (time_size + 1) + c.types * (size_t)TYPE_SIZE + c.letters + c.standard + c.utc;
}

/* ${rest}: behind the last block, a line of its own: the rule that holds from then on, in the words of
 * POSIX's TZ. One with a comma changes with the seasons. */
static bool ends_with_rule(const uint8_t *rest, size_t len)
{
    return len < 2 || rest[0] != '\n' || memchr(rest + 1, '\n', len - 1) == NULL ||
           memchr(rest, ',', len) != NULL;
}

bool time_zone_open(const uint8_t *bytes, size_t len, struct time_zone *ret_zone)
{
    struct counts c;
    size_t first = header_read(bytes, len, 4, &c);
    if (first == 0 || len - HEADER < first) /* of 32 bits: for old programs */
        return false;
    bytes += HEADER + first;
    len -= HEADER + first;
    size_t second = header_read(bytes, len, MOMENT_SIZE, &c);
    if (second == 0 || len - HEADER < second || c.types == 0)
        return false;

    struct time_zone zone = {.count = c.moments, .moments = bytes + HEADER};
    zone.types = zone.moments + c.moments * (size_t)MOMENT_SIZE;
    zone.offsets = zone.types + c.moments;
    zone.ends = ends_with_rule(zone.moments + second, len - HEADER - second);
    for (size_t i = 0; i < zone.count; i++) {
        if (zone.types[i] >= c.types || (i > 0 && moment_at(&zone, i) <= moment_at(&zone, i - 1)))
            return false;
    }
    *ret_zone = zone;
    return true;
}

bool time_zone_offset(const struct time_zone *zone, instant at, int32_t *ret_seconds)
{
    int64_t seconds = at / SECOND - (at % SECOND < 0);
    size_t low = 0, high = zone->count; /* behind the last that has come */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moment_at(zone, middle) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->ends)
        return false;
    size_t type = low > 0 ? zone->types[low - 1] : 0;
    *ret_seconds = (int32_t)number_at(zone->offsets + type * TYPE_SIZE);
    return true;
}
