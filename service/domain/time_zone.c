/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/time_zone.h"

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
