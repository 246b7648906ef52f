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

bool reason_is_no(enum reason reason)
{
    return reason == REASON_WITHDRAWN || reason == REASON_REFUSED || reason == REASON_OBJECTED;
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
 * (2) What stands counts by its rank alone, whatever order it came in. What the person says and what each
 *     guardian says stand apart: nobody takes back another's No.
 * (3) A No that stops this purpose gives one of its reasons: no Yes, end or guardian is looked at before
 *     it.
 * (4) A Yes is looked at only where nothing above it holds, and allows only while it counts: granted rests
 *     on one that is there and not over, and for who cannot decide alone on a guardian's.
 * (5) The states of other numbers than those of purpose_set_of change nothing; of those that are not the
 *     purpose's own only a No counts.
 * (6) needs_guardian and came_of_age exclude each other; limit is when somebody did come of age.
 * (7) Words and ends that are not known make the answer stricter, never milder; so does an age where the
 *     purpose requires one.
 * (8) A further No or limit never turns a denial into an allow, but that a guardian's Yes which ends at
 *     the day of age lasts the longer, the later that day is.
 *
 * (3) and (4) hold whatever the ledger has: they are asserted where the reason is known. */

/* The purpose's number and its entity's; those of the standing Noes and of what it replaces. */
enum { OWN_MAX = 2, OVER_MAX = 4 + 2 * REPLACES_MAX };

/* What is known of a person's age, or of being represented. */
struct limit {
    bool known;    /* it was told by name */
    instant until; /* 0: there is none */
    instant told;  /* the end that was told by name; 0: none was */
};

/* One question, with what was already worked out of it. */
struct question {
    const struct policy *policy;
    const struct purpose *purpose;
    const struct states *states;
    product_group group; /* that is to be sold; 0: it was not said */
    instant now;
    size_t own_count;
    int32_t own[OWN_MAX];
    size_t over_count;
    int32_t over[OVER_MAX]; /* whose Noes count for this purpose too */

    struct limit age, care;
    bool minor;          /* or represented, whatever the purpose says of them */
    bool needs_guardian; /* a minor or somebody represented, and the purpose is not theirs to decide */
    bool came_of_age;    /* was a minor, or represented, and no longer is */
    instant limit;       /* when; where came_of_age */

    const struct state *restriction;  /* of the person (GDPR art. 18), or NULL */
    const struct state *outcome;      /* how an objection was weighed, or NULL */
    const struct state *self;         /* what the person said last, or NULL */
    const struct state *guardian_yes; /* the highest that has a say, or NULL */
    bool guardian_refuses;            /* one of them says No */
    const struct state *no;           /* the strictest No that stands, or NULL */
    const struct state *yes;          /* the Yes that counts where no No does, or NULL */
    instant valid_until;              /* of yes */
    const struct notice *words;       /* of yes; NULL: they are not known */
    const struct state *pending;      /* a Yes that waits for its confirmation, or NULL */
};

/* ---- which numbers count ---- */

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

static bool number_in(const int32_t *numbers, size_t count, int32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number)
            return true;
    }
    return false;
}

bool purpose_took_over(const struct policy *policy, const struct purpose *purpose, int32_t number)
{
    int32_t replaced[REPLACES_MAX];
    size_t count = replaced_by(policy, purpose, replaced);
    return number_in(replaced, count, number);
}

static void set_add(struct purpose_set *set, int32_t number)
{
    assert(set->count < PURPOSE_SET_MAX); /* a number left out could be a No that is not read */
    set->numbers[set->count++] = number;
}

/* A purpose that was never applied has no number yet. */
static void set_add_known(struct purpose_set *set, int32_t number)
{
    if (number != 0)
        set_add(set, number);
}

void purpose_set_add(struct purpose_set *set, const struct policy *policy, const struct purpose *purpose)
{
    set_add_known(set, purpose->number);
    for (size_t i = 0; i < policy->entity_count; i++)
        set_add_known(set, purpose->entity_numbers[i]);
}

void purpose_set_standing(struct purpose_set *set, const struct policy *policy, const struct purpose *purpose)
{
    int32_t of_channel = purpose_of_channel((int)purpose->channel);
    set_add(set, PURPOSE_ALL);
    set_add(set, of_channel);
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (policy->entities[i].number == 0)
            continue;
        set_add(set, standing_number_for(policy, PURPOSE_ALL, (int)i));
        set_add(set, standing_number_for(policy, of_channel, (int)i));
    }
}

void purpose_set_of(const struct policy *policy, const struct purpose *purpose, struct purpose_set *ret_set)
{
    int32_t replaced[REPLACES_MAX];
    size_t n = replaced_by(policy, purpose, replaced);

    ret_set->count = 0;
    purpose_set_standing(ret_set, policy, purpose);
    set_add(ret_set, PURPOSE_POINTER);
    purpose_set_add(ret_set, policy, purpose);
    for (size_t i = 0; i < n; i++) {
        const struct purpose *old = policy_purpose_numbered(policy, replaced[i], NULL);
        if (old != NULL)
            purpose_set_add(ret_set, policy, old);
        else
            set_add_known(ret_set, replaced[i]);
    }
}

static void number_add(int32_t *numbers, size_t *count, size_t max, int32_t number)
{
    assert(*count < max);
    numbers[(*count)++] = number;
}

/* The purpose's own number, and that of it for the entity asked about. */
static void own_find(struct question *q, int entity)
{
    const struct purpose *p = q->purpose;
    if (p->number != 0)
        number_add(q->own, &q->own_count, OWN_MAX, p->number);
    if (entity != ENTITY_ANY && p->entity_numbers[entity] != 0)
        number_add(q->own, &q->own_count, OWN_MAX, p->entity_numbers[entity]);
}

/* The standing Noes, and what the purpose replaces, for that entity likewise. */
static void over_find(struct question *q, int entity)
{
    int32_t replaced[REPLACES_MAX];
    size_t n = replaced_by(q->policy, q->purpose, replaced);

    if (purpose_stopped_by_all(q->purpose)) {
        int32_t of_channel = purpose_of_channel((int)q->purpose->channel);
        bool is_of_one = entity != ENTITY_ANY && q->policy->entities[entity].number != 0;
        number_add(q->over, &q->over_count, OVER_MAX, PURPOSE_ALL);
        number_add(q->over, &q->over_count, OVER_MAX, of_channel);
        if (is_of_one) {
            number_add(q->over, &q->over_count, OVER_MAX,
                       standing_number_for(q->policy, PURPOSE_ALL, entity));
            number_add(q->over, &q->over_count, OVER_MAX, standing_number_for(q->policy, of_channel, entity));
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct purpose *old = policy_purpose_numbered(q->policy, replaced[i], NULL);
        number_add(q->over, &q->over_count, OVER_MAX, replaced[i]);
        if (entity != ENTITY_ANY && old != NULL && old->entity_numbers[entity] != 0)
            number_add(q->over, &q->over_count, OVER_MAX, old->entity_numbers[entity]);
    }
}

/* ---- which states count ---- */

/* Whether nothing is allowed but by a Yes or a sale. */
static bool needs_record(const struct question *q)
{
    return q->purpose->basis == BASIS_CONSENT || q->purpose->basis == BASIS_SOFT_OPT_IN;
}

/* Two of one rank that stand under different numbers: whichever comes first, the same one. */
static const struct state *higher(const struct state *a, const struct state *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if (a->rank != b->rank)
        return b->rank > a->rank ? b : a;
    return b->revision > a->revision ? b : a;
}

static bool is_no(const struct state *s)
{
    return s != NULL && event_state_is_no(rank_state(s->rank));
}

/* That somebody agrees: neither a sale nor a request that waits is one, wherever it stands. */
static bool is_agreement(const struct state *s)
{
    return s != NULL && (rank_state(s->rank) == EVENT_GIVEN || rank_state(s->rank) == EVENT_RENEWED);
}

/* Besides, an objection is taken back; consent that was refused or withdrawn is not. */
static bool is_yes(const struct question *q, const struct state *s)
{
    return is_agreement(s) || (s != NULL && rank_state(s->rank) == EVENT_OBJECTION_WITHDRAWN &&
                               q->purpose->basis != BASIS_CONSENT);
}

static bool is_signal(const struct state *s)
{
    return s->slot == SLOT_SIGNAL || s->slot == SLOT_SIGNAL_REACHED;
}

/* Whether it is an objection that must be weighed (GDPR art. 21(1)). */
static bool is_weighed(const struct question *q, const struct state *no)
{
    enum event_state said = rank_state(no->rank);
    return q->purpose->objection_weighed && !is_signal(no) &&
           (said == EVENT_OBJECTED || said == EVENT_WITHDRAWN);
}

/* How it came out: EVENT_NONE before it has been weighed. An outcome comes after what it answers, so one of
 * the same microsecond may be of another, and answers nothing. */
static enum event_state outcome_of(const struct question *q, const struct state *objection)
{
    const struct state *s = q->outcome;
    return s != NULL && rank_time(s->rank) > rank_time(objection->rank) ? rank_state(s->rank) : EVENT_NONE;
}

/* Whether it says anything of this purpose. An objection that compelling grounds stand against does not, and
 * hides no other. */
static bool is_heard(const struct question *q, const struct state *s)
{
    if (!is_no(s))
        return is_yes(q, s) && number_in(q->own, q->own_count, s->purpose);
    if (rank_state(s->rank) == EVENT_ERASED && s->valid_until != INSTANT_NONE && s->valid_until <= q->now)
        return false; /* a tombstone has a term */
    if (is_weighed(q, s) && outcome_of(q, s) == EVENT_OVERRIDDEN)
        return false;
    return number_in(q->own, q->own_count, s->purpose) || number_in(q->over, q->over_count, s->purpose);
}

/* What somebody said last in some slots, the first to the last: the person (0) or a guardian. */
static const struct state *said_by(const struct question *q, int32_t guardian, enum slot first,
                                   enum slot last)
{
    const struct state *stands = NULL;
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->guardian == guardian && s->slot >= first && s->slot <= last && is_heard(q, s))
            stands = higher(stands, s);
    }
    return stands;
}

/* What is kept beside what is said, for all entities or for the one asked about. */
static const struct state *own_state(const struct question *q, enum slot slot)
{
    const struct state *stands = NULL;
    for (size_t i = 0; i < q->own_count; i++)
        stands = higher(stands, states_find(q->states, q->own[i], slot));
    return stands;
}

const struct state *states_find(const struct states *s, int32_t purpose, enum slot slot)
{
    const struct state *stands = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].purpose == purpose && s->list[i].slot == slot && s->list[i].guardian == 0)
            stands = higher(stands, &s->list[i]);
    }
    return stands;
}

/* ---- age, and being represented ---- */

static bool is_document(enum slot slot)
{
    return slot == SLOT_AGE_DOCUMENT || slot == SLOT_CARE_DOCUMENT;
}

instant state_until(const struct state *s)
{
    if (!is_document(s->slot))
        return s->rank;
    return s->valid_until != INSTANT_NONE ? s->valid_until : 0;
}

static instant later(instant a, instant b)
{
    return a > b ? a : b;
}

/* ${told}: SLOT_AGE or SLOT_CARE; the other three come after it. A document by name outranks what was told;
 * of what was told the later end counts. */
static struct limit limit_of(const struct states *states, enum slot told)
{
    struct limit l = {.known = false};
    const struct state *document = NULL;
    for (size_t i = 0; i < states->count; i++) {
        const struct state *s = &states->list[i];
        if (s->purpose != PURPOSE_ALL || s->slot < told || s->slot > told + 3)
            continue;
        if (is_document(s->slot)) {
            document = higher(document, s);
            continue;
        }
        l.until = later(l.until, state_until(s));
        if (s->slot == told) {
            l.known = true;
            l.told = later(l.told, state_until(s));
        }
    }
    if (document != NULL)
        l = (struct limit){.known = true, .until = state_until(document), .told = state_until(document)};
    return l;
}

static void guardianship_find(struct question *q)
{
    bool rules = q->purpose->guardian.minors != MINORS_ALLOWED;
    q->age = limit_of(q->states, SLOT_AGE);
    q->care = limit_of(q->states, SLOT_CARE);
    q->limit = later(q->age.until, q->care.until);
    q->minor = q->limit > q->now;
    q->needs_guardian = rules && q->minor;
    q->came_of_age = rules && !q->minor && q->limit > 0;
    assert(!(q->needs_guardian && q->came_of_age)); /* (6) */
}

/* A guardian's Yes has a say unless who was named was told to decide alone: a limit that only came from
 * elsewhere gives it none. */
static bool guardians_have_say(const struct question *q)
{
    return (!q->age.known && !q->care.known) || q->age.told > 0 || q->care.told > 0;
}

static bool is_strong_enough(const struct guardian_rule *rule, const struct state *yes)
{
    return rule->minors != MINORS_FORBIDDEN && (yes->flags & FLAG_STRENGTH) >= (int)rule->least &&
           (!rule->written || (yes->flags & FLAG_WRITTEN) != 0);
}

/* ---- the No that counts ---- */

/* The reason a No gives. An objection may be spoken as a withdrawal, of what this purpose replaces. */
static enum reason no_reason(const struct question *q, const struct state *no)
{
    if (is_signal(no))
        return REASON_REFUSED;
    switch (rank_state(no->rank)) {
    case EVENT_REFUSED:
        return REASON_REFUSED;
    case EVENT_INVALIDATED:
        return REASON_INVALIDATED;
    case EVENT_ERASED:
        return REASON_SUPPRESSED;
    case EVENT_WITHDRAWN:
        return is_weighed(q, no) ? REASON_OBJECTED : REASON_WITHDRAWN;
    default:
        return REASON_OBJECTED;
    }
}

/* Of several the strictest counts: the first reason, and of equals the latest. */
static void no_add(struct question *q, const struct state *no)
{
    if (q->no != NULL) {
        enum reason found = no_reason(q, q->no), reason = no_reason(q, no);
        if (found < reason || (found == reason && rank_time(q->no->rank) >= rank_time(no->rank)))
            return;
    }
    q->no = no;
}

static void self_find(struct question *q)
{
    q->self = said_by(q, 0, SLOT_YES, SLOT_REACHED);
    if (is_no(q->self))
        no_add(q, q->self);
}

/* The browser's signal stands beside the choice, unless a Yes is later or was given under it; a contract and
 * the like do not hear it. */
static void signal_find(struct question *q)
{
    const struct state *signal = said_by(q, 0, SLOT_SIGNAL, SLOT_SIGNAL_REACHED), *yes = q->self;
    if (signal == NULL || !basis_is_withdrawable(q->purpose->basis))
        return;
    bool lifted = yes != NULL && !is_no(yes) &&
                  ((yes->flags & FLAG_SIGNAL) != 0 || rank_time(yes->rank) > rank_time(signal->rank));
    if (!lifted)
        no_add(q, signal);
}

/* A guardian's No stands until that guardian takes it back, or the person comes of age. */
static void guardians_find(struct question *q)
{
    bool have_say = guardians_have_say(q);
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->guardian == 0 || s->slot > SLOT_REACHED || !is_heard(q, s) ||
            said_by(q, s->guardian, SLOT_YES, SLOT_REACHED) != s)
            continue; /* each guardian once: by what they said last */
        if (is_no(s)) {
            q->guardian_refuses = true;
            if (q->minor)
                no_add(q, s);
        } else if (have_say && is_strong_enough(&q->purpose->guardian, s) &&
                   (is_agreement(s) || !needs_record(q))) {
            q->guardian_yes = higher(q->guardian_yes, s);
        }
    }
}

/* ---- the Yes that counts ---- */

/* A Yes counts until the end it was given, or a sooner one that today's policy sets: never a later one, else
 * a change of policy would bring it back to life. */
static instant yes_ends(const struct purpose *purpose, const struct state *yes)
{
    if (duration_is_zero(purpose->validity))
        return yes->valid_until;
    instant by_policy = duration_add(rank_time(yes->rank), purpose->validity);
    return yes->valid_until != INSTANT_NONE && yes->valid_until < by_policy ? yes->valid_until : by_policy;
}

static void yes_set(struct question *q, const struct state *yes)
{
    q->yes = yes;
    q->valid_until = yes != NULL ? yes_ends(q->purpose, yes) : INSTANT_NONE;
    q->words = yes != NULL ? policy_notice_numbered(q->policy, yes->notice_number) : NULL;
}

static bool yes_is_guardians(const struct question *q)
{
    return q->yes != NULL && q->yes->guardian != 0;
}

/* A day of age that was told by name has come, whatever later one came from elsewhere. */
static bool day_has_come(const struct question *q, const struct limit *l)
{
    return l->told > 0 && l->told <= q->now;
}

static bool yes_is_over(const struct question *q)
{
    bool of_age = q->came_of_age || day_has_come(q, &q->age) || day_has_come(q, &q->care);
    return (of_age && yes_is_guardians(q) && q->purpose->guardian.ends_at_limit) ||
           (q->valid_until != INSTANT_NONE && q->valid_until <= q->now);
}

static bool yes_is_outdated(const struct question *q)
{
    return q->words != NULL && policy_notice_outdated(q->policy, q->words, q->now);
}

/* Whether the words that were agreed to are not known to be this purpose's. */
static bool yes_is_to_unknown(const struct question *q)
{
    if (q->purpose->basis != BASIS_CONSENT || q->purpose->notice[0] == '\0' ||
        q->purpose->unknown_words_allowed)
        return false;
    return q->words == NULL || strcmp(q->words->id, q->purpose->notice) != 0;
}

static bool yes_counts(const struct question *q)
{
    return q->yes != NULL && !yes_is_over(q) && !yes_is_outdated(q) && !yes_is_to_unknown(q);
}

/* Whether it is the person's to say: not what a guardian has to, and not what was said before the limit. */
static bool decides_alone(const struct question *q, const struct state *own)
{
    return own != NULL && !q->needs_guardian && !(q->came_of_age && rank_time(own->rank) < q->limit);
}

/* Whether it is of what is to be sold. An address that was published is of no group: it counts as it was
 * published for. */
static bool sale_counts(const struct question *q, const struct state *sale)
{
    if (sale->guardian != 0 && sale->guardian < PRODUCT_GROUP_FIRST)
        return false; /* a guardian buys nothing for them */
    product_group sold = product_group_stored(sale->guardian, sale->flags);
    return q->group == 0 || sold == 0 || policy_groups_alike(q->policy, q->group, sold);
}

/* Whether it is the last that is known of its group: a sale, or that it was invalidated. */
static bool sale_stands(const struct question *q, const struct state *sale)
{
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->slot == SLOT_SALE && s->guardian == sale->guardian &&
            number_in(q->own, q->own_count, s->purpose) && higher(sale, s) != sale)
            return false;
    }
    return true;
}

/* The latest sale that counts; where each was invalidated, that it was. */
static const struct state *sale_of(const struct question *q)
{
    const struct state *sale = NULL, *no = NULL;
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->slot != SLOT_SALE || !number_in(q->own, q->own_count, s->purpose) || !sale_counts(q, s) ||
            !sale_stands(q, s))
            continue;
        if (is_no(s))
            no = higher(no, s);
        else
            sale = higher(sale, s);
    }
    return sale != NULL ? sale : no;
}

/* A soft opt-in rests on a Yes or on a sale, whichever counts; where no Yes stands, a sale that was
 * invalidated is the No. */
static void sale_find(struct question *q)
{
    const struct state *sale = sale_of(q);
    if (is_agreement(q->yes) && (sale == NULL || is_no(sale) || yes_counts(q)))
        return;
    if (is_no(sale))
        no_add(q, sale);
    else
        yes_set(q, sale);
}

/* The Yes that is the person's own to say, else a guardian's unless another guardian's No stands. An own Yes
 * that does not count hides a guardian's from before it, whoever decides: were it only where the person does,
 * a limit that was told with a No would open what it closes. */
static void yes_find(struct question *q)
{
    const struct state *own = needs_record(q) && is_agreement(q->self) ? q->self : NULL;
    const struct state *guardians = q->guardian_refuses ? NULL : q->guardian_yes;
    bool is_last = own != NULL && higher(own, guardians) == own;

    yes_set(q, own);
    bool counts = yes_counts(q), hides = !counts && is_last && guardians != NULL;
    if (!hides && !(decides_alone(q, own) && (counts || is_last)))
        yes_set(q, guardians);

    if (q->purpose->basis == BASIS_SOFT_OPT_IN && !q->needs_guardian)
        sale_find(q);
}

/* Who asked for a restriction has it for whatever is done with what is theirs. */
static void restriction_find(struct question *q)
{
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->guardian == GUARDIAN_STAFF && (int)s->slot == STAFF_RESTRICTED)
            q->restriction = higher(q->restriction, s);
    }
}

/* A request waits beside whatever stands, whoever made it. */
static void pending_find(struct question *q)
{
    for (size_t i = 0; i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->slot == SLOT_PENDING && s->valid_until > q->now && number_in(q->own, q->own_count, s->purpose))
            q->pending = higher(q->pending, s);
    }
}

static struct question question_of(const struct policy *policy, const struct purpose *purpose, int entity,
                                   product_group group, const struct states *states, instant now)
{
    assert(entity == ENTITY_ANY || (entity >= 0 && (size_t)entity < policy->entity_count));
    struct question q = {.policy = policy, .purpose = purpose, .states = states, .group = group, .now = now};
    own_find(&q, entity);
    over_find(&q, entity);
    restriction_find(&q);
    guardianship_find(&q);
    q.outcome = own_state(&q, SLOT_OUTCOME); /* before anything that it may set aside */
    self_find(&q);
    signal_find(&q);
    guardians_find(&q);
    yes_find(&q);
    pending_find(&q);
    return q;
}

/* ---- the reasons ---- */

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

/* Who was erased comes back by a newer choice of their own only, a purpose at a time. */
static bool is_suppressed(const struct question *q)
{
    return no_stands_as(q, REASON_SUPPRESSED);
}

/* As the person asked; and GDPR art. 18(1)(d): until it is known whose grounds prevail. */
static bool is_restricted(const struct question *q)
{
    if (q->restriction != NULL)
        return true;
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

/* Where an age is required, only one that was told by name counts. */
static bool is_age_unknown(const struct question *q)
{
    return q->purpose->age_required && !q->age.known;
}

/* Nobody who cannot decide alone is sold to on the strength of a sale. */
static bool is_guardian_required(const struct question *q)
{
    return q->needs_guardian && (q->yes == NULL || q->purpose->basis == BASIS_SOFT_OPT_IN);
}

/* Whether nobody can have been told yet that they may object: the purpose names an announcement, and none
 * is in force (GDPR art. 21(4)). */
static bool is_unannounced(const struct question *q)
{
    return basis_takes_objection(q->purpose->basis) && q->purpose->notice[0] != '\0' &&
           policy_notice(q->policy, q->purpose->notice, NULL, q->now) == NULL;
}

static bool is_unconfirmed(const struct question *q)
{
    return needs_record(q) && q->pending != NULL && !yes_counts(q);
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

static bool is_never_asked(const struct question *q)
{
    return needs_record(q) && q->yes == NULL;
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
    {REASON_SUPPRESSED, is_suppressed},
    {REASON_RESTRICTED, is_restricted},
    {REASON_OBJECTED, is_objected},
    {REASON_WITHDRAWN, is_withdrawn},
    {REASON_REFUSED, is_refused},
    {REASON_INVALIDATED, is_invalidated},
    {REASON_AGE_UNKNOWN, is_age_unknown},
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

/* What an allow may rest on. */
static bool is_allowed_by(const struct question *q, enum reason reason)
{
    if (no_stands(q)) /* (3) */
        return false;
    if (q->needs_guardian && (!yes_is_guardians(q) || yes_is_over(q))) /* (4) */
        return false;
    return reason == REASON_GRANTED ? yes_counts(q) && !is_no(q->yes) : !needs_record(q); /* (4) */
}

static enum reason question_reason(const struct question *q)
{
    enum reason reason = first_that_holds(q);
    assert(!reason_allows(reason) || is_allowed_by(q, reason));
    return reason;
}

/* The state that a reason rests on, or NULL. */
static const struct state *state_behind(const struct question *q, enum reason reason)
{
    switch (reason) {
    case REASON_RESTRICTED:
        return q->restriction != NULL ? q->restriction : q->no;
    case REASON_SUPPRESSED:
    case REASON_OBJECTED:
    case REASON_WITHDRAWN:
    case REASON_REFUSED:
    case REASON_INVALIDATED:
        return q->no;
    case REASON_UNCONFIRMED:
        return q->pending;
    case REASON_RETIRED:
    case REASON_AGE_UNKNOWN:
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
    bool at_limit = q->came_of_age && yes_is_guardians(q);
    v->valid_until = q->valid_until;
    if (at_limit && q->purpose->guardian.ends_at_limit &&
        (v->valid_until == INSTANT_NONE || q->limit < v->valid_until))
        v->valid_until = q->limit;
    v->reconfirm_due = at_limit && reason_allows(v->reason);
    v->renew_self = v->reason == REASON_EXPIRED && at_limit;
    if (q->words != NULL && v->reason == REASON_GRANTED)
        v->renew_by = policy_notice_next(q->policy, q->words, q->now);
}

static enum voice voice_of(const struct state *s)
{
    if (s->slot > SLOT_SIGNAL_REACHED || !(is_no(s) || is_agreement(s)) ||
        rank_state(s->rank) == EVENT_INVALIDATED || rank_state(s->rank) == EVENT_ERASED)
        return VOICE_NONE;
    if (is_signal(s))
        return VOICE_SIGNAL;
    if (s->guardian != 0)
        return s->guardian == GUARDIAN_STAFF ? VOICE_NONE : VOICE_GUARDIAN;
    return s->slot == SLOT_REACHED ? VOICE_ELSEWHERE : VOICE_SELF;
}

/* What came from another identifier may be another person's, who has this one too. */
static bool is_own_no(const struct state *self)
{
    return is_no(self) && voice_of(self) == VOICE_SELF;
}

/* What confirming asks too (sql/function/confirm.sql): a signal overtakes nothing. */
static bool request_waits(const struct question *q)
{
    for (size_t i = 0; q->pending != NULL && i < q->states->count; i++) {
        const struct state *s = &q->states->list[i];
        if (s->slot <= SLOT_REACHED && is_no(s) && is_heard(q, s) &&
            rank_time(s->rank) >= rank_time(q->pending->rank))
            return false;
    }
    return q->pending != NULL;
}

static struct verdict verdict_for(const struct policy *policy, const struct purpose *purpose, int entity,
                                  product_group group, const struct states *states, instant now)
{
    struct question q = question_of(policy, purpose, entity, group, states, now);
    struct verdict v = {.reason = question_reason(&q),
                        .purpose = purpose,
                        .entity = entity,
                        .minor = q.minor,
                        .own_no = is_own_no(q.self),
                        .waits = request_waits(&q),
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
    v.voice = voice_of(behind);
    if (behind == q.no && !duration_is_zero(purpose->refused_until))
        v.ask_again_after = duration_add(v.since, purpose->refused_until);
    if (behind == q.yes)
        verdict_about_yes(&v, &q);
    return v;
}

struct verdict verdict_to_sell(const struct policy *policy, const struct purpose *purpose, int entity,
                               product_group group, const struct states *states, instant now)
{
    if (entity != ENTITY_ANY || policy->entity_count == 0)
        return verdict_for(policy, purpose, entity, group, states, now);
    struct verdict strictest = {.reason = REASON_COUNT};
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (purpose->entities != 0 && (purpose->entities & 1u << i) == 0)
            continue;
        struct verdict v = verdict_for(policy, purpose, (int)i, group, states, now);
        strictest = strictest.reason == REASON_COUNT ? v : verdict_stricter(strictest, v);
    }
    assert(strictest.reason < REASON_COUNT); /* a purpose is of one entity at least */
    return strictest;
}

struct verdict verdict_of(const struct policy *policy, const struct purpose *purpose, int entity,
                          const struct states *states, instant now)
{
    return verdict_to_sell(policy, purpose, entity, 0, states, now);
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
