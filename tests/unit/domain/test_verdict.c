/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/verdict.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DAY (INT64_C(86400) * SECOND)
/* 21 November 2026. */
#define NOW (INT64_C(20778) * DAY)

enum { OLD_WORDS = 1, WORDS = 2, OTHER_WORDS = 3, LATER_WORDS = 4, WORDS_TO_COME = 5, LOST_WORDS = 9 };

/* "words" changed in substance 100 days ago and will again in 100 days; "other" never did. */
static struct notice notices[] = {
    {.number = OTHER_WORDS, .id = "other", .version = "1", .effective_from = 0, .material = true},
    {.number = WORDS_TO_COME, .id = "to-come", .version = "1", .effective_from = NOW + DAY, .material = true},
    {.number = OLD_WORDS, .id = "words", .version = "1", .effective_from = 0, .material = true},
    {.number = WORDS, .id = "words", .version = "2", .effective_from = NOW - 100 * DAY, .material = true},
    {.number = LATER_WORDS,
     .id = "words",
     .version = "3",
     .effective_from = NOW + 100 * DAY,
     .material = true},
};
static const struct policy policy = {.notice_count = sizeof notices / sizeof *notices, .notices = notices};

enum { NEWSLETTER = 7 };

/* The acts of a scene, in days before NOW. */
enum { SAID = 10, BEFORE = 20, AFTER = 5 };

/* One person, one purpose. What is left out was never said. */
struct scene {
    enum lawful_basis basis;
    bool direct_marketing;
    bool retired;
    bool unknown_words_allowed;
    enum event_state self;     /* SAID days ago */
    enum event_state guardian; /* likewise */
    bool copied;               /* both came by an import */
    int self_all;              /* the standing No: BEFORE, AFTER or 0 for none */
    int guardian_all;
    int ends;      /* days from NOW until a Yes ends; 0: no end */
    int32_t words; /* shown with a Yes; 0: unknown */
    int pending;   /* days from NOW until a request of AFTER days ago ends; 0: nothing waits */
};

static struct purpose purpose_in(const struct scene *s)
{
    return (struct purpose){.number = NEWSLETTER,
                            .key = "newsletter",
                            .basis = s->basis,
                            .direct_marketing = s->direct_marketing,
                            .retired = s->retired,
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

static struct state request(const struct scene *s)
{
    struct state r = act(CLASS_CHOICE, EVENT_REQUESTED, AFTER);
    r.valid_until = NOW + s->pending * DAY;
    return s->pending != 0 ? r : (struct state){.rank = 0};
}

/* What is known of a person, and the room for it. */
struct known {
    struct standing standing;
    struct held held[8];
};

static void known_add(struct known *k, int32_t purpose, enum slot slot, struct state state)
{
    if (state.rank != 0)
        k->held[k->standing.count++] = (struct held){purpose, slot, state};
}

static void known_in(const struct scene *s, struct known *ret_known)
{
    ret_known->standing = (struct standing){.count = 0, .held = ret_known->held};
    known_add(ret_known, NEWSLETTER, SLOT_SELF, own_act(s, s->self));
    known_add(ret_known, NEWSLETTER, SLOT_GUARDIAN, own_act(s, s->guardian));
    known_add(ret_known, NEWSLETTER, SLOT_PENDING, request(s));
    known_add(ret_known, PURPOSE_ALL, SLOT_SELF, standing_no(s->self_all));
    known_add(ret_known, PURPOSE_ALL, SLOT_GUARDIAN, standing_no(s->guardian_all));
}

static struct verdict verdict_at(const struct scene *s, const struct purpose *purpose, instant now)
{
    struct known known;
    known_in(s, &known);
    return verdict_of(&policy, purpose, ENTITY_ANY, &known.standing, now);
}

static struct verdict verdict_in(const struct scene *s)
{
    struct purpose purpose = purpose_in(s);
    struct verdict v = verdict_at(s, &purpose, NOW);
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
        {"a Yes to another purpose's words",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OTHER_WORDS},
         "notice_unknown"},
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
        {"a No, and a request since",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .pending = 1},
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
        {"requested", {.basis = BASIS_CONSENT, .pending = 2}, "unconfirmed"},
        {"not confirmed in time", {.basis = BASIS_CONSENT, .pending = -1}, "never_asked"},
        {"confirmed, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .pending = 2},
         "granted"},
        {"requested, then the standing No",
         {.basis = BASIS_CONSENT, .pending = 2, .self_all = 1},
         "withdrawn"},
        {"withdrawn, then requested",
         {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN, .pending = 2},
         "withdrawn"},
        {"a guardian's No beside it",
         {.basis = BASIS_CONSENT, .guardian = EVENT_REFUSED, .pending = 2},
         "refused"},
        {"expired, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .pending = 2},
         "unconfirmed"},
        {"outdated, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .pending = 2},
         "unconfirmed"},
        {"unknown words, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .pending = 2},
         "unconfirmed"},
        {"expired, and the new request too",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .pending = -1},
         "expired"},
        {"a request where the Yes belongs is none",
         {.basis = BASIS_CONSENT, .self = EVENT_REQUESTED, .words = WORDS},
         "never_asked"},
        {"no confirmation is waited for", {.basis = BASIS_CONTRACT, .pending = 2}, "not_required"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict, where_people_may_object_nothing_is_allowed_before_its_announcement_is_in_force)
{
    for (enum lawful_basis basis = BASIS_CONSENT + 1; basis < LAWFUL_BASIS_COUNT; basis++) {
        const struct scene scene = {.basis = basis, .self = EVENT_ELIGIBLE};
        const char *then = basis == BASIS_SOFT_OPT_IN ? "granted" : "not_required";
        struct purpose purpose = purpose_in(&scene);
        snprintf(purpose.notice, sizeof purpose.notice, "to-come");
        struct verdict before = verdict_at(&scene, &purpose, NOW + DAY - 1);
        struct verdict after = verdict_at(&scene, &purpose, NOW + DAY);
        cr_expect_str_eq(reason_word(before.reason), basis_takes_objection(basis) ? "notice_unknown" : then,
                         "%s", lawful_basis_words[basis]);
        cr_expect_eq(before.revision, 0, "it rests on no act");
        cr_expect_str_eq(reason_word(after.reason), then, "%s", lawful_basis_words[basis]);
    }
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
        {"and marketing on a contract",
         {.basis = BASIS_CONTRACT, .direct_marketing = true, .self = EVENT_WITHDRAWN},
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

/* What the ledger never holds: a sale is not recorded on consent, nor a Yes on soft opt-in, and a request waits in a slot of
 * its own. */
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
    s.pending = (int)take(&n, 2);
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
                  s.retired ? " retired" : "", s.pending != 0 ? " pending" : "",
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
        struct verdict now = verdict_of(&policy, &after, ENTITY_ANY, &k.standing, NOW);
        struct verdict later = verdict_of(&none, &after, ENTITY_ANY, &k.standing, NOW + 40000 * DAY);
        cr_assert_not(reason_allows(now.reason));
        cr_assert_not(reason_allows(later.reason));
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
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = recorded};
    struct purpose purpose = purpose_in(&s);
    purpose.validity = validity;
    return verdict_at(&s, &purpose, NOW);
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
    struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = 1};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY).reason, REASON_EXPIRED);
    s.ends = 0;
    purpose.validity = (struct duration){.days = SAID + 1};
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + DAY).reason, REASON_EXPIRED);
}

Test(verdict, a_request_ends_at_its_end_and_not_a_microsecond_before)
{
    const struct scene s = {.basis = BASIS_CONSENT, .pending = 2};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 2 * DAY - 1).reason, REASON_UNCONFIRMED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 2 * DAY).reason, REASON_NEVER_ASKED);
}

Test(verdict, old_words_stop_counting_when_the_new_ones_take_effect)
{
    const struct scene s = {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS};
    struct purpose purpose = purpose_in(&s);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 100 * DAY - 1).reason, REASON_GRANTED);
    cr_expect_eq(verdict_at(&s, &purpose, NOW + 100 * DAY).reason, REASON_NOTICE_OUTDATED);
}

Test(verdict, a_yes_tells_when_new_words_will_outdate_it)
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

Test(verdict, only_a_yes_has_an_end_and_only_a_no_a_time_to_ask_again)
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

Test(verdict, without_a_rule_there_is_no_time_to_ask_again)
{
    cr_assert_eq(verdict_in(&(struct scene){.basis = BASIS_CONSENT, .self = EVENT_REFUSED}).ask_again_after,
                 INSTANT_NONE);
}

Test(verdict, it_keeps_the_purpose_it_is_about)
{
    const struct scene s = {.basis = BASIS_CONSENT};
    struct purpose purpose = purpose_in(&s);
    cr_assert_eq(verdict_at(&s, &purpose, NOW).purpose, &purpose);
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

Test(verdict, of_two_with_one_reason_the_one_that_ends_first_is_the_stricter)
{
    struct verdict open = {.reason = REASON_GRANTED, .valid_until = INSTANT_NONE},
                   soon = {.reason = REASON_GRANTED, .valid_until = NOW + DAY},
                   late = {.reason = REASON_GRANTED, .valid_until = NOW + 2 * DAY};
    cr_expect_eq(verdict_stricter(open, soon).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(soon, open).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(late, soon).valid_until, NOW + DAY);
    cr_expect_eq(verdict_stricter(soon, late).valid_until, NOW + DAY);
}

/* ---- a household: children, represented adults, purposes that replace others, objections that are weighed ---- */

enum {
    MAIL = 1,     /* consent; for a minor the guardian's Yes, which stays past the limit */
    MAIL_SELF,    /* likewise, but ends at the limit */
    TEEN,         /* consent; a minor decides alone */
    ADULT,        /* consent; minors are not to be asked */
    ACCOUNT,      /* contract; for a minor the guardian's Yes */
    ACCOUNT_SELF, /* likewise, and ends at the limit */
    SHOP,         /* soft opt-in; for a minor the guardian's Yes besides the sale */
    PROFILE,      /* legitimate interest; objections are weighed */
    OLDEST,       /* consent, retired */
    OLD,          /* replaces OLDEST, retired */
    CURRENT,      /* replaces OLD */
    HEIR,         /* replaces GONE */
    INTEREST,     /* legitimate interest, objections are weighed; replaces MAIL */
    GONE = 90     /* was in a document once */
};

static struct purpose household_purposes[] = {
    {.number = MAIL, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = MAIL_SELF,
     .basis = BASIS_CONSENT,
     .guardian = {.minors = MINORS_GUARDIAN, .ends_at_limit = true}},
    {.number = TEEN, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_ALLOWED}},
    {.number = ADULT, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_FORBIDDEN}},
    {.number = ACCOUNT, .basis = BASIS_CONTRACT, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = ACCOUNT_SELF,
     .basis = BASIS_CONTRACT,
     .guardian = {.minors = MINORS_GUARDIAN, .ends_at_limit = true}},
    {.number = SHOP, .basis = BASIS_SOFT_OPT_IN, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = PROFILE, .basis = BASIS_LEGITIMATE_INTEREST, .objection_weighed = true},
    {.number = OLDEST, .basis = BASIS_CONSENT, .retired = true},
    {.number = OLD, .basis = BASIS_CONSENT, .retired = true, .replaces_number = OLDEST},
    {.number = CURRENT, .basis = BASIS_CONSENT, .replaces_number = OLD},
    {.number = HEIR, .basis = BASIS_CONSENT, .replaces_number = GONE},
    {.number = INTEREST,
     .basis = BASIS_LEGITIMATE_INTEREST,
     .objection_weighed = true,
     .replaces_number = MAIL},
};
static const struct policy household = {
    .purpose_count = sizeof household_purposes / sizeof *household_purposes, .purposes = household_purposes};

/* One thing held of a person. */
struct held_row {
    int32_t purpose;
    enum slot slot;
    enum event_state state; /* EVENT_NONE ends the list */
    int ago;                /* days before NOW */
    int ends;               /* days from NOW; 0: no end */
    bool copied;
};

enum { TOLD_MAX = 6 };
struct told {
    const char *question;
    int32_t purpose;
    struct held_row held[TOLD_MAX];
    const char *reason;
};

/* The age limit, and the end of a representation, in days from NOW; acts SAID days ago were done after PAST, those BEFORE were not. */
enum { COMING = 30, PAST = -15 };
#define HELD(purpose_, slot_, state_, ago_, ...)                                                             \
    {                                                                                                        \
        .purpose = purpose_, .slot = slot_, .state = state_, .ago = ago_, ##__VA_ARGS__                      \
    }
#define CHILD       HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = COMING)
#define GROWN       HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = PAST)
#define REPRESENTED HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50, .ends = COMING)
#define FREE        HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50, .ends = PAST)

static bool set_has(const struct purpose_set *set, int32_t number)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->numbers[i] == number)
            return true;
    }
    return false;
}

/* A verdict from no more than what a check reads. */
static struct verdict verdict_told(const struct policy *p, int entity, const struct told *told, instant now)
{
    const struct purpose *purpose = policy_purpose_numbered(p, told->purpose, NULL);
    struct purpose_set set;
    struct known k = {.standing = {.held = k.held}};
    purpose_set_of(p, purpose, &set);
    for (const struct held_row *h = told->held; h < told->held + TOLD_MAX && h->state != EVENT_NONE; h++) {
        struct state s = act(event_class_of(h->state, METHOD_WEB_FORM, h->copied), h->state, h->ago);
        s.valid_until = h->ends != 0 ? NOW + h->ends * DAY : INSTANT_NONE;
        if (set_has(&set, h->purpose))
            known_add(&k, h->purpose, h->slot, s);
    }
    return verdict_of(p, purpose, entity, &k.standing, now);
}

static void assert_told(const struct told *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = reason_word(verdict_told(&household, ENTITY_ANY, &rows[i], NOW).reason);
        cr_expect_str_eq(found, rows[i].reason, "%s: %s, not %s", rows[i].question, found, rows[i].reason);
    }
}
#define ASSERT_TOLD(rows) assert_told(rows, sizeof(rows) / sizeof *(rows))

static const struct told of_minors[] = {
    {"alone", MAIL, {CHILD, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "guardian_required"},
    {"never asked", MAIL, {CHILD}, "guardian_required"},
    {"a Yes from before the age was known",
     MAIL,
     {HELD(MAIL, SLOT_SELF, EVENT_GIVEN, 90), CHILD},
     "guardian_required"},
    {"of no known age", MAIL, {HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"of an age without a limit",
     MAIL,
     {HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"no minor after all",
     MAIL,
     {HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_LIFTED, 5), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"the guardian's Yes alone", MAIL, {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)}, "granted"},
    {"both Yes",
     MAIL,
     {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"the guardian's Yes is over",
     MAIL,
     {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID, .ends = -1),
      HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "expired"},
    {"a request of the child's own",
     MAIL,
     {CHILD, HELD(MAIL, SLOT_PENDING, EVENT_REQUESTED, SAID, .ends = 2)},
     "guardian_required"},
    {"where a minor may decide, alone", TEEN, {CHILD, HELD(TEEN, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"where a minor may decide, never asked", TEEN, {CHILD}, "never_asked"},
    {"where minors are not asked, alone",
     ADULT,
     {CHILD, HELD(ADULT, SLOT_SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"where minors are not asked, the guardian's Yes",
     ADULT,
     {CHILD, HELD(ADULT, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"on a contract, alone", ACCOUNT, {CHILD}, "guardian_required"},
    {"on a contract, the guardian's Yes",
     ACCOUNT,
     {CHILD, HELD(ACCOUNT, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "not_required"},
    {"on a contract, the guardian's Yes is over",
     ACCOUNT,
     {CHILD, HELD(ACCOUNT, SLOT_GUARDIAN, EVENT_GIVEN, SAID, .ends = -1)},
     "expired"},
    {"on a contract, of no known age", ACCOUNT, {{0}}, "not_required"},
    {"a sale and no guardian",
     SHOP,
     {CHILD, HELD(SHOP, SLOT_SELF, EVENT_ELIGIBLE, SAID)},
     "guardian_required"},
    {"a sale and the guardian's Yes",
     SHOP,
     {CHILD, HELD(SHOP, SLOT_SELF, EVENT_ELIGIBLE, SAID), HELD(SHOP, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "granted"},
    {"the guardian's Yes and no sale",
     SHOP,
     {CHILD, HELD(SHOP, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "never_asked"},
};

Test(verdict, for_a_known_minor_a_guardian_decides)
{
    ASSERT_TOLD(of_minors);
}

Test(verdict, a_no_of_the_childs_own_or_of_a_guardian_applies_at_once)
{
    static const struct told rows[] = {
        {"the child's, before the guardian's Yes",
         MAIL,
         {CHILD, HELD(MAIL, SLOT_SELF, EVENT_REFUSED, BEFORE), HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
         "refused"},
        {"the child's, after it",
         MAIL,
         {CHILD, HELD(MAIL, SLOT_SELF, EVENT_WITHDRAWN, AFTER), HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"the child's standing No",
         MAIL,
         {CHILD, HELD(PURPOSE_ALL, SLOT_SELF, EVENT_WITHDRAWN, BEFORE),
          HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"the guardian's", MAIL, {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_WITHDRAWN, AFTER)}, "withdrawn"},
        {"the guardian's, and the child's Yes since",
         MAIL,
         {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"the guardian's, where a minor may decide",
         TEEN,
         {CHILD, HELD(TEEN, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE), HELD(TEEN, SLOT_SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"the guardian's, on a contract",
         ACCOUNT,
         {CHILD, HELD(ACCOUNT, SLOT_GUARDIAN, EVENT_WITHDRAWN, AFTER)},
         "objected"},
        {"the guardian's of a child whose age nobody knows",
         MAIL,
         {HELD(MAIL, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"the child's objection to shop mail",
         SHOP,
         {CHILD, HELD(SHOP, SLOT_SELF, EVENT_OBJECTED, AFTER), HELD(SHOP, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
         "objected"},
    };
    ASSERT_TOLD(rows);
}

static const struct told past_the_limit[] = {
    {"the guardian's Yes stays", MAIL, {GROWN, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)}, "granted"},
    {"or ends, as the policy says",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"an own Yes from before", MAIL, {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE)}, "expired"},
    {"an own Yes from before, beside the guardian's",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes from before, where the guardian's ends",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, SLOT_SELF, EVENT_GIVEN, BEFORE),
      HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"an own Yes from before, where minors decide alone",
     TEEN,
     {GROWN, HELD(TEEN, SLOT_SELF, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes from before, where minors are not asked",
     ADULT,
     {GROWN, HELD(ADULT, SLOT_SELF, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"an own Yes since", MAIL, {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"an own Yes since, where minors are not asked",
     ADULT,
     {GROWN, HELD(ADULT, SLOT_SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"an own Yes since, where the guardian's ended",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, SLOT_SELF, EVENT_GIVEN, SAID),
      HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes since undoes the guardian's No",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID), HELD(MAIL, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "granted"},
    {"and the guardian's standing No",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID),
      HELD(PURPOSE_ALL, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "granted"},
    {"an own No since undoes the guardian's Yes",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_REFUSED, SAID), HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "refused"},
    {"an own Yes since that is over does not bring the guardian's back",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID, .ends = -1),
      HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"the guardian's No stands until then",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "withdrawn"},
    {"an own Yes from before does not undo it",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(MAIL, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "withdrawn"},
    {"nor does an import's",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID, .copied = true),
      HELD(MAIL, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "withdrawn"},
    {"nor does a sale",
     SHOP,
     {GROWN, HELD(SHOP, SLOT_SELF, EVENT_ELIGIBLE, SAID), HELD(SHOP, SLOT_GUARDIAN, EVENT_OBJECTED, BEFORE)},
     "objected"},
    {"an own No from before stands",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_REFUSED, BEFORE), HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "refused"},
    {"never asked", MAIL, {GROWN}, "never_asked"},
    {"a request since",
     MAIL,
     {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE),
      HELD(MAIL, SLOT_PENDING, EVENT_REQUESTED, 1, .ends = 2)},
     "unconfirmed"},
    {"on a contract nobody needs to be asked",
     ACCOUNT_SELF,
     {GROWN, HELD(ACCOUNT_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "not_required"},
    {"nor does the guardian's No stop it any more",
     ACCOUNT,
     {GROWN, HELD(ACCOUNT, SLOT_GUARDIAN, EVENT_WITHDRAWN, BEFORE)},
     "not_required"},
};

Test(verdict, past_the_limit_the_person_decides)
{
    ASSERT_TOLD(past_the_limit);
}

/* The limit of a country that lies before 1970 is a limit too. */
Test(verdict, a_limit_that_was_reached_long_ago_leaves_all_to_the_person)
{
    static const struct told row = {.purpose = MAIL,
                                    .held = {HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = -30000),
                                             HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE)}};
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &row, NOW).reason, REASON_GRANTED);
}

Test(verdict, the_limit_is_reached_at_its_moment_and_not_a_microsecond_before)
{
    static const struct told own = {.purpose = MAIL,
                                    .held = {CHILD, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}};
    static const struct told stays = {.purpose = MAIL,
                                      .held = {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)}};
    static const struct told ends = {.purpose = MAIL_SELF,
                                     .held = {CHILD, HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, SAID)}};
    const instant limit = NOW + COMING * DAY;
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &own, limit - 1).reason, REASON_GUARDIAN_REQUIRED);
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &own, limit).reason, REASON_EXPIRED);
    struct verdict v = verdict_told(&household, ENTITY_ANY, &stays, limit - 1);
    cr_expect(v.reason == REASON_GRANTED && !v.reconfirm_due && !v.renew_self);
    v = verdict_told(&household, ENTITY_ANY, &stays, limit);
    cr_expect(v.reason == REASON_GRANTED && v.reconfirm_due && !v.renew_self);
    cr_expect_eq(v.valid_until, INSTANT_NONE);
    v = verdict_told(&household, ENTITY_ANY, &ends, limit - 1);
    cr_expect(v.reason == REASON_GRANTED && !v.reconfirm_due && !v.renew_self);
    v = verdict_told(&household, ENTITY_ANY, &ends, limit);
    cr_expect(v.reason == REASON_EXPIRED && !v.reconfirm_due && v.renew_self);
    cr_expect_eq(v.valid_until, limit);
    cr_expect_eq(v.since, NOW - SAID * DAY);
}

Test(verdict, it_tells_who_has_to_renew)
{
    static const struct {
        struct told told;
        bool reconfirm_due, renew_self;
    } rows[] = {
        {{"a guardian's Yes past the limit",
          MAIL,
          {GROWN, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
          "granted"},
         true,
         false},
        {{"an own Yes past the limit", MAIL, {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"},
         false,
         false},
        {{"an own Yes from before", MAIL, {GROWN, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE)}, "expired"},
         false,
         true},
        {{"a guardian's Yes that came to its end past the limit",
          MAIL,
          {GROWN, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         true},
        {{"a guardian's Yes that came to its end, of a child",
          MAIL,
          {CHILD, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         false},
        {{"a guardian's Yes of no known age",
          MAIL,
          {HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
          "granted"},
         false,
         false},
        {{"an own Yes that came to its end",
          MAIL,
          {HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         false},
        {{"a No past the limit", MAIL, {GROWN, HELD(MAIL, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE)}, "refused"},
         false,
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_told(&household, ENTITY_ANY, &rows[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), rows[i].told.reason, "%s", rows[i].told.question);
        cr_expect_eq(v.reconfirm_due, rows[i].reconfirm_due, "%s", rows[i].told.question);
        cr_expect_eq(v.renew_self, rows[i].renew_self, "%s", rows[i].told.question);
    }
}

Test(verdict, a_guardians_yes_that_ends_at_the_limit_ends_no_later_than_by_itself)
{
    static const struct told row = {
        .purpose = MAIL_SELF,
        .held = {GROWN, HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE, .ends = PAST - 1)}};
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &row, NOW).valid_until, NOW + (PAST - 1) * DAY);
}

static const struct told of_represented[] = {
    {"alone", MAIL, {REPRESENTED, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "guardian_required"},
    {"without an end",
     MAIL,
     {HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"the representative's Yes",
     MAIL,
     {REPRESENTED, HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "granted"},
    {"the own No beats it",
     MAIL,
     {REPRESENTED, HELD(MAIL, SLOT_SELF, EVENT_REFUSED, BEFORE),
      HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "refused"},
    {"the representative's No",
     MAIL,
     {REPRESENTED, HELD(MAIL, SLOT_GUARDIAN, EVENT_REFUSED, SAID)},
     "refused"},
    {"lifted",
     MAIL,
     {HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_LIFTED, AFTER), HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"over, an own Yes from before", MAIL, {FREE, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, BEFORE)}, "expired"},
    {"over, an own Yes since", MAIL, {FREE, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"over, the representative's Yes ends",
     MAIL_SELF,
     {FREE, HELD(MAIL_SELF, SLOT_GUARDIAN, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"of age, but represented",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"no longer represented, but a minor",
     MAIL,
     {CHILD, FREE, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"of age, but represented, and both said Yes",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID),
      HELD(MAIL, SLOT_GUARDIAN, EVENT_GIVEN, SAID)},
     "granted"},
    {"of age, but represented: the own Yes undoes no representative's No",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID),
      HELD(MAIL, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE)},
     "refused"},
    {"both over: the later counts, which may be the age",
     MAIL,
     {FREE, HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = -5),
      HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "expired"},
    {"both over: the later counts",
     MAIL,
     {GROWN, HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50, .ends = -5),
      HELD(MAIL, SLOT_SELF, EVENT_GIVEN, SAID)},
     "expired"},
};

Test(verdict, for_a_represented_adult_the_same_holds)
{
    ASSERT_TOLD(of_represented);
}

Test(verdict, a_no_to_what_a_purpose_replaces_counts_for_it_too)
{
    static const struct told rows[] = {
        {"a No to the old", CURRENT, {HELD(OLD, SLOT_SELF, EVENT_WITHDRAWN, BEFORE)}, "withdrawn"},
        {"a No to the oldest", CURRENT, {HELD(OLDEST, SLOT_SELF, EVENT_REFUSED, BEFORE)}, "refused"},
        {"a No to one that left the document",
         HEIR,
         {HELD(GONE, SLOT_SELF, EVENT_REFUSED, BEFORE)},
         "refused"},
        {"a newer Yes to the new",
         CURRENT,
         {HELD(OLD, SLOT_SELF, EVENT_WITHDRAWN, BEFORE), HELD(CURRENT, SLOT_SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"an older Yes to the new",
         CURRENT,
         {HELD(OLD, SLOT_SELF, EVENT_WITHDRAWN, AFTER), HELD(CURRENT, SLOT_SELF, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"an import's newer Yes to the new",
         CURRENT,
         {HELD(OLD, SLOT_SELF, EVENT_WITHDRAWN, BEFORE),
          HELD(CURRENT, SLOT_SELF, EVENT_GIVEN, SAID, .copied = true)},
         "withdrawn"},
        {"a Yes to the old is none to the new",
         CURRENT,
         {HELD(OLD, SLOT_SELF, EVENT_GIVEN, SAID)},
         "never_asked"},
        {"a newer Yes to the old undoes no No to the oldest",
         CURRENT,
         {HELD(OLDEST, SLOT_SELF, EVENT_REFUSED, BEFORE), HELD(OLD, SLOT_SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"a guardian's No to the old",
         CURRENT,
         {HELD(OLD, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE), HELD(CURRENT, SLOT_SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"a No to the new says nothing of the old",
         OLD,
         {HELD(CURRENT, SLOT_SELF, EVENT_REFUSED, SAID)},
         "retired"},
        {"withdrawn there, an objection here",
         INTEREST,
         {HELD(MAIL, SLOT_SELF, EVENT_WITHDRAWN, BEFORE)},
         "restricted"},
        {"refused there", INTEREST, {HELD(MAIL, SLOT_SELF, EVENT_REFUSED, BEFORE)}, "refused"},
    };
    ASSERT_TOLD(rows);
}

static const struct told weighed[] = {
    {"no objection", PROFILE, {{0}}, "not_required"},
    {"objected", PROFILE, {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE)}, "restricted"},
    {"upheld",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SLOT_OUTCOME, EVENT_UPHELD, SAID)},
     "objected"},
    {"overridden",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID)},
     "not_required"},
    {"overridden, and objected again",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, AFTER), HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID)},
     "restricted"},
    {"upheld, and objected again",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, AFTER), HELD(PROFILE, SLOT_OUTCOME, EVENT_UPHELD, SAID)},
     "restricted"},
    {"an outcome without an objection",
     PROFILE,
     {HELD(PROFILE, SLOT_OUTCOME, EVENT_UPHELD, SAID)},
     "not_required"},
    {"overridden, and a guardian objects since",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID),
      HELD(PROFILE, SLOT_GUARDIAN, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"the guardian's overridden, and the person objects since",
     PROFILE,
     {HELD(PROFILE, SLOT_GUARDIAN, EVENT_OBJECTED, BEFORE),
      HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID), HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"upheld, and a guardian objects since",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SLOT_OUTCOME, EVENT_UPHELD, SAID),
      HELD(PROFILE, SLOT_GUARDIAN, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"overridden, beside a No that is not weighed",
     PROFILE,
     {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID),
      HELD(PROFILE, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE)},
     "refused"},
    {"an old purpose's objection was overridden, this one's was not",
     INTEREST,
     {HELD(MAIL, SLOT_SELF, EVENT_OBJECTED, BEFORE), HELD(MAIL, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID)},
     "restricted"},
    {"the standing No leaves it alone",
     PROFILE,
     {HELD(PURPOSE_ALL, SLOT_SELF, EVENT_WITHDRAWN, BEFORE)},
     "not_required"},
};

Test(verdict, an_objection_that_is_weighed_restricts_until_its_outcome)
{
    ASSERT_TOLD(weighed);
}

Test(verdict, a_restriction_names_the_objection_and_an_overridden_one_decides_nothing)
{
    static const struct told restricted = {.purpose = PROFILE,
                                           .held = {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE)}};
    static const struct told overridden = {.purpose = PROFILE,
                                           .held = {HELD(PROFILE, SLOT_SELF, EVENT_OBJECTED, BEFORE),
                                                    HELD(PROFILE, SLOT_OUTCOME, EVENT_OVERRIDDEN, SAID)}};
    struct verdict v = verdict_told(&household, ENTITY_ANY, &restricted, NOW);
    assert_decided_by(&v, BEFORE, EVENT_OBJECTED);
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &overridden, NOW).revision, 0);
}

Test(verdict, a_request_that_waits_names_itself_but_has_no_end_of_a_yes)
{
    static const struct told waits = {.purpose = MAIL,
                                      .held = {HELD(MAIL, SLOT_PENDING, EVENT_REQUESTED, AFTER, .ends = 2)}};
    struct verdict v = verdict_told(&household, ENTITY_ANY, &waits, NOW);
    cr_expect_eq(v.reason, REASON_UNCONFIRMED);
    assert_decided_by(&v, AFTER, EVENT_REQUESTED);
    cr_expect_eq(v.valid_until, INSTANT_NONE);
}

/* ---- several companies in one statement ---- */

enum { NORTH, SOUTH, WEST, COMPANIES };
enum { OFFERS = 20, OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST };
enum { TRIPS = 30, TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST }; /* of NORTH and SOUTH alone; replaces OFFERS */

static struct purpose group_purposes[] = {
    {.number = OFFERS,
     .basis = BASIS_CONSENT,
     .entities = 7,
     .entity_numbers = {OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST}},
    {.number = TRIPS,
     .basis = BASIS_CONSENT,
     .entities = 1u << NORTH | 1u << SOUTH,
     .replaces_number = OFFERS,
     .entity_numbers = {TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST}},
};
static const struct policy group = {
    .purpose_count = 2, .purposes = group_purposes, .entity_count = COMPANIES};

static const struct {
    struct told told;
    int entity;
} of_entities[] = {
    {{"a Yes to all", OFFERS, {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
    {{"a Yes to one", OFFERS, {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
    {{"a Yes to another", OFFERS, {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, SAID)}, "never_asked"}, SOUTH},
    {{"a Yes to all, then a No to one",
      OFFERS,
      {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_NORTH, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"and of the others",
      OFFERS,
      {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_NORTH, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
      "granted"},
     SOUTH},
    {{"a No to one, then a Yes to all",
      OFFERS,
      {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, SAID), HELD(OFFERS_NORTH, SLOT_SELF, EVENT_WITHDRAWN, BEFORE)},
      "granted"},
     NORTH},
    {{"a withdrawal that names none holds for all",
      OFFERS,
      {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"the standing No",
      OFFERS,
      {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, BEFORE),
       HELD(PURPOSE_ALL, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"a request of one",
      OFFERS,
      {HELD(OFFERS_NORTH, SLOT_PENDING, EVENT_REQUESTED, AFTER, .ends = 2)},
      "unconfirmed"},
     NORTH},
    {{"a request of another",
      OFFERS,
      {HELD(OFFERS_NORTH, SLOT_PENDING, EVENT_REQUESTED, AFTER, .ends = 2)},
      "never_asked"},
     SOUTH},
    {{"a guardian's No to one",
      OFFERS,
      {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, SAID), HELD(OFFERS_NORTH, SLOT_GUARDIAN, EVENT_REFUSED, BEFORE)},
      "refused"},
     NORTH},
    {{"a No of one to the old", TRIPS, {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_REFUSED, BEFORE)}, "refused"},
     NORTH},
    {{"a No of another to the old",
      TRIPS,
      {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_REFUSED, BEFORE)},
      "never_asked"},
     SOUTH},
};

Test(verdict, each_entity_is_judged_by_what_was_said_to_it_and_to_all)
{
    for (size_t i = 0; i < sizeof of_entities / sizeof *of_entities; i++) {
        struct verdict v = verdict_told(&group, of_entities[i].entity, &of_entities[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), of_entities[i].told.reason, "%s: %s",
                         of_entities[i].told.question, reason_word(v.reason));
        cr_expect_eq(v.entity, of_entities[i].entity);
    }
}

Test(verdict, asked_for_all_entities_it_answers_the_strictest)
{
    static const struct {
        struct told told;
        int entity;
    } rows[] = {
        {{"a Yes to all", OFFERS, {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
        {{"a Yes to one alone", OFFERS, {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, SAID)}, "never_asked"},
         SOUTH},
        {{"a No to the last",
          OFFERS,
          {HELD(OFFERS, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_WEST, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
          "withdrawn"},
         WEST},
        {{"a No to an entity the purpose is not of",
          TRIPS,
          {HELD(TRIPS, SLOT_SELF, EVENT_GIVEN, BEFORE), HELD(TRIPS_WEST, SLOT_SELF, EVENT_WITHDRAWN, SAID)},
          "granted"},
         NORTH},
        {{"of equals the one that ends first",
          OFFERS,
          {HELD(OFFERS_NORTH, SLOT_SELF, EVENT_GIVEN, SAID, .ends = 9),
           HELD(OFFERS_SOUTH, SLOT_SELF, EVENT_GIVEN, SAID, .ends = 3),
           HELD(OFFERS_WEST, SLOT_SELF, EVENT_GIVEN, SAID)},
          "granted"},
         SOUTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_told(&group, ENTITY_ANY, &rows[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), rows[i].told.reason, "%s: %s", rows[i].told.question,
                         reason_word(v.reason));
        cr_expect_eq(v.entity, rows[i].entity, "%s: entity %d", rows[i].told.question, v.entity);
    }
}

/* ---- what a check has to read ---- */

static void assert_set(const struct policy *p, int32_t purpose, const int32_t *expected, size_t count)
{
    struct purpose_set set;
    purpose_set_of(p, policy_purpose_numbered(p, purpose, NULL), &set);
    cr_expect_eq(set.count, count, "%zu numbers for %d", set.count, purpose);
    for (size_t i = 0; i < count; i++)
        cr_expect(set_has(&set, expected[i]), "%d for %d", expected[i], purpose);
}
#define ASSERT_SET(p, purpose, ...)                                                                          \
    assert_set(p, purpose, (const int32_t[]){__VA_ARGS__},                                                   \
               sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

Test(verdict, a_check_reads_the_purpose_its_entities_what_it_replaces_and_the_standing_no)
{
    ASSERT_SET(&household, MAIL, PURPOSE_ALL, MAIL);
    ASSERT_SET(&household, CURRENT, PURPOSE_ALL, CURRENT, OLD, OLDEST);
    ASSERT_SET(&household, HEIR, PURPOSE_ALL, HEIR, GONE);
    ASSERT_SET(&group, OFFERS, PURPOSE_ALL, OFFERS, OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST);
    ASSERT_SET(&group, TRIPS, PURPOSE_ALL, TRIPS, TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST, OFFERS, OFFERS_NORTH,
               OFFERS_SOUTH, OFFERS_WEST);
}

/* The longest chain, each with as many entities as a policy may have. */
Test(verdict, the_largest_set_fits)
{
    struct purpose chain[REPLACES_MAX + 2];
    struct policy p = {
        .purpose_count = REPLACES_MAX + 2, .purposes = chain, .entity_count = POLICY_ENTITIES_MAX};
    for (int i = 0; i < REPLACES_MAX + 2; i++) {
        chain[i] = (struct purpose){.number = 100 * (i + 1), .replaces_number = 100 * (i + 2)};
        for (int k = 0; k < POLICY_ENTITIES_MAX; k++)
            chain[i].entity_numbers[k] = 100 * (i + 1) + k + 1;
    }
    struct purpose_set set;
    purpose_set_of(&p, &chain[0], &set);
    cr_assert_eq(set.count, PURPOSE_SET_MAX);
    cr_expect(set_has(&set, 100 * (REPLACES_MAX + 1) + POLICY_ENTITIES_MAX), "the last entity's of the last");
}
