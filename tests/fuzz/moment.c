/* SPDX-License-Identifier: Apache-2.0 */
/* A moment that is read is written in one way, which reads as the same; and it
 * is the one that libc reckons. */
#include "domain/moment.h"
#include "fuzz.h"

#include <stdio.h>
#include <time.h>

/* What timegm makes of the same digits. */
static instant reckoned(const char *text, size_t len)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%.*s", (int)len, text);
    struct tm tm = {0};
    int hours = 0, minutes = 0, used = 0;
    REQUIRE(sscanf(copy, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                   &tm.tm_min, &tm.tm_sec, &used) == 6);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    instant moment = (instant)timegm(&tm) * SECOND;
    instant scale = SECOND / 10;
    const char *at = copy + used;
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++, scale /= 10)
            moment += (*at - '0') * scale;
    if (sscanf(at + 1, "%2d:%2d", &hours, &minutes) != 2)
        return moment;
    instant offset = (hours * 60 + minutes) * 60 * SECOND;
    return *at == '-' ? moment + offset : moment - offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    instant moment = INSTANT_NONE, again;
    if (!moment_parse((const char *)data, size, &moment)) {
        REQUIRE(moment == INSTANT_NONE);
        return 0;
    }
    char text[MOMENT_TEXT + 1], twice[MOMENT_TEXT + 1];
    size_t len = moment_format(moment, text);
    REQUIRE(len <= MOMENT_TEXT && text[len] == '\0' && strlen(text) == len);
    REQUIRE(moment_parse(text, len, &again) && again == moment);
    REQUIRE(moment_format(again, twice) == len && memcmp(text, twice, len) == 0);
    if (size < 100)
        REQUIRE(reckoned((const char *)data, size) == moment);
    return 0;
}
