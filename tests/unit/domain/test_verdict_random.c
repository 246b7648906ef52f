/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>
#include <string.h>

/* Random lists of what is known of somebody: the verdict is what a second, shorter telling of the rules says,
 * is the same in every order, and no further No turns a denial into an allow. */

enum { ROUNDS = 200000, ROWS_MAX = TOLD_MAX - 1 };

static uint64_t seed = 20261128;

static size_t draw(size_t count)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % count;
}

static const int32_t purposes[] = {MAIL, MAIL_SELF, CLUB, SHOP, SITE, SITE_CHILD, GAMES};
static const enum event_state yeses[] = {EVENT_GIVEN, EVENT_RENEWED, EVENT_OBJECTION_WITHDRAWN,
                                         EVENT_ELIGIBLE, EVENT_REQUESTED};
static const enum event_state noes[] = {EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED, EVENT_INVALIDATED};
static const int32_t who[] = {SELF, SELF, SELF, PARENT, MOTHER, FATHER};
static const int strengths[] = {STRENGTH_CHECKBOX, STRENGTH_SIGNED, STRENGTH_SIGNED | FLAG_WRITTEN};
#define PICK(list) list[draw(sizeof(list) / sizeof *(list))]

static struct held_row a_yes(int32_t purpose)
{
    struct held_row h = {
        .purpose = purpose, .who = PICK(who), .state = PICK(yeses), .ago = (int)draw(40) + 1};
    h.ends = draw(4) == 0 ? (int)draw(3) - 1 : 0;
    if (h.state == EVENT_REQUESTED)
        h.ends = draw(2) == 0 ? 1 : -1;
    h.copied = draw(6) == 0;
    h.signal = h.who == SELF && draw(6) == 0;
    h.unknown = draw(4) == 0;
    h.flags = h.who != SELF ? PICK(strengths) : 0;
    return h;
}

static struct held_row a_no(int32_t purpose, int32_t channel)
{
    struct held_row h = {.purpose = purpose, .who = PICK(who), .state = PICK(noes), .ago = (int)draw(40) + 1};
    h.reached = h.state != EVENT_INVALIDATED && draw(3) == 0;
    h.signal = h.who == SELF && h.state == EVENT_REFUSED && draw(2) == 0;
    if (draw(4) == 0 && h.state != EVENT_INVALIDATED)
        h.purpose = draw(2) == 0 ? PURPOSE_ALL : channel;
    return h;
}

static const int days[] = {COMING, COMING, PAST, -30};

/* One that a No may tell too. */
static struct held_row a_limit(void)
{
    static const enum slot slots[] = {SLOT_AGE_LIMIT, SLOT_AGE_REACHED, SLOT_CARE_LIMIT, SLOT_CARE_REACHED};
    return (struct held_row){.fact = PICK(slots), .ends = PICK(days)};
}

static struct held_row a_fact(void)
{
    static const enum slot slots[] = {SLOT_AGE, SLOT_AGE, SLOT_AGE_DOCUMENT, SLOT_CARE, SLOT_CARE_DOCUMENT};
    struct held_row h = {
        .fact = PICK(slots), .ends = draw(3) == 0 ? 0 : PICK(days), .ago = (int)draw(40) + 1};
    return draw(3) == 0 ? a_limit() : h;
}

static int32_t channel_of(int32_t purpose)
{
    return purpose_of_channel((int)policy_purpose_numbered(&household, purpose, NULL)->channel);
}

static void draw_told(struct told *ret_told)
{
    *ret_told = (struct told){.purpose = PICK(purposes)};
    size_t count = draw(ROWS_MAX) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t kind = draw(5);
        ret_told->held[i] = kind < 2   ? a_yes(ret_told->purpose)
                            : kind < 4 ? a_no(ret_told->purpose, channel_of(ret_told->purpose))
                                       : a_fact();
    }
}

/* ---- the rules, told again ---- */

static bool says_no(const struct held_row *h)
{
    return h->state >= EVENT_INVALIDATED;
}

static bool says(const struct held_row *h, bool consent)
{
    return says_no(h) || h->state == EVENT_GIVEN || h->state == EVENT_RENEWED ||
           (h->state == EVENT_OBJECTION_WITHDRAWN && !consent);
}

static bool is_above(const struct held_row *a, const struct held_row *b)
{
    bool a_copied = a->copied && !says_no(a), b_copied = b->copied && !says_no(b);
    if (a_copied != b_copied)
        return b_copied;
    if (a->ago != b->ago)
        return a->ago < b->ago;
    return a->state > b->state; /* of these, every No is above every Yes; revisions follow the states */
}

static const struct held_row *last_of(const struct told *t, int32_t guardian, bool signals, bool consent)
{
    const struct held_row *last = NULL;
    for (const struct held_row *h = t->held; h < t->held + TOLD_MAX; h++) {
        bool signal = h->signal && says_no(h);
        if (h->fact == 0 && h->state != EVENT_NONE && h->who == guardian && signal == signals &&
            says(h, consent) && (last == NULL || is_above(h, last)))
            last = h;
    }
    return last;
}

/* When a limit ends, in days from NOW, 0: there is none; and by name. */
static void limit_by_rows(const struct told *t, enum slot first, bool *ret_known, int *ret_until,
                          int *ret_mine)
{
    enum { NONE = -1000 };
    const struct held_row *document = NULL;
    int until = NONE, mine = NONE;
    *ret_known = false;
    for (const struct held_row *h = t->held; h < t->held + TOLD_MAX; h++) {
        if (h->fact < first || h->fact > first + 3 || h->fact == 0)
            continue;
        int ends = h->ends == 0 ? NONE : h->ends;
        if (h->fact == first + 3 && (document == NULL || h->ago < document->ago))
            document = h;
        if (h->fact != first + 3 && ends > until)
            until = ends;
        if (h->fact == first && ends > mine)
            mine = ends;
        *ret_known = *ret_known || h->fact == first || h->fact == first + 3;
    }
    if (document != NULL)
        until = mine = document->ends == 0 ? NONE : document->ends;
    *ret_until = until == NONE ? 0 : until;
    *ret_mine = mine == NONE ? 0 : mine;
}

/* Two of one kind with one age or one rank would leave open which is meant. */
static bool is_plain(const struct told *t)
{
    for (const struct held_row *a = t->held; a < t->held + TOLD_MAX; a++) {
        for (const struct held_row *b = t->held; b < a; b++) {
            if (a->ago == b->ago && a->ago != 0)
                return false;
        }
    }
    return true;
}

struct said {
    const struct purpose *purpose;
    const struct told *told;
    enum reason found;
    const struct held_row *agreed;
};

static void find(struct said *s, enum reason reason)
{
    s->found = reason < s->found ? reason : s->found;
}

static void find_no(struct said *s, const struct held_row *no)
{
    static const enum reason reasons[] = {[EVENT_INVALIDATED] = REASON_INVALIDATED,
                                          [EVENT_OBJECTED] = REASON_OBJECTED,
                                          [EVENT_REFUSED] = REASON_REFUSED,
                                          [EVENT_WITHDRAWN] = REASON_WITHDRAWN};
    find(s, reasons[no->state]);
}

static bool counts(const struct said *s, const struct held_row *yes)
{
    bool words = s->purpose->basis != BASIS_CONSENT || s->purpose->notice[0] == '\0' || !yes->unknown;
    return yes->ends >= 0 && words;
}

static bool agrees(const struct held_row *h)
{
    return h != NULL && (h->state == EVENT_GIVEN || h->state == EVENT_RENEWED);
}

/* What guardians say: the highest Yes, and whether one says No. */
static const struct held_row *guardians(struct said *s, bool minor, bool have_say, bool *ret_refuses)
{
    static const int32_t all[] = {PARENT, MOTHER, FATHER};
    const struct guardian_rule *rule = &s->purpose->guardian;
    const struct held_row *yes = NULL;
    *ret_refuses = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct held_row *h = last_of(s->told, all[i], false, s->purpose->basis == BASIS_CONSENT);
        if (h == NULL)
            continue;
        bool strong =
            (h->flags & FLAG_STRENGTH) >= (int)rule->least && (!rule->written || (h->flags & FLAG_WRITTEN));
        if (says_no(h)) {
            *ret_refuses = true;
            if (minor)
                find_no(s, h);
        } else if (have_say && strong && (agrees(h) || s->purpose->basis == BASIS_LEGITIMATE_INTEREST) &&
                   (yes == NULL || is_above(h, yes))) {
            yes = h;
        }
    }
    return yes;
}

static bool is_sold(const struct told *t)
{
    const struct held_row *sale = NULL;
    for (const struct held_row *h = t->held; h < t->held + TOLD_MAX; h++) {
        if (h->state == EVENT_ELIGIBLE && h->who == SELF && (sale == NULL || is_above(h, sale)))
            sale = h;
    }
    return sale != NULL && sale->ends >= 0;
}

/* Whether it is allowed, no more: which of several reasons is told, the other tests hold. */
static bool expected(const struct told *t)
{
    struct said s = {
        .purpose = policy_purpose_numbered(&household, t->purpose, NULL), .told = t, .found = REASON_COUNT};
    enum lawful_basis basis = s.purpose->basis;
    bool age_known, care_known, refuses;
    int age, care, age_mine, care_mine;
    limit_by_rows(t, SLOT_AGE, &age_known, &age, &age_mine);
    limit_by_rows(t, SLOT_CARE, &care_known, &care, &care_mine);
    bool minor = age > 0 || care > 0, rules = s.purpose->guardian.minors == MINORS_GUARDIAN;
    bool have_say = !(age_known || care_known) || age_mine != 0 || care_mine != 0;
    bool had_day = age_mine < 0 || care_mine < 0; /* one that was told by name */

    const struct held_row *self = last_of(t, SELF, false, basis == BASIS_CONSENT);
    const struct held_row *signal = last_of(t, SELF, true, basis == BASIS_CONSENT);
    const struct held_row *guardian = guardians(&s, minor, have_say, &refuses);
    if (self != NULL && says_no(self))
        find_no(&s, self);
    if (signal != NULL && (self == NULL || says_no(self) || !(self->signal || self->ago < signal->ago)))
        find(&s, REASON_REFUSED);
    if (s.purpose->age_required && !age_known)
        find(&s, REASON_AGE_UNKNOWN);
    if (s.found != REASON_COUNT)
        return false;

    if (basis == BASIS_LEGITIMATE_INTEREST)
        return !(rules && minor) ||
               (guardian != NULL && counts(&s, guardian) && !(had_day && s.purpose->guardian.ends_at_limit));
    if (basis == BASIS_SOFT_OPT_IN && ((rules && minor) || is_sold(t)))
        return !(rules && minor);

    int day = age == 0 ? care : care == 0 || age > care ? age : care; /* of age; 0: never limited */
    bool grown = rules && !minor && day != 0;
    bool own = agrees(self) && counts(&s, self), over = agrees(self) && !own;
    if (own && !(rules && minor) && !(grown && -self->ago < day))
        return true;
    return agrees(guardian) && !refuses && counts(&s, guardian) &&
           !((grown || had_day) && s.purpose->guardian.ends_at_limit) && !(over && is_above(self, guardian));
}

/* ---- what must hold ---- */

static struct verdict verdict_now(const struct told *t)
{
    return verdict_told(&household, ENTITY_ANY, t, NOW);
}

Test(verdict_random, the_verdict_is_what_the_rules_told_again_say)
{
    size_t tried = 0, allowed = 0;
    for (size_t n = 0; n < ROUNDS; n++) {
        struct told t;
        draw_told(&t);
        if (!is_plain(&t))
            continue;
        struct verdict v = verdict_now(&t);
        cr_assert_eq(reason_allows(v.reason), expected(&t), "round %zu: purpose %d, %s", n, t.purpose,
                     reason_word(v.reason));
        tried++;
        allowed += reason_allows(v.reason);
    }
    cr_expect_gt(tried, ROUNDS / 4);
    cr_expect_gt(allowed, tried / 20);
}

Test(verdict_random, the_order_of_what_is_read_changes_nothing)
{
    for (size_t n = 0; n < ROUNDS; n++) {
        struct told t, other;
        draw_told(&t);
        other = t;
        for (size_t i = ROWS_MAX; i > 1; i--) {
            size_t k = draw(i);
            struct held_row kept = other.held[i - 1];
            other.held[i - 1] = other.held[k];
            other.held[k] = kept;
        }
        if (!is_plain(&t))
            continue;
        struct verdict a = verdict_now(&t), b = verdict_now(&other);
        cr_assert_eq(a.reason, b.reason, "round %zu: %s, %s", n, reason_word(a.reason),
                     reason_word(b.reason));
        cr_assert_eq(a.revision, b.revision, "round %zu", n);
        cr_assert_eq(a.valid_until, b.valid_until, "round %zu", n);
    }
}

Test(verdict_random, a_further_no_or_limit_never_adds_an_allow)
{
    for (size_t n = 0; n < ROUNDS; n++) {
        struct told t, more;
        draw_told(&t);
        if (t.purpose == MAIL_SELF)
            continue; /* a later day of age lets a guardian's Yes last until then */
        more = t;
        more.held[ROWS_MAX] = draw(2) == 0 ? a_no(t.purpose, channel_of(t.purpose)) : a_limit();
        struct verdict a = verdict_now(&t), b = verdict_now(&more);
        cr_assert(reason_allows(a.reason) || !reason_allows(b.reason), "round %zu: purpose %d, %s, then %s",
                  n, t.purpose, reason_word(a.reason), reason_word(b.reason));
    }
}
