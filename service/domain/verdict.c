/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/verdict.h"

#include <assert.h>
#include <string.h>

#define REASON_WORD(name, allow, word) [name] = word,
static const char *const reason_words[REASON_COUNT] = {REASONS(REASON_WORD)};
#undef REASON_WORD
#define REASON_ALLOWS(name, allow, word) [name] = allow,
static const bool allows[REASON_COUNT] = {REASONS(REASON_ALLOWS)};
#undef REASON_ALLOWS

const char *reason_word(enum reason reason)
{
    assert(reason < REASON_COUNT);
    return reason_words[reason];
}

bool reason_allows(enum reason reason)
{
    assert(reason < REASON_COUNT);
    return allows[reason];
}

/* One question, with what was already worked out of it. */
struct question {
    const struct policy *policy;
    const struct purpose *purpose;
    instant now;
    const struct state *no;  /* the strictest No that stands, or NULL */
    const struct state *yes; /* the Yes that stands where no No does, or NULL */
    instant valid_until;     /* of yes */
};

/* What stands in one slot: the purpose's own state or the standing No, whichever has the higher rank. */
static const struct state *slot_state(const struct purpose *purpose, const struct standing *s, enum slot slot)
{
    const struct state *own = &s->purpose[slot];
    const struct state *all = &s->all[slot];
    const struct state *stands = purpose_stopped_by_all(purpose) && all->rank > own->rank ? all : own;
    return stands->rank != 0 ? stands : NULL;
}

/* A Yes counts until the end it was given, or a sooner one that today's policy sets: never a later one, else a change of
 * policy would bring it back to life. */
static instant yes_ends(const struct purpose *purpose, const struct state *yes)
{
    if (duration_is_zero(purpose->validity))
        return yes->valid_until;
    instant by_policy = duration_add(rank_time(yes->rank), purpose->validity);
    return yes->valid_until != INSTANT_NONE && yes->valid_until < by_policy ? yes->valid_until : by_policy;
}

/* The reason a No gives under this purpose: a standing No was spoken without knowing the purpose's basis. */
static enum reason no_reason(const struct question *q)
{
    switch (rank_state(q->no->rank)) {
    case EVENT_REFUSED:
        return REASON_REFUSED;
    case EVENT_INVALIDATED:
        return REASON_INVALIDATED;
    case EVENT_WITHDRAWN:
        return basis_takes_objection(q->purpose->basis) ? REASON_OBJECTED : REASON_WITHDRAWN;
    default:
        return REASON_OBJECTED;
    }
}

static struct question question_of(const struct policy *policy, const struct purpose *purpose,
                                   const struct standing *standing, instant now)
{
    struct question q = {.policy = policy, .purpose = purpose, .now = now, .valid_until = INSTANT_NONE};
    const struct state *slots[] = {slot_state(purpose, standing, SLOT_SELF),
                                   slot_state(purpose, standing, SLOT_GUARDIAN)};
    for (size_t i = 0; i < 2; i++) {
        const struct state *s = slots[i];
        if (s == NULL)
            continue;
        const struct state **place = event_state_is_no(rank_state(s->rank)) ? &q.no : &q.yes;
        if (*place == NULL || rank_state(s->rank) > rank_state((*place)->rank))
            *place = s;
    }
    if (q.yes != NULL)
        q.valid_until = yes_ends(purpose, q.yes);
    return q;
}

static bool needs_record(const struct question *q)
{
    return q->purpose->basis == BASIS_CONSENT || q->purpose->basis == BASIS_SOFT_OPT_IN;
}

static bool is_retired(const struct question *q)
{
    return q->purpose->retired;
}

static bool no_stands_as(const struct question *q, enum reason reason)
{
    /* On a contract and the like a No has nothing to stop; it can only be there from before. */
    return q->no != NULL && (basis_is_withdrawable(q->purpose->basis) || q->purpose->direct_marketing) &&
           no_reason(q) == reason;
}

static bool is_objected(const struct question *q)
{
    return no_stands_as(q, REASON_OBJECTED);
}

static bool is_withdrawn(const struct question *q)
{
    return no_stands_as(q, REASON_WITHDRAWN);
}

static bool is_refused(const struct question *q)
{
    return no_stands_as(q, REASON_REFUSED);
}

static bool is_invalidated(const struct question *q)
{
    return no_stands_as(q, REASON_INVALIDATED);
}

/* A Yes to a purpose that asks for a confirmation counts when it came through one. */
static bool is_unconfirmed(const struct question *q)
{
    return q->purpose->double_opt_in && needs_record(q) && q->yes != NULL &&
           rank_state(q->yes->rank) != EVENT_RENEWED;
}

static bool is_expired(const struct question *q)
{
    return needs_record(q) && q->yes != NULL && q->valid_until != INSTANT_NONE && q->valid_until <= q->now;
}

static bool is_notice_outdated(const struct question *q)
{
    if (!needs_record(q) || q->yes == NULL || q->yes->notice_number == 0)
        return false;
    const struct notice *n = policy_notice_numbered(q->policy, q->yes->notice_number);
    return n != NULL && policy_notice_outdated(q->policy, n, q->now);
}

static bool is_notice_unknown(const struct question *q)
{
    if (q->purpose->basis != BASIS_CONSENT || q->yes == NULL || q->purpose->notice[0] == '\0' ||
        q->purpose->unknown_words_allowed)
        return false;
    return policy_notice_numbered(q->policy, q->yes->notice_number) == NULL;
}

static bool is_never_asked(const struct question *q)
{
    return needs_record(q) && q->yes == NULL;
}

static bool is_granted(const struct question *q)
{
    return needs_record(q);
}

/* The order of API.md, one row a reason. */
static const struct {
    enum reason reason;
    bool (*holds)(const struct question *q);
} order[] = {
    {REASON_RETIRED, is_retired},
    {REASON_OBJECTED, is_objected},
    {REASON_WITHDRAWN, is_withdrawn},
    {REASON_REFUSED, is_refused},
    {REASON_INVALIDATED, is_invalidated},
    {REASON_UNCONFIRMED, is_unconfirmed},
    {REASON_EXPIRED, is_expired},
    {REASON_NOTICE_OUTDATED, is_notice_outdated},
    {REASON_NOTICE_UNKNOWN, is_notice_unknown},
    {REASON_NEVER_ASKED, is_never_asked},
    {REASON_GRANTED, is_granted},
};

static enum reason question_reason(const struct question *q)
{
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i].holds(q))
            return order[i].reason;
    }
    return REASON_NOT_REQUIRED;
}

struct verdict verdict_of(const struct policy *policy, const struct purpose *purpose,
                          const struct standing *standing, instant now)
{
    struct question q = question_of(policy, purpose, standing, now);
    struct verdict v = {.reason = question_reason(&q),
                        .purpose = purpose,
                        .since = INSTANT_NONE,
                        .valid_until = INSTANT_NONE,
                        .ask_again_after = INSTANT_NONE};
    bool by_no = v.reason >= REASON_OBJECTED && v.reason <= REASON_INVALIDATED;
    bool by_yes = v.reason != REASON_RETIRED && v.reason != REASON_NEVER_ASKED && !by_no;
    const struct state *decides = by_no ? q.no : by_yes ? q.yes : NULL;
    if (decides == NULL)
        return v;
    v.since = rank_time(decides->rank);
    v.revision = decides->revision;
    memcpy(v.record_id, decides->record_id, UUID_SIZE);
    if (by_no && !duration_is_zero(purpose->refused_until))
        v.ask_again_after = duration_add(v.since, purpose->refused_until);
    if (by_yes)
        v.valid_until = q.valid_until;
    return v;
}

struct verdict verdict_stricter(struct verdict a, struct verdict b)
{
    return b.reason < a.reason ? b : a;
}
