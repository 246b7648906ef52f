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

/* How a verdict is found. First, for one purpose and one entity, all that the reasons look at is worked
 * out once (question_of); then each reason is asked whether it holds, the strictest first.
 *
 * (1) Nothing is known but what the arguments say; now is compared, and never read from a clock.
 * (2) What is held counts by its rank alone, whatever order it came in.
 * (3) A No that stops this purpose gives one of its reasons: no Yes, end or guardian is looked at before
 *     it.
 * (4) A Yes is looked at only where nothing above it holds, and allows only while it counts: granted rests
 *     on one that is there and not over.
 * (5) The states of other numbers than those of purpose_set_of change nothing.
 * (6) needs_guardian and came_of_age exclude each other; limit is when somebody did come of age.
 * (7) What is not known makes the answer stricter, never milder.
 *
 * (3) and (4) hold whatever the ledger has: they are asserted where the reason is known. */

/* One question, with what was already worked out of it. */
struct question {
    const struct policy *policy;
    const struct purpose *purpose;
    int entity;
    const struct standing *standing;
    instant now;
    bool minor;                 /* or represented, whatever the purpose says of them */
    bool needs_guardian;        /* a minor or somebody represented, and the purpose is not theirs to decide */
    bool came_of_age;           /* was a minor, or represented, and no longer is */
    instant limit;              /* when; where came_of_age */
    const struct state *no;     /* the strictest No that stands, or NULL */
    const struct state *yes;    /* the Yes that counts where no No does, or NULL */
    const struct notice *words; /* that were agreed to; NULL: there is no Yes, or they are not known */
    bool yes_is_guardians;
    bool yes_was_too_young;      /* the only Yes is the person's own, from before the limit */
    bool has_sale;               /* that a soft opt-in rests on */
    const struct state *pending; /* a Yes that waits for its confirmation, or NULL */
    instant valid_until;         /* of yes */
};

const struct state *standing_find(const struct standing *s, int32_t purpose, enum slot slot)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->held[i].purpose == purpose && s->held[i].slot == slot)
            return &s->held[i].state;
    }
    return NULL;
}

/* ---- whose states count ---- */

/* The purposes whose No counts for this one too, nearest first; those that
 * left the document end the chain. */
static size_t replaced_by(const struct policy *policy, const struct purpose *purpose,
                          int32_t ret_numbers[REPLACES_MAX])
{
    size_t n = 0;
    while (purpose != NULL && purpose->replaces_number != 0 && n < REPLACES_MAX) {
        ret_numbers[n++] = purpose->replaces_number;
        purpose = policy_purpose_numbered(policy, purpose->replaces_number, NULL);
    }
    return n;
}

static void set_add(struct purpose_set *set, int32_t number)
{
    if (number == 0)
        return;
    assert(set->count < PURPOSE_SET_MAX); /* a number left out could be a No that is not read */
    set->numbers[set->count++] = number;
}

void purpose_set_add(struct purpose_set *set, const struct policy *policy, const struct purpose *purpose)
{
    set_add(set, purpose->number);
    for (size_t i = 0; i < policy->entity_count; i++)
        set_add(set, purpose->entity_numbers[i]);
}

void purpose_set_of(const struct policy *policy, const struct purpose *purpose, struct purpose_set *ret_set)
{
    int32_t replaced[REPLACES_MAX];
    size_t n = replaced_by(policy, purpose, replaced);
    ret_set->count = 1;
    ret_set->numbers[0] = PURPOSE_ALL;
    purpose_set_add(ret_set, policy, purpose);
    for (size_t i = 0; i < n; i++) {
        const struct purpose *old = policy_purpose_numbered(policy, replaced[i], NULL);
        if (old != NULL)
            purpose_set_add(ret_set, policy, old);
        else
            set_add(ret_set, replaced[i]);
    }
}

static const struct state *higher(const struct state *a, const struct state *b)
{
    return a == NULL || (b != NULL && b->rank > a->rank) ? b : a;
}

static bool is_no(const struct state *s)
{
    return s != NULL && event_state_is_no(rank_state(s->rank));
}

/* A request that waits is none, wherever it is held. */
static bool is_yes(const struct state *s)
{
    return s != NULL && rank_state(s->rank) >= EVENT_ELIGIBLE && rank_state(s->rank) <= EVENT_RENEWED;
}

/* Said by somebody: no copy of what another system recorded, no sale and no browser's signal. */
static bool is_choice(const struct state *s)
{
    return s != NULL && s->rank >= rank_base(CLASS_CHOICE, EVENT_NONE);
}

/* What is held of a purpose in one slot: for all entities, or for the one asked about. */
static const struct state *own_state(const struct question *q, int32_t number, enum slot slot)
{
    const struct state *s = standing_find(q->standing, number, slot);
    if (q->entity == ENTITY_ANY)
        return s;
    assert(q->entity >= 0 && (size_t)q->entity < q->policy->entity_count);
    const struct purpose *p =
        number == q->purpose->number ? q->purpose : policy_purpose_numbered(q->policy, number, NULL);
    if (p != NULL && p->entity_numbers[q->entity] != 0)
        s = higher(s, standing_find(q->standing, p->entity_numbers[q->entity], slot));
    return s;
}

/* What stands in one slot: the purpose's own state, the standing No, or a No to what it replaces,
 * whichever has the highest rank. */
static const struct state *slot_state(const struct question *q, enum slot slot)
{
    const struct state *stands = own_state(q, q->purpose->number, slot);
    if (purpose_stopped_by_all(q->purpose))
        stands = higher(stands, standing_find(q->standing, PURPOSE_ALL, slot));
    int32_t replaced[REPLACES_MAX];
    size_t n = replaced_by(q->policy, q->purpose, replaced);
    for (size_t i = 0; i < n; i++) {
        const struct state *old = own_state(q, replaced[i], slot);
        if (is_no(old))
            stands = higher(stands, old);
    }
    return stands;
}

/* ---- what is worked out first ---- */

/* A fact such as being a minor. Returns whether it holds now; notes when it ended, where it did. */
static bool fact_holds(struct question *q, enum slot slot)
{
    const struct state *s = standing_find(q->standing, PURPOSE_ALL, slot);
    if (s == NULL || rank_state(s->rank) != EVENT_HOLDS)
        return false;
    if (s->valid_until == INSTANT_NONE || s->valid_until > q->now)
        return true;
    q->came_of_age = true;
    q->limit = s->valid_until > q->limit ? s->valid_until : q->limit;
    return false;
}

static void guardianship_find(struct question *q)
{
    bool minor = fact_holds(q, SLOT_MINOR), represented = fact_holds(q, SLOT_REPRESENTED);
    bool rules = q->purpose->guardian.minors != MINORS_ALLOWED;
    q->minor = minor || represented;
    q->needs_guardian = rules && q->minor;
    q->came_of_age = rules && q->came_of_age && !minor && !represented;
    assert(!(q->needs_guardian && q->came_of_age)); /* (6) */
    assert(!q->came_of_age || q->limit <= q->now);
}

/* A Yes counts until the end it was given, or a sooner one that today's policy sets: never a later one, else
 * a change of policy would bring it back to life. */
static instant yes_ends(const struct purpose *purpose, const struct state *yes)
{
    if (duration_is_zero(purpose->validity))
        return yes->valid_until;
    instant by_policy = duration_add(rank_time(yes->rank), purpose->validity);
    return yes->valid_until != INSTANT_NONE && yes->valid_until < by_policy ? yes->valid_until : by_policy;
}

/* Which Yes counts: a minor's guardian's; else the person's own, but not one from before the
 * age limit; else the guardian's. */
static void yes_find(struct question *q, const struct state *self, const struct state *guardian)
{
    const struct state *own = is_yes(self) ? self : NULL, *theirs = is_yes(guardian) ? guardian : NULL;

    /* What was said before the limit was not the person's to say. */
    if (own != NULL && q->came_of_age && rank_time(own->rank) < q->limit) {
        own = NULL;
        q->yes_was_too_young = theirs == NULL;
    }
    q->yes = q->needs_guardian ? theirs : own != NULL ? own : theirs;
    q->yes_is_guardians = q->yes != NULL && q->yes == theirs;

    /* It is named all the same: as the one that is over. */
    if (q->yes == NULL && q->yes_was_too_young)
        q->yes = self;
    if (q->yes == NULL)
        return;
    q->valid_until = yes_ends(q->purpose, q->yes);
    q->words = policy_notice_numbered(q->policy, q->yes->notice_number);
}

/* The reason a No gives under this purpose: a standing No was spoken without knowing the purpose's basis. */
static enum reason no_reason(const struct question *q, const struct state *no)
{
    switch (rank_state(no->rank)) {
    case EVENT_REFUSED:
        return REASON_REFUSED;
    case EVENT_INVALIDATED:
        return REASON_INVALIDATED;
    case EVENT_WITHDRAWN:
        return q->purpose->basis != BASIS_CONSENT ? REASON_OBJECTED : REASON_WITHDRAWN;
    default:
        return REASON_OBJECTED;
    }
}

/* How an objection that must be weighed (GDPR art. 21(1)) came out: EVENT_NONE before it has been. */
static enum event_state outcome_of(const struct question *q, const struct state *objection)
{
    const struct state *s = own_state(q, q->purpose->number, SLOT_OUTCOME);
    return s != NULL && rank_time(s->rank) >= rank_time(objection->rank) ? rank_state(s->rank) : EVENT_NONE;
}

static bool is_weighed(const struct question *q, const struct state *no)
{
    return q->purpose->objection_weighed && no_reason(q, no) == REASON_OBJECTED;
}

/* Of what stands in the two slots the strictest No counts: the first reason, and of equals the latest. An
 * objection that compelling grounds stand against is none, and hides no other. */
static void no_find(struct question *q, const struct state *said)
{
    if (!is_no(said) || (is_weighed(q, said) && outcome_of(q, said) == EVENT_OVERRIDDEN))
        return;
    enum reason found = q->no != NULL ? no_reason(q, q->no) : REASON_COUNT, reason = no_reason(q, said);
    if (reason < found || (reason == found && rank_time(said->rank) > rank_time(q->no->rank)))
        q->no = said;
}

static struct question question_of(const struct policy *policy, const struct purpose *purpose, int entity,
                                   const struct standing *standing, instant now)
{
    struct question q = {.policy = policy,
                         .purpose = purpose,
                         .entity = entity,
                         .standing = standing,
                         .now = now,
                         .limit = INSTANT_NONE,
                         .valid_until = INSTANT_NONE};
    guardianship_find(&q);

    const struct state *self = slot_state(&q, SLOT_SELF), *guardian = slot_state(&q, SLOT_GUARDIAN);
    /* Past the limit the person's own choice is the one that counts; a copy of an
     * old one undoes no guardian's No. */
    if (q.came_of_age && is_choice(self) && rank_time(self->rank) >= q.limit)
        guardian = NULL;
    no_find(&q, self);
    no_find(&q, guardian);
    yes_find(&q, self, guardian);

    /* A sale is one whoever's Yes counts, and a request waits beside whatever stands. */
    q.has_sale = (self != NULL && rank_state(self->rank) == EVENT_ELIGIBLE) ||
                 (guardian != NULL && rank_state(guardian->rank) == EVENT_ELIGIBLE);
    const struct state *pending = own_state(&q, purpose->number, SLOT_PENDING);
    q.pending = pending != NULL && pending->valid_until > now ? pending : NULL;
    return q;
}

/* ---- the reasons ---- */

static bool needs_record(const struct question *q)
{
    return q->purpose->basis == BASIS_CONSENT || q->purpose->basis == BASIS_SOFT_OPT_IN;
}

static bool is_retired(const struct question *q)
{
    return q->purpose->retired;
}

/* Whether a No stands that stops this purpose. On a contract and the like it has nothing to stop, but where a
 * guardian decides. */
static bool no_stands(const struct question *q)
{
    return q->no != NULL &&
           (basis_is_withdrawable(q->purpose->basis) || q->purpose->direct_marketing || q->needs_guardian);
}

static bool no_stands_as(const struct question *q, enum reason reason)
{
    return no_stands(q) && no_reason(q, q->no) == reason;
}

/* GDPR art. 18(1)(d): restricted until it is known whose grounds prevail. */
static bool is_restricted(const struct question *q)
{
    return no_stands_as(q, REASON_OBJECTED) && is_weighed(q, q->no) && outcome_of(q, q->no) == EVENT_NONE;
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

/* Where minors are not to be asked at all, no guardian's Yes helps. */
static bool is_guardian_required(const struct question *q)
{
    return q->needs_guardian && (q->yes == NULL || q->purpose->guardian.minors == MINORS_FORBIDDEN);
}

static bool yes_is_over(const struct question *q)
{
    bool at_limit = q->came_of_age && q->yes_is_guardians && q->purpose->guardian.ends_at_limit;
    return q->yes_was_too_young || at_limit || (q->valid_until != INSTANT_NONE && q->valid_until <= q->now);
}

static bool yes_is_outdated(const struct question *q)
{
    return q->words != NULL && policy_notice_outdated(q->policy, q->words, q->now);
}

/* Whether nobody can have been told yet that they may object: the purpose names an announcement, and none
 * is in force (GDPR art. 21(4)). */
static bool is_unannounced(const struct question *q)
{
    return basis_takes_objection(q->purpose->basis) && q->purpose->notice[0] != '\0' &&
           policy_notice(q->policy, q->purpose->notice, NULL, q->now) == NULL;
}

/* Whether the words that were agreed to are not known to be this purpose's. */
static bool yes_is_to_unknown(const struct question *q)
{
    if (q->purpose->basis != BASIS_CONSENT || q->purpose->notice[0] == '\0' ||
        q->purpose->unknown_words_allowed)
        return false;
    return q->words == NULL || strcmp(q->words->id, q->purpose->notice) != 0;
}

static bool is_unconfirmed(const struct question *q)
{
    return needs_record(q) && q->pending != NULL &&
           (q->yes == NULL || yes_is_over(q) || yes_is_outdated(q) || yes_is_to_unknown(q));
}

static bool is_expired(const struct question *q)
{
    return (needs_record(q) || q->needs_guardian) && q->yes != NULL && yes_is_over(q);
}

static bool is_notice_outdated(const struct question *q)
{
    return needs_record(q) && q->yes != NULL && yes_is_outdated(q);
}

static bool is_notice_unknown(const struct question *q)
{
    return is_unannounced(q) || (q->yes != NULL && yes_is_to_unknown(q));
}

/* A sale is no consent, and a guardian's Yes is no sale. */
static bool is_never_asked(const struct question *q)
{
    if (q->purpose->basis == BASIS_SOFT_OPT_IN)
        return q->yes == NULL || !q->has_sale;
    return q->purpose->basis == BASIS_CONSENT &&
           (q->yes == NULL || rank_state(q->yes->rank) == EVENT_ELIGIBLE);
}

static bool is_granted(const struct question *q)
{
    return needs_record(q);
}

/* One row a reason, in their order. */
static const struct {
    enum reason reason;
    bool (*holds)(const struct question *q);
} order[] = {
    {REASON_RETIRED, is_retired},
    {REASON_RESTRICTED, is_restricted},
    {REASON_OBJECTED, is_objected},
    {REASON_WITHDRAWN, is_withdrawn},
    {REASON_REFUSED, is_refused},
    {REASON_INVALIDATED, is_invalidated},
    {REASON_GUARDIAN_REQUIRED, is_guardian_required},
    {REASON_UNCONFIRMED, is_unconfirmed},
    {REASON_EXPIRED, is_expired},
    {REASON_NOTICE_OUTDATED, is_notice_outdated},
    {REASON_NOTICE_UNKNOWN, is_notice_unknown},
    {REASON_NEVER_ASKED, is_never_asked},
    {REASON_GRANTED, is_granted},
};

static enum reason first_that_holds(const struct question *q)
{
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert(i == 0 || order[i - 1].reason < order[i].reason);
        if (order[i].holds(q))
            return order[i].reason;
    }
    return REASON_NOT_REQUIRED;
}

static enum reason question_reason(const struct question *q)
{
    enum reason reason = first_that_holds(q);
    assert(!no_stands(q) || !reason_allows(reason));                         /* (3) */
    assert(reason != REASON_GRANTED || (q->yes != NULL && !yes_is_over(q))); /* (4) */
    assert(reason != REASON_NOT_REQUIRED || !needs_record(q));
    return reason;
}

/* The state that a reason rests on, or NULL. */
static const struct state *state_behind(const struct question *q, enum reason reason)
{
    switch (reason) {
    case REASON_RESTRICTED:
    case REASON_OBJECTED:
    case REASON_WITHDRAWN:
    case REASON_REFUSED:
    case REASON_INVALIDATED:
        return q->no;
    case REASON_UNCONFIRMED:
        return q->pending;
    case REASON_RETIRED:
    case REASON_GUARDIAN_REQUIRED:
    case REASON_NEVER_ASKED:
        return NULL;
    case REASON_NOTICE_UNKNOWN:
        return is_unannounced(q) ? NULL : q->yes;
    case REASON_NOT_REQUIRED:
        return q->needs_guardian ? q->yes : NULL;
    default:
        return q->yes;
    }
}

static void verdict_about_yes(struct verdict *v, const struct question *q)
{
    bool at_limit = q->came_of_age && q->yes_is_guardians;
    v->valid_until = q->valid_until;
    if (at_limit && q->purpose->guardian.ends_at_limit &&
        (v->valid_until == INSTANT_NONE || q->limit < v->valid_until))
        v->valid_until = q->limit;
    v->reconfirm_due = at_limit && reason_allows(v->reason);
    v->renew_self = v->reason == REASON_EXPIRED && (at_limit || q->yes_was_too_young);
    if (q->words != NULL && v->reason == REASON_GRANTED)
        v->renew_by = policy_notice_next(q->policy, q->words, q->now);
}

static struct verdict verdict_for(const struct policy *policy, const struct purpose *purpose, int entity,
                                  const struct standing *standing, instant now)
{
    struct question q = question_of(policy, purpose, entity, standing, now);
    struct verdict v = {.reason = question_reason(&q),
                        .purpose = purpose,
                        .entity = entity,
                        .minor = q.minor,
                        .since = INSTANT_NONE,
                        .valid_until = INSTANT_NONE,
                        .ask_again_after = INSTANT_NONE,
                        .renew_by = INSTANT_NONE};

    /* What the reason rests on is told with it; the rest stays as nothing. */
    const struct state *behind = state_behind(&q, v.reason);
    if (behind == NULL)
        return v;
    v.since = rank_time(behind->rank);
    v.revision = behind->revision;
    memcpy(v.record_id, behind->record_id, UUID_SIZE);
    if (behind == q.no && !duration_is_zero(purpose->refused_until))
        v.ask_again_after = duration_add(v.since, purpose->refused_until);
    if (behind == q.yes)
        verdict_about_yes(&v, &q);
    return v;
}

struct verdict verdict_of(const struct policy *policy, const struct purpose *purpose, int entity,
                          const struct standing *standing, instant now)
{
    if (entity != ENTITY_ANY || policy->entity_count == 0)
        return verdict_for(policy, purpose, entity, standing, now);
    struct verdict strictest = {.reason = REASON_COUNT};
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (purpose->entities != 0 && (purpose->entities & 1u << i) == 0)
            continue;
        struct verdict v = verdict_for(policy, purpose, (int)i, standing, now);
        strictest = strictest.reason == REASON_COUNT ? v : verdict_stricter(strictest, v);
    }
    assert(strictest.reason < REASON_COUNT); /* a purpose is of one entity at least */
    return strictest;
}

static bool is_stricter(const struct verdict *b, const struct verdict *a)
{
    if (a->reason != b->reason)
        return b->reason < a->reason;
    return b->valid_until != INSTANT_NONE &&
           (a->valid_until == INSTANT_NONE || b->valid_until < a->valid_until);
}

struct verdict verdict_stricter(struct verdict a, struct verdict b)
{
    struct verdict stricter = is_stricter(&b, &a) ? b : a;
    stricter.minor = a.minor || b.minor;
    return stricter;
}
