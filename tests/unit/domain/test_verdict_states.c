/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Every state against every basis, told a second way; a No against every policy. */

/* What one slot says: the later of the purpose's own act and the standing No; an import
 * and a sale never count as later. */
static enum event_state expected_word(const struct scene *s, enum event_state own, int all)
{
    bool heard = s->basis == BASIS_CONSENT || s->basis == BASIS_SOFT_OPT_IN || s->direct_marketing;
    bool own_is_yes = own >= EVENT_ELIGIBLE && own <= EVENT_REQUESTED;
    if (all == 0 || !heard)
        return own;
    bool own_is_copy = own == EVENT_ELIGIBLE || (own_is_yes && s->copied);
    return own == EVENT_NONE || own_is_copy || all == AFTER ? EVENT_WITHDRAWN : own;
}

static const char *expected_no(const struct scene *s, enum event_state word)
{
    static const bool stoppable[] = {[BASIS_CONSENT] = true,
                                     [BASIS_PUBLIC_TASK] = true,
                                     [BASIS_LEGITIMATE_INTEREST] = true,
                                     [BASIS_SOFT_OPT_IN] = true,
                                     [BASIS_EXEMPT] = false};
    bool objection = s->basis != BASIS_CONSENT; /* nothing was given that could be withdrawn */
    if (!stoppable[s->basis] && !s->direct_marketing)
        return "";
    switch (word) {
    case EVENT_OBJECTED:
        return "objected";
    case EVENT_WITHDRAWN:
        return objection ? "objected" : "withdrawn";
    case EVENT_REFUSED:
        return "refused";
    case EVENT_INVALIDATED:
        return "invalidated";
    default:
        return "";
    }
}

static const char *expected_yes(const struct scene *s, enum event_state word)
{
    const char *else_ = s->pending > 0 ? "unconfirmed" : NULL;
    if (word == EVENT_NONE)
        return else_ != NULL ? else_ : "never_asked";
    if (s->ends < 0)
        return else_ != NULL ? else_ : "expired";
    if (s->words == OLD_WORDS)
        return else_ != NULL ? else_ : "notice_outdated";
    if (s->basis == BASIS_CONSENT && s->words == 0 && !s->unknown_words_allowed)
        return else_ != NULL ? else_ : "notice_unknown";
    return "granted";
}

/* Two reasons, either of which is right: where both slots hold a Yes that differs the contract names
 * neither. */
static void expected_reasons(const struct scene *s, const char *ret_reasons[2])
{
    static const char *const noes[] = {"objected", "withdrawn", "refused", "invalidated"};
    enum event_state words[] = {expected_word(s, s->self, s->self_all),
                                expected_word(s, s->guardian, s->guardian_all)};
    ret_reasons[0] = ret_reasons[1] = "retired";
    if (s->retired)
        return;
    for (size_t n = 0; n < sizeof noes / sizeof *noes; n++) {
        ret_reasons[0] = ret_reasons[1] = noes[n];
        if (strcmp(expected_no(s, words[0]), noes[n]) == 0 || strcmp(expected_no(s, words[1]), noes[n]) == 0)
            return;
    }
    ret_reasons[0] = ret_reasons[1] = "not_required";
    if (s->basis != BASIS_CONSENT && s->basis != BASIS_SOFT_OPT_IN)
        return;
    for (size_t slot = 0; slot < 2; slot++)
        ret_reasons[slot] = expected_yes(s, words[slot] != EVENT_NONE ? words[slot] : words[1 - slot]);
}

/* What the ledger never holds: a sale is not recorded on consent, nor a Yes on soft opt-in, and a
 * request waits in a slot of its own. */
static bool can_stand(const struct scene *s, enum event_state state)
{
    if (s->basis == BASIS_CONSENT)
        return state != EVENT_ELIGIBLE && state != EVENT_REQUESTED;
    if (s->basis == BASIS_SOFT_OPT_IN)
        return state != EVENT_GIVEN && state != EVENT_RENEWED && state != EVENT_REQUESTED;
    return true;
}

/* Nor is a Yes found invalid in one slot while a No stands in the other. */
static bool is_lawful(const struct scene *s)
{
    enum event_state self = expected_word(s, s->self, s->self_all);
    enum event_state guardian = expected_word(s, s->guardian, s->guardian_all);
    bool two_noes = self >= EVENT_REFUSED && guardian >= EVENT_REFUSED && self != guardian;
    bool invalidated = self == EVENT_INVALIDATED || guardian == EVENT_INVALIDATED;
    return can_stand(s, s->self) && can_stand(s, s->guardian) && !(two_noes && invalidated);
}

Test(verdict_states, every_state_on_every_basis_has_the_first_reason_that_holds)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        if (!is_lawful(&s))
            continue;
        const char *expected[2];
        const char *found = reason_in(&s);
        expected_reasons(&s, expected);
        cr_assert(strcmp(found, expected[0]) == 0 || strcmp(found, expected[1]) == 0,
                  "%s, not %s: %s%s%s%s self %s, guardian %s%s, all %d and %d days ago, ends %d, words %d",
                  found, expected[0], lawful_basis_words[s.basis], s.direct_marketing ? " marketing" : "",
                  s.retired ? " retired" : "", s.pending != 0 ? " pending" : "",
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
        struct verdict now = verdict_of(&scene_policy, &after, ENTITY_ANY, &k.standing, NOW);
        struct verdict later = verdict_of(&none, &after, ENTITY_ANY, &k.standing, NOW + 40000 * DAY);
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
            if (states[i] < EVENT_REFUSED)
                continue;
            assert_no_policy_allows(&(struct scene){.basis = bases[b], .self = states[i], .ends = -1});
            assert_no_policy_allows(&(struct scene){
                .basis = bases[b], .guardian = states[i], .self = EVENT_GIVEN, .words = WORDS});
        }
    }
    assert_no_policy_allows(
        &(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER});
    assert_no_policy_allows(
        &(struct scene){.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .guardian_all = AFTER});
}
