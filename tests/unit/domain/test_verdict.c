/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/verdict.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DAY (INT64_C(86400) * SECOND)
/* 21 November 2026. */
#define NOW (INT64_C(20778) * DAY)

enum { OLD_WORDS = 1, WORDS = 2, OTHER_WORDS = 3, LATER_WORDS = 4, LOST_WORDS = 9 };

/* "words" changed in substance 100 days ago and will again in 100 days; "other" never did. */
static struct notice notices[] = {
    {.number = OLD_WORDS, .id = "words", .version = "1", .effective_from = 0, .material = true},
    {.number = WORDS, .id = "words", .version = "2", .effective_from = NOW - 100 * DAY, .material = true},
    {.number = LATER_WORDS,
     .id = "words",
     .version = "3",
     .effective_from = NOW + 100 * DAY,
     .material = true},
    {.number = OTHER_WORDS, .id = "other", .version = "1", .effective_from = 0, .material = true},
};
static const struct policy policy = {.notice_count = sizeof notices / sizeof *notices, .notices = notices};

/* The acts of a scene, in days before NOW. */
enum { SAID = 10, BEFORE = 20, AFTER = 5 };

/* One person, one purpose. What is left out was never said. */
struct scene {
    enum lawful_basis basis;
    bool direct_marketing;
    bool retired;
    bool double_opt_in;
    bool unknown_words_allowed;
    enum event_state self;     /* SAID days ago */
    enum event_state guardian; /* likewise */
    bool copied;               /* both came by an import */
    int self_all;              /* the standing No: BEFORE, AFTER or 0 for none */
    int guardian_all;
    int ends;      /* days from NOW until a Yes ends; 0: no end */
    int32_t words; /* shown with a Yes; 0: unknown */
};

static struct purpose purpose_in(const struct scene *s)
{
    return (struct purpose){.number = 7,
                            .key = "newsletter",
                            .basis = s->basis,
                            .direct_marketing = s->direct_marketing,
                            .retired = s->retired,
                            .double_opt_in = s->double_opt_in,
                            .unknown_words_allowed = s->unknown_words_allowed,
                            .notice = "words"};
}

static struct state act(enum event_class class, enum event_state state, int days_ago)
{
    return (struct state){.rank = rank_of(class, state, NOW - days_ago * DAY),
                          .revision = 1000 * days_ago + (int)state,
                          .record_id = {(uint8_t)days_ago, (uint8_t)state},
                          .valid_until = INSTANT_NONE};
}

static struct state own_act(const struct scene *s, enum event_state state)
{
    if (state == EVENT_NONE)
        return (struct state){.rank = 0};
    struct state a = act(event_class_of(state, METHOD_WEB_FORM, s->copied), state, SAID);
    if (s->ends != 0)
        a.valid_until = NOW + s->ends * DAY;
    a.notice_number = s->words;
    return a;
}

static struct state standing_no(int days_ago)
{
    return days_ago == 0 ? (struct state){.rank = 0} : act(CLASS_CHOICE, EVENT_WITHDRAWN, days_ago);
}

static struct standing standing_in(const struct scene *s)
{
    return (struct standing){.purpose = {own_act(s, s->self), own_act(s, s->guardian)},
                             .all = {standing_no(s->self_all), standing_no(s->guardian_all)}};
}

static struct verdict verdict_in(const struct scene *s)
{
    struct purpose purpose = purpose_in(s);
    struct standing standing = standing_in(s);
    struct verdict v = verdict_of(&policy, &purpose, &standing, NOW);
    v.purpose = NULL; /* it is about to go out of scope */
    return v;
}

static const char *reason_in(const struct scene *s)
{
    return reason_word(verdict_in(s).reason);
}

/* ---- the words ---- */

static const char *const reasons_of_the_contract[] = {
    "retired",         "suppressed",     "restricted",        "objected",    "withdrawn",
    "refused",         "invalidated",    "guardian_required", "unconfirmed", "expired",
    "notice_outdated", "notice_unknown", "never_asked",       "granted",     "not_required",
};

Test(verdict, the_reasons_are_the_contracts_in_its_order)
{
    cr_assert_eq(REASON_COUNT, sizeof reasons_of_the_contract / sizeof *reasons_of_the_contract);
    for (enum reason r = 0; r < REASON_COUNT; r++)
        cr_expect_str_eq(reason_word(r), reasons_of_the_contract[r]);
}

Test(verdict, only_granted_and_not_required_allow)
{
    for (enum reason r = 0; r < REASON_COUNT; r++) {
        bool expected = strcmp(reason_word(r), "granted") == 0 || strcmp(reason_word(r), "not_required") == 0;
        cr_expect_eq(reason_allows(r), expected, "%s", reason_word(r));
    }
}

/* ---- what a privacy officer asks: one row a question ---- */

struct row {
    const char *question;
    struct scene scene;
    const char *reason;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(reason_in(&rows[i].scene), rows[i].reason, "%s: %s, not %s", rows[i].question,
                         reason_in(&rows[i].scene), rows[i].reason);
}
#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof *(rows))

Test(verdict, on_consent_only_a_yes_that_counts_is_a_yes)
{
    static const struct row rows[] = {
        {"never seen", {.basis = BASIS_CONSENT}, "never_asked"},
        {"a Yes", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS}, "granted"},
        {"a renewed Yes", {.basis = BASIS_CONSENT, .self = EVENT_RENEWED, .words = WORDS}, "granted"},
        {"a Yes with an end ahead",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = 1},
         "granted"},
        {"an imported Yes to known words",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .copied = true},
         "granted"},
        {"a Yes past its end",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1},
         "expired"},
        {"a Yes to words since changed",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS},
         "notice_outdated"},
        {"a Yes to words nobody knows", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN}, "notice_unknown"},
        {"a Yes to words no longer in the policy",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = LOST_WORDS},
         "notice_unknown"},
        {"unknown words that the policy allows",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .unknown_words_allowed = true},
         "granted"},
        {"old words where unknown ones are allowed",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .unknown_words_allowed = true},
         "notice_outdated"},
        {"expired and outdated",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .ends = -1},
         "expired"},
        {"expired and unknown", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .ends = -1}, "expired"},
        {"a guardian's Yes alone",
         {.basis = BASIS_CONSENT, .guardian = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"marketing by consent",
         {.basis = BASIS_CONSENT, .direct_marketing = true, .self = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"marketing never asked", {.basis = BASIS_CONSENT, .direct_marketing = true}, "never_asked"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, on_consent_every_no_stops)
{
    static const struct row rows[] = {
        {"refused", {.basis = BASIS_CONSENT, .self = EVENT_REFUSED}, "refused"},
        {"withdrawn", {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN}, "withdrawn"},
        {"objected", {.basis = BASIS_CONSENT, .self = EVENT_OBJECTED}, "objected"},
        {"invalidated", {.basis = BASIS_CONSENT, .self = EVENT_INVALIDATED}, "invalidated"},
        {"a No has no end", {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .ends = -1}, "refused"},
        {"a No needs no words",
         {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN, .words = LOST_WORDS},
         "withdrawn"},
        {"a No needs no confirmation",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_REFUSED},
         "refused"},
        {"the standing No, never asked", {.basis = BASIS_CONSENT, .self_all = AFTER}, "withdrawn"},
        {"a Yes, then the standing No",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER},
         "withdrawn"},
        {"the standing No, then a Yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = BEFORE},
         "granted"},
        {"the standing No, then an import's Yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .copied = true, .self_all = BEFORE},
         "withdrawn"},
        {"refused, then the standing No",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .self_all = AFTER},
         "withdrawn"},
        {"the standing No, then refused",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .self_all = BEFORE},
         "refused"},
        {"a standing No and an expired Yes before it",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .self_all = AFTER},
         "withdrawn"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, a_no_in_either_slot_stops)
{
    static const struct row rows[] = {
        {"guardian yes, child no",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .guardian = EVENT_GIVEN, .words = WORDS},
         "refused"},
        {"child yes, guardian no",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .guardian = EVENT_WITHDRAWN, .words = WORDS},
         "withdrawn"},
        {"both yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .guardian = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"both no: the first reason counts",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .guardian = EVENT_WITHDRAWN},
         "withdrawn"},
        {"the guardian's standing No does not wait for the child's Yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .guardian_all = BEFORE},
         "withdrawn"},
        {"the child's standing No does not wait for the guardian's Yes",
         {.basis = BASIS_CONSENT, .guardian = EVENT_GIVEN, .words = WORDS, .self_all = BEFORE},
         "withdrawn"},
        {"the guardian undoes the guardian's standing No",
         {.basis = BASIS_CONSENT, .guardian = EVENT_GIVEN, .words = WORDS, .guardian_all = BEFORE},
         "granted"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, a_double_opt_in_waits_for_its_confirmation)
{
    static const struct row rows[] = {
        {"requested",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_REQUESTED, .words = WORDS},
         "unconfirmed"},
        {"given",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_GIVEN, .words = WORDS},
         "unconfirmed"},
        {"confirmed",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_RENEWED, .words = WORDS},
         "granted"},
        {"never asked", {.basis = BASIS_CONSENT, .double_opt_in = true}, "never_asked"},
        {"unconfirmed and expired",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_REQUESTED, .words = WORDS, .ends = -1},
         "unconfirmed"},
        {"confirmed and expired",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_RENEWED, .words = WORDS, .ends = -1},
         "expired"},
        {"requested, then the standing No",
         {.basis = BASIS_CONSENT, .double_opt_in = true, .self = EVENT_REQUESTED, .self_all = AFTER},
         "withdrawn"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, a_soft_opt_in_needs_a_sale_and_no_objection)
{
    static const struct row rows[] = {
        {"no sale", {.basis = BASIS_SOFT_OPT_IN}, "never_asked"},
        {"no sale, marketing", {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true}, "never_asked"},
        {"a sale", {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true, .self = EVENT_ELIGIBLE}, "granted"},
        {"a sale needs no words",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .words = LOST_WORDS},
         "granted"},
        {"a sale too long ago", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .ends = -1}, "expired"},
        {"objected", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_OBJECTED}, "objected"},
        {"to withdraw is to object", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_WITHDRAWN}, "objected"},
        {"a sale, then the standing No",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .self_all = AFTER},
         "objected"},
        {"a sale after the standing No is no choice",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .self_all = BEFORE},
         "objected"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, where_no_yes_is_needed_only_an_objection_stops)
{
    static const struct row rows[] = {
        {"legitimate interest", {.basis = BASIS_LEGITIMATE_INTEREST}, "not_required"},
        {"public task", {.basis = BASIS_PUBLIC_TASK}, "not_required"},
        {"objected to an interest", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_OBJECTED}, "objected"},
        {"objected to a task", {.basis = BASIS_PUBLIC_TASK, .self = EVENT_OBJECTED}, "objected"},
        {"withdrawn is objected", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_WITHDRAWN}, "objected"},
        {"refused", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_REFUSED}, "refused"},
        {"the standing No leaves an interest alone",
         {.basis = BASIS_LEGITIMATE_INTEREST, .self_all = AFTER},
         "not_required"},
        {"the standing No leaves a task alone",
         {.basis = BASIS_PUBLIC_TASK, .self_all = AFTER},
         "not_required"},
        {"it stops marketing on an interest",
         {.basis = BASIS_LEGITIMATE_INTEREST, .direct_marketing = true, .self_all = AFTER},
         "objected"},
        {"marketing on an interest",
         {.basis = BASIS_LEGITIMATE_INTEREST, .direct_marketing = true},
         "not_required"},
        {"contract", {.basis = BASIS_CONTRACT}, "not_required"},
        {"legal obligation", {.basis = BASIS_LEGAL_OBLIGATION}, "not_required"},
        {"vital interest", {.basis = BASIS_VITAL_INTEREST}, "not_required"},
        {"exempt", {.basis = BASIS_EXEMPT}, "not_required"},
        {"contract and the standing No", {.basis = BASIS_CONTRACT, .self_all = AFTER}, "not_required"},
        {"obligation and the standing No",
         {.basis = BASIS_LEGAL_OBLIGATION, .self_all = AFTER},
         "not_required"},
        {"vital interest and the standing No",
         {.basis = BASIS_VITAL_INTEREST, .guardian_all = AFTER},
         "not_required"},
        {"exempt and the standing No", {.basis = BASIS_EXEMPT, .self_all = AFTER}, "not_required"},
        {"no confirmation is waited for", {.basis = BASIS_CONTRACT, .double_opt_in = true}, "not_required"},
        {"an expired Yes is not missed",
         {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_GIVEN, .ends = -1},
         "not_required"},
    };
    ASSERT_ROWS(rows);
}

/* ---- every state against every basis, told a second way ---- */

/* What one slot says: the later of the purpose's own act and the standing No; an import and a sale never count
 * as later. */
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
    bool objection = s->basis == BASIS_PUBLIC_TASK || s->basis == BASIS_LEGITIMATE_INTEREST ||
                     s->basis == BASIS_SOFT_OPT_IN;
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
    if (word == EVENT_NONE)
        return "never_asked";
    if (s->double_opt_in && word != EVENT_RENEWED)
        return "unconfirmed";
    if (s->ends < 0)
        return "expired";
    if (s->words == OLD_WORDS)
        return "notice_outdated";
    if (s->basis == BASIS_CONSENT && s->words == 0 && !s->unknown_words_allowed)
        return "notice_unknown";
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

/* What the ledger never holds: a sale is not recorded on consent, nor a Yes on soft opt-in, and a request
 * stands only where a confirmation is asked for. */
static bool can_stand(const struct scene *s, enum event_state state)
{
    if (s->basis == BASIS_CONSENT)
        return state != EVENT_ELIGIBLE && (state != EVENT_REQUESTED || s->double_opt_in);
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

static size_t take(size_t *number, size_t count)
{
    size_t digit = *number % count;
    *number /= count;
    return digit;
}

static const enum event_state states[] = {EVENT_NONE,      EVENT_ELIGIBLE,  EVENT_GIVEN,
                                          EVENT_RENEWED,   EVENT_REQUESTED, EVENT_REFUSED,
                                          EVENT_WITHDRAWN, EVENT_OBJECTED,  EVENT_INVALIDATED};
enum { STATES = sizeof states / sizeof *states };
enum { SCENES = LAWFUL_BASIS_COUNT * 2 * 2 * 2 * 2 * STATES * STATES * 2 * 3 * 2 * 3 * 3 };

/* The scenes, numbered. */
static struct scene scene_of(size_t n)
{
    static const int standing[] = {0, BEFORE, AFTER};
    static const int ends[] = {0, -1, 1};
    static const int32_t words[] = {WORDS, OLD_WORDS, 0};
    struct scene s = {.basis = (enum lawful_basis)take(&n, LAWFUL_BASIS_COUNT)};
    s.direct_marketing = take(&n, 2) == 1;
    s.retired = take(&n, 2) == 1;
    s.double_opt_in = take(&n, 2) == 1;
    s.unknown_words_allowed = take(&n, 2) == 1;
    s.self = states[take(&n, STATES)];
    s.guardian = states[take(&n, STATES)];
    s.copied = take(&n, 2) == 1;
    s.self_all = standing[take(&n, 3)];
    s.guardian_all = standing[take(&n, 2) * 2];
    s.ends = ends[take(&n, 3)];
    s.words = words[take(&n, 3)];
    return s;
}

Test(verdict, every_state_on_every_basis_has_the_first_reason_that_holds)
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
                  s.retired ? " retired" : "", s.double_opt_in ? " double" : "",
                  s.self != EVENT_NONE ? event_state_word(s.self) : "none",
                  s.guardian != EVENT_NONE ? event_state_word(s.guardian) : "none", s.copied ? " copied" : "",
                  s.self_all, s.guardian_all, s.ends, (int)s.words);
    }
}

Test(verdict, no_state_at_all_lets_a_retired_purpose_be_used)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        s.retired = true;
        cr_assert_str_eq(reason_in(&s), "retired");
    }
}

/* Fails closed even where the ledger holds what it never should. */
Test(verdict, where_a_record_is_needed_nothing_but_a_yes_allows)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        bool yes = (s.self != EVENT_NONE && s.self < EVENT_REFUSED) ||
                   (s.guardian != EVENT_NONE && s.guardian < EVENT_REFUSED);
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
    struct standing standing = standing_in(s);
    for (size_t n = 0; n < POLICIES; n++) {
        struct purpose after = changed(&before, n);
        cr_assert_not(reason_allows(verdict_of(&policy, &after, &standing, NOW).reason));
        cr_assert_not(reason_allows(verdict_of(&none, &after, &standing, NOW + 40000 * DAY).reason));
    }
}

Test(verdict, no_change_of_policy_and_no_time_turns_a_no_into_a_yes)
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

/* ---- when a Yes ends ---- */

static struct verdict verdict_ending(int recorded, struct duration validity)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS};
    struct purpose purpose = purpose_in(&s);
    struct standing standing = standing_in(&s);
    purpose.validity = validity;
    standing.purpose[SLOT_SELF].valid_until = recorded != 0 ? NOW + recorded * DAY : INSTANT_NONE;
    return verdict_of(&policy, &purpose, &standing, NOW);
}

/* The Yes was said SAID = 10 days ago. */
Test(verdict, a_yes_counts_until_the_sooner_of_the_recorded_end_and_todays_policys)
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

Test(verdict, a_yes_ends_at_its_end_and_not_a_microsecond_before)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = 1};
    struct purpose purpose = purpose_in(&s);
    struct standing standing = standing_in(&s);
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + DAY).reason, REASON_EXPIRED);
    standing.purpose[SLOT_SELF].valid_until = INSTANT_NONE;
    purpose.validity = (struct duration){.days = 11};
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + DAY).reason, REASON_EXPIRED);
}

Test(verdict, old_words_stop_counting_when_the_new_ones_take_effect)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS};
    struct purpose purpose = purpose_in(&s);
    struct standing standing = standing_in(&s);
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + 100 * DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_of(&policy, &purpose, &standing, NOW + 100 * DAY).reason, REASON_NOTICE_OUTDATED);
}

/* ---- the act that decides ---- */

static void assert_decided_by(const struct verdict *v, int days_ago, enum event_state state)
{
    struct state decides = act(CLASS_CHOICE, state, days_ago);
    cr_expect_eq(v->since, NOW - days_ago * DAY);
    cr_expect_eq(v->revision, decides.revision, "revision %ld", (long)v->revision);
    cr_expect_arr_eq(v->record_id, decides.record_id, UUID_SIZE);
}

Test(verdict, it_names_the_act_that_decides)
{
    struct verdict v =
        verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS});
    assert_decided_by(&v, SAID, EVENT_GIVEN);
    v = verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS});
    assert_decided_by(&v, SAID, EVENT_GIVEN);
    v = verdict_in(
        &(struct scene){.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER});
    assert_decided_by(&v, AFTER, EVENT_WITHDRAWN);
    v = verdict_in(&(struct scene){
        .basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .guardian = EVENT_REFUSED});
    assert_decided_by(&v, SAID, EVENT_REFUSED);
    v = verdict_in(&(struct scene){.basis = BASIS_CONSENT, .guardian = EVENT_RENEWED, .words = WORDS});
    assert_decided_by(&v, SAID, EVENT_RENEWED);
}

Test(verdict, where_no_act_decides_it_names_none)
{
    static const uint8_t none[UUID_SIZE];
    static const struct scene scenes[] = {
        {.basis = BASIS_CONSENT},
        {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true},
        {.basis = BASIS_CONTRACT},
        {.basis = BASIS_CONTRACT, .self_all = AFTER},
        {.basis = BASIS_LEGITIMATE_INTEREST, .self_all = AFTER},
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

Test(verdict, only_a_yes_has_an_end_and_only_a_no_a_time_to_ask_again)
{
    for (size_t n = 0; n < SCENES; n++) {
        struct scene s = scene_of(n);
        struct purpose purpose = purpose_in(&s);
        struct standing standing = standing_in(&s);
        purpose.refused_until = (struct duration){.days = 30};
        struct verdict v = verdict_of(&policy, &purpose, &standing, NOW);
        bool no = v.reason >= REASON_OBJECTED && v.reason <= REASON_INVALIDATED;
        cr_assert_eq(v.ask_again_after, no ? v.since + 30 * DAY : INSTANT_NONE, "scene %zu", n);
        if (no || v.since == INSTANT_NONE)
            cr_assert_eq(v.valid_until, INSTANT_NONE, "scene %zu", n);
    }
}

Test(verdict, without_a_rule_there_is_no_time_to_ask_again)
{
    cr_assert_eq(verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_REFUSED}).ask_again_after,
                 INSTANT_NONE);
}

Test(verdict, it_keeps_the_purpose_it_is_about)
{
    const struct scene s = {.basis = BASIS_CONSENT};
    struct purpose purpose = purpose_in(&s);
    struct standing standing = standing_in(&s);
    cr_assert_eq(verdict_of(&policy, &purpose, &standing, NOW).purpose, &purpose);
}

/* ---- several identifiers of one person ---- */

Test(verdict, of_two_the_earlier_reason_is_the_stricter)
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

Test(verdict, several_allow_only_where_each_does)
{
    for (enum reason a = 0; a < REASON_COUNT; a++) {
        for (enum reason b = 0; b < REASON_COUNT; b++) {
            struct verdict v = verdict_stricter((struct verdict){.reason = a}, (struct verdict){.reason = b});
            cr_assert_eq(reason_allows(v.reason), reason_allows(a) && reason_allows(b));
        }
    }
}
