/* SPDX-License-Identifier: Apache-2.0 */
/* A duration that is read is written in one way, which reads as the same; adding it never goes back. */
#include "domain/duration.h"
#include "fuzz.h"

static bool same(struct duration a, struct duration b)
{
    return a.months == b.months && a.days == b.days && a.seconds == b.seconds;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct duration untouched = {-1, -2, -3};
    struct duration d = untouched, again;
    if (!duration_parse((const char *)data, size, &d)) {
        REQUIRE(same(d, untouched));
        return 0;
    }
    REQUIRE(d.months >= 0 && d.months <= 1200 && d.days >= 0 && d.days <= 36525);
    REQUIRE(d.seconds >= 0 && d.seconds <= INT64_C(36525) * 24 * 3600);
    char text[DURATION_TEXT + 1], twice[DURATION_TEXT + 1];
    size_t len = duration_format(d, text);
    REQUIRE(len <= DURATION_TEXT && text[len] == '\0' && strlen(text) == len);
    REQUIRE(duration_parse(text, len, &again) && same(d, again));
    REQUIRE(duration_format(again, twice) == len && memcmp(text, twice, len) == 0);
    for (instant from = 0; from < INT64_C(4291747200) * SECOND; from += INT64_C(123456789) * SECOND) {
        instant to = duration_add(from, d);
        REQUIRE(duration_is_zero(d) ? to == from : to > from);
    }
    return 0;
}
