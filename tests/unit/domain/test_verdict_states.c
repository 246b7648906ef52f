/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Every state against every basis, told a second way; a No against every policy. */

static bool is_no(enum event_state word)
{
    return word == EVENT_REFUSED || word == EVENT_WITHDRAWN || word == EVENT_OBJECTED ||
           word == EVENT_INVALIDATED;
}

static bool is_agreement(enum event_state word)
{
    return word == EVENT_GIVEN || word == EVENT_RENEWED;
}

static bool is_yes(const struct scene *s, enum event_state word)
{
    return is_agreement(word) || (word == EVENT_OBJECTION_WITHDRAWN && s->basis != BASIS_CONSENT);
}

/* What somebody says: the later of the purpose's own act and the standing No; an import never counts as
 * later. A sale and a request say nothing. */
static enum event_state expected_word(const struct scene *s, enum event_state own, int all)
{
    bool heard = s->basis == BASIS_CONSENT || s->basis == BASIS_SOFT_OPT_IN || s->direct_marketing;
    if (!is_no(own) && !is_yes(s, own))
        own = EVENT_NONE;
    if (all == 0 || !heard)
        return own;
    bool is_copy = is_yes(s, own) && s->copied;
    return own == EVENT_NONE || is_copy || all == AFTER ? EVENT_WITHDRAWN : own;
}

static bool needs_record(const struct scene *s)
{
    return s->basis == BASIS_CONSENT || s->basis == BASIS_SOFT_OPT_IN;
}

static const char *expected_no(const struct scene *s, enum event_state word)
{
    bool stoppable =
        needs_record(s) || s->basis == BASIS_PUBLIC_TASK || s->basis == BASIS_LEGITIMATE_INTEREST;
    return is_no(word) && (stoppable || s->direct_marketing || s->child) ? event_state_word(word) : "";
}

/* A Yes that is there. */
static const char *expected_yes(const struct scene *s)
{
    if (!needs_record(s))
        return s->child && s->ends < 0 ? "expired" : "not_required";
    const char *found = s->ends < 0             ? "expired"
                        : s->words == OLD_WORDS ? "notice_outdated"
                        : s->basis != BASIS_CONSENT || s->words != 0 || s->unknown_words_allowed
                            ? "granted"
                            : "notice_unknown";
    return strcmp(found, "granted") != 0 && s->pending > 0 ? "unconfirmed" : found;
}

static const char *expected_reason(const struct scene *s)
{
    static const char *const noes[] = {"objected", "withdrawn", "refused", "invalidated"};
    enum event_state self = expected_word(s, s->self, s->self_all);
    enum event_state guardian = expected_word(s, s->guardian, s->guardian_all);

    for (size_t n = 0; n < sizeof noes / sizeof *noes; n++) {
        if (strcmp(expected_no(s, self), noes[n]) == 0 ||
            (s->child && strcmp(expected_no(s, guardian), noes[n]) == 0))
            return noes[n];
    }
    if (s->child)
        return is_yes(s, guardian) && s->basis != BASIS_SOFT_OPT_IN ? expected_yes(s) : "guardian_required";

    bool agreed = is_agreement(self) || is_agreement(guardian);
    bool sold = s->basis == BASIS_SOFT_OPT_IN && s->self == EVENT_ELIGIBLE;
    if (needs_record(s) && !agreed && !sold)
        return s->pending > 0 ? "unconfirmed" : "never_asked";
    return expected_yes(s);
}

Test(verdict_states, every_state_on_every_basis_has_the_first_reason_that_holds)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        const char *expected = expected_reason(&s), *found = reason_in(&s);
        cr_assert(strcmp(found, expected) == 0,
                  "%s, not %s: %s%s%s%s self %s, guardian %s%s, all %d and %d days ago, ends %d, words %d",
                  found, expected, lawful_basis_words[s.basis], s.direct_marketing ? " marketing" : "",
                  s.child ? " child" : "", s.pending != 0 ? " pending" : "",
                  s.self != EVENT_NONE ? event_state_word(s.self) : "none",
                  s.guardian != EVENT_NONE ? event_state_word(s.guardian) : "none", s.copied ? " copied" : "",
                  s.self_all, s.guardian_all, s.ends, (int)s.words);
    }
}

Test(verdict_states, no_state_at_all_lets_a_retired_purpose_be_used)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        s.retired = true;
        cr_assert_str_eq(reason_in(&s), "retired");
    }
}

/* Fails closed even where the ledger holds what it never should. */
Test(verdict_states, where_a_record_is_needed_nothing_but_a_yes_allows)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        bool yes = (s.self != EVENT_NONE && s.self < EVENT_REQUESTED) ||
                   (s.guardian != EVENT_NONE && s.guardian < EVENT_REQUESTED);
        if ((s.basis == BASIS_CONSENT || s.basis == BASIS_SOFT_OPT_IN) && !yes)
            cr_assert_not(reason_allows(verdict_in(&s).reason), "%zu", n);
    }
}

/* ---- No and a change of policy ---- */

enum { POLICIES = 2 * 2 * 2 * 3 * 3 * 4 };

/* Today's policy, whatever the one was when the act was recorded. The basis is fixed once a purpose has
 * events. */
static struct purpose changed(const struct purpose *purpose, size_t n)
{
    static const struct duration durations[] = {{0}, {.days = 1}, {.months = 1200}};
    static const char *const ids[] = {"words", "other", "gone", ""};
    struct purpose p = *purpose;
    p.retired = take(&n, 2) == 1;
    p.double_opt_in = take(&n, 2) == 1;
    p.unknown_words_allowed = take(&n, 2) == 1;
    p.validity = durations[take(&n, 3)];
    p.refused_until = durations[take(&n, 3)];
    snprintf(p.notice, sizeof p.notice, "%s", ids[take(&n, 4)]);
    return p;
}

static void assert_no_policy_allows(const struct scene *s)
{
    static const struct policy none;
    const struct purpose before = purpose_in(s);
    struct known k;
    known_in(s, &k);
    for (size_t n = 0; n < POLICIES; n++) {
        struct purpose after = changed(&before, n);
        struct verdict now = verdict_of(&scene_policy, &after, ENTITY_ANY, &k.states, NOW);
        struct verdict later = verdict_of(&none, &after, ENTITY_ANY, &k.states, NOW + 40000 * DAY);
        cr_assert_not(reason_allows(now.reason));
        cr_assert_not(reason_allows(later.reason));
    }
}

Test(verdict_states, no_change_of_policy_and_no_time_turns_a_no_into_a_yes)
{
    static const enum lawful_basis bases[] = {BASIS_CONSENT, BASIS_SOFT_OPT_IN, BASIS_LEGITIMATE_INTEREST,
                                              BASIS_PUBLIC_TASK};
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
        for (size_t i = 0; i < STATES; i++) {
            if (!is_no(states[i]))
                continue;
            assert_no_policy_allows(&(struct scene){.basis = bases[b], .self = states[i], .ends = -1});
            assert_no_policy_allows(&(struct scene){.basis = bases[b],
                                                    .child = true,
                                                    .guardian = states[i],
                                                    .self = EVENT_GIVEN,
                                                    .words = WORDS});
        }
    }
    assert_no_policy_allows(
        &(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER});
    assert_no_policy_allows(&(struct scene){
        .basis = BASIS_SOFT_OPT_IN, .child = true, .self = EVENT_ELIGIBLE, .guardian_all = AFTER});
}
