/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>

/* When a Yes ends. */

static struct verdict verdict_ending(int recorded, struct duration validity)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = recorded};
    struct purpose purpose = purpose_in(&s);
    purpose.validity = validity;
    return verdict_at(&s, &purpose, NOW);
}

/* The Yes was said SAID = 10 days ago. */
Test(verdict_ends, a_yes_counts_until_the_sooner_of_the_recorded_end_and_todays_policys)
{
    static const struct {
        int recorded; /* days from NOW; 0: no end */
        struct duration validity;
        int end;
        const char *reason;
    } rows[] = {
        {0, {0}, 0, "granted"},
        {5, {0}, 5, "granted"},
        {0, {.days = 30}, 20, "granted"},
        {5, {.days = 30}, 5, "granted"},
        {25, {.days = 30}, 20, "granted"},
        {20, {.days = 30}, 20, "granted"},
        {5, {.months = 1200}, 5, "granted"},
        {0, {.months = 1}, 20, "granted"}, /* 11 November to 11 December */
        {-1, {0}, -1, "expired"},
        {-1, {.days = 30}, -1, "expired"},
        {-1, {.months = 1200}, -1, "expired"},
        {5, {.days = 7}, -3, "expired"},
        {0, {.days = 7}, -3, "expired"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_ending(rows[i].recorded, rows[i].validity);
        instant end = rows[i].end != 0 ? NOW + rows[i].end * DAY : INSTANT_NONE;
        cr_expect_str_eq(reason_word(v.reason), rows[i].reason, "row %zu", i);
        cr_expect_eq(v.valid_until, end, "row %zu: %ld days", i, (long)((v.valid_until - NOW) / DAY));
    }
}

Test(verdict_ends, a_yes_ends_at_its_end_and_not_a_microsecond_before)
{
    struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = 1};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY).reason, REASON_EXPIRED);
    s.ends = 0;
    purpose.validity = (struct duration){.days = SAID + 1};
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY).reason, REASON_EXPIRED);
}

Test(verdict_ends, a_request_ends_at_its_end_and_not_a_microsecond_before)
{
    const struct scene s = {.basis = BASIS_CONSENT, .pending = 2};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 2 * DAY - 1).reason, REASON_UNCONFIRMED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 2 * DAY).reason, REASON_NEVER_ASKED);
}

Test(verdict_ends, old_words_stop_counting_when_the_new_ones_take_effect)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 100 * DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 100 * DAY).reason, REASON_NOTICE_OUTDATED);
}

Test(verdict_ends, a_yes_tells_when_new_words_will_outdate_it)
{
    static const struct {
        const char *about;
        struct scene scene;
        instant renew_by;
    } rows[] = {
        {"granted", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS}, NOW + 100 * DAY},
        {"a sale", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .words = WORDS}, NOW + 100 * DAY},
        {"already outdated", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS}, INSTANT_NONE},
        {"the latest words",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = LATER_WORDS},
         INSTANT_NONE},
        {"expired", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1}, INSTANT_NONE},
        {"a No", {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .words = WORDS}, INSTANT_NONE},
        {"words unknown",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .unknown_words_allowed = true},
         INSTANT_NONE},
        {"no Yes needed",
         {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_GIVEN, .words = WORDS},
         INSTANT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(verdict_in(&rows[i].scene).renew_by, rows[i].renew_by, "%s", rows[i].about);
}
