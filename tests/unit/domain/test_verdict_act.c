/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>

/* The act that decides, and what is told of it; of several verdicts on one person, the strictest. */

Test(verdict_act, it_names_the_act_that_decides)
{
    struct verdict v =
        verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS});
    assert_decided_by(&v, SAID, EVENT_GIVEN);
    v = verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS});
    assert_decided_by(&v, SAID, EVENT_GIVEN);
    v = verdict_in(
        &(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER});
    assert_decided_by(&v, AFTER, EVENT_WITHDRAWN);
    v = verdict_in(&(struct scene){.basis = BASIS_CONSENT,
                                   .child = true,
                                   .self = EVENT_GIVEN,
                                   .words = WORDS,
                                   .guardian = EVENT_REFUSED});
    assert_decided_by(&v, SAID, EVENT_REFUSED);
    v = verdict_in(&(struct scene){.basis = BASIS_CONSENT, .guardian = EVENT_RENEWED, .words = WORDS});
    assert_decided_by(&v, SAID, EVENT_RENEWED);
}

Test(verdict_act, where_no_act_decides_it_names_none)
{
    static const uint8_t none[UUID_SIZE];
    static const struct scene scenes[] = {
        {.basis = BASIS_CONSENT},
        {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true},
        {.basis = BASIS_CONTRACT},
        {.basis = BASIS_CONTRACT, .self_all = AFTER},
        {.basis = BASIS_LEGITIMATE_INTEREST, .self_all = AFTER},
        {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_GIVEN, .words = WORDS, .ends = -1},
        {.basis = BASIS_CONSENT, .retired = true, .self = EVENT_GIVEN, .words = WORDS},
        {.basis = BASIS_CONSENT, .retired = true, .self = EVENT_REFUSED},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct verdict v = verdict_in(&scenes[i]);
        cr_expect_eq(v.since, INSTANT_NONE, "scene %zu", i);
        cr_expect_eq(v.valid_until, INSTANT_NONE);
        cr_expect_eq(v.ask_again_after, INSTANT_NONE);
        cr_expect_eq(v.revision, 0);
        cr_expect_arr_eq(v.record_id, none, UUID_SIZE);
    }
}

Test(verdict_act, only_a_yes_has_an_end_and_only_a_no_a_time_to_ask_again)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        struct purpose purpose = purpose_in(&s);
        purpose.refused_until = (struct duration){.days = 30};
        struct verdict v = verdict_at(&s, &purpose, NOW);
        bool no = v.reason >= REASON_OBJECTED && v.reason <= REASON_INVALIDATED;
        cr_assert_eq(v.ask_again_after, no ? v.since + 30 * DAY : INSTANT_NONE, "scene %zu", n);
        if (no || v.since == INSTANT_NONE)
            cr_assert_eq(v.valid_until, INSTANT_NONE, "scene %zu", n);
    }
}

Test(verdict_act, without_a_rule_there_is_no_time_to_ask_again)
{
    cr_assert_eq(verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_REFUSED}).ask_again_after,
                 INSTANT_NONE);
}

Test(verdict_act, it_keeps_the_purpose_it_is_about)
{
    const struct scene s = {.basis = BASIS_CONSENT};
    struct purpose purpose = purpose_in(&s);
    cr_assert_eq(verdict_at(&s, &purpose, NOW).purpose, &purpose);
}

/* ---- several identifiers of one person ---- */

Test(verdict_act, of_two_the_earlier_reason_is_the_stricter)
{
    for (enum reason a = 0; a < REASON_COUNT; a++) {
        for (enum reason b = 0; b < REASON_COUNT; b++) {
            struct verdict one = {.reason = a, .revision = 1};
            struct verdict two = {.reason = b, .revision = 2};
            struct verdict v = verdict_stricter(one, two);
            cr_assert_eq(v.reason, a < b ? a : b);
            cr_assert_eq(v.revision, b < a ? 2 : 1, "of equals the first");
        }
    }
}

Test(verdict_act, several_allow_only_where_each_does)
{
    for (enum reason a = 0; a < REASON_COUNT; a++) {
        for (enum reason b = 0; b < REASON_COUNT; b++) {
            struct verdict v = verdict_stricter((struct verdict){.reason = a}, (struct verdict){.reason = b});
            cr_assert_eq(reason_allows(v.reason), reason_allows(a) && reason_allows(b));
        }
    }
}

Test(verdict_act, of_two_with_one_reason_the_one_that_ends_first_is_the_stricter)
{
    struct verdict open = {.reason = REASON_GRANTED, .valid_until = INSTANT_NONE},
                   soon = {.reason = REASON_GRANTED, .valid_until = NOW + DAY},
                   late = {.reason = REASON_GRANTED, .valid_until = NOW + 2 * DAY};
    cr_expect_eq(verdict_stricter(open, soon).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(soon, open).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(late, soon).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(soon, late).valid_until, NOW + DAY);
}
