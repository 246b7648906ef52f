/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/blocking.h"
#include "store/row.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands under an identifier is a function of the set of acts, whatever order they came in (API.md, Rank
 * and Who is who). Every order of a set of acts is told by a person of its own; many persons share a batch.
 * What is expected is worked out here from the set alone, which knows no order. */

#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00:00Z */

/* Something a person may have said. */
struct said {
    enum event_state state;
    enum collection_method method;
    bool is_import;
    enum slot slot;
    int32_t guardian;
    int32_t purpose;
    instant at;
    int32_t notice;
    int32_t months; /* until its end; 0: none */
};

enum { PARENT = ROLE_PARENT };

/* Class (an import's Yes, a choice), the signal's No, states, equal and different times, the standing No, the
 * person and a guardian. The first ones are those that come closest to each other. */
static const struct said pool[] = {
    {EVENT_GIVEN, METHOD_WEB_FORM, false, SLOT_YES, 0, OFFERS, NOON, NOTICE_OLD, 24},
    {EVENT_GIVEN, METHOD_WEB_FORM, true, SLOT_YES, 0, OFFERS, NOON + 2, 0, 24},
    {EVENT_REFUSED, METHOD_GPC, false, SLOT_SIGNAL, 0, OFFERS, NOON + 1, 0, 0},
    {EVENT_WITHDRAWN, METHOD_API, false, SLOT_NO, 0, PURPOSE_ALL, NOON, 0, 0},
    {EVENT_GIVEN, METHOD_BANNER, false, SLOT_YES, 0, OFFERS, NOON, NOTICE_NEW, 12},
    {EVENT_REFUSED, METHOD_BANNER, false, SLOT_NO, 0, OFFERS, NOON, 0, 0},
    {EVENT_WITHDRAWN, METHOD_API, false, SLOT_NO, PARENT, OFFERS, NOON, 0, 0},
    {EVENT_GIVEN, METHOD_WEB_FORM, false, SLOT_YES, 0, OFFERS, NOON + 1, NOTICE_NEW, 24},
    {EVENT_OBJECTED, METHOD_EMAIL, false, SLOT_NO, 0, OFFERS, NOON, 0, 0},
    {EVENT_WITHDRAWN, METHOD_EMAIL, false, SLOT_NO, 0, OFFERS, NOON + 1, 0, 0},
    {EVENT_ELIGIBLE, METHOD_API, false, SLOT_SALE, 0, OFFERS, NOON + 1, 0, 24},
    {EVENT_GIVEN, METHOD_PAPER, false, SLOT_YES, PARENT, OFFERS, NOON, 0, 24},
    {EVENT_GIVEN, METHOD_IN_PERSON, false, SLOT_YES, PARENT, OFFERS, NOON + 1, NOTICE_OLD, 0},
    {EVENT_WITHDRAWN, METHOD_PHONE, false, SLOT_NO, PARENT, PURPOSE_ALL, NOON + 1, 0, 0},
    {EVENT_REFUSED, METHOD_GPC, false, SLOT_SIGNAL, 0, PURPOSE_ALL, NOON + 2, 0, 0},
    {EVENT_REFUSED, METHOD_IMPORT, true, SLOT_NO, 0, OFFERS, NOON, 0, 0},
    {EVENT_OBJECTED, METHOD_LETTER, false, SLOT_NO, 0, PURPOSE_ALL, NOON + 1, 0, 0},
    {EVENT_RENEWED, METHOD_DOUBLE_OPT_IN, false, SLOT_YES, 0, OFFERS, NOON, NOTICE_NEW, 24},
};
enum { POOL = sizeof pool / sizeof *pool, CLOSEST = 6, SET_MAX = 5, IDENTIFIERS = 3 };

/* How a person's identifiers travel with the events. */
enum people { PEOPLE_ONE, PEOPLE_ALL_EACH_TIME, PEOPLE_SOME_EACH_TIME, PEOPLE_KINDS };

/* A set, in one order of arrival, cut into batches. */
struct telling {
    uint32_t number; /* of the first of the person's tags */
    enum people people;
    size_t count;
    int order[SET_MAX]; /* indexes into the pool */
    unsigned cuts;      /* bit k: a batch ends behind event k */
    size_t told;
    struct person persons[SET_MAX];
    unsigned named[SET_MAX]; /* by each of the set, a bit an identifier */
    unsigned has[IDENTIFIERS];
};

enum { TELLINGS_AT_ONCE = 300 };

/* Tellings that share their batches. */
struct crowd {
    struct ledger ledger;
    size_t count;
    struct telling tellings[TELLINGS_AT_ONCE];
    uint32_t next_number;
    unsigned long told;
};

static bool words_known(const struct said *s)
{
    return s->notice != 0 || event_state_is_no(s->state);
}

static rank said_rank(const struct said *s)
{
    return rank_of(event_class_of(s->state, s->method, s->is_import), s->state, words_known(s), s->at);
}

/* Different for whatever says different things. */
static int32_t said_tie(const struct said *s)
{
    return s->notice * 10000 + s->months * 100 + (int32_t)s->method;
}

static struct act said_act(const struct said *s, const struct person *person)
{
    struct act act = act_of(person, s->purpose, s->state, s->at);
    act.slot = s->slot;
    act.guardian_no = s->guardian;
    act.role = s->guardian == 0 ? ROLE_SELF : ROLE_PARENT;
    act.method = s->method;
    act.rank_base = rank_base(event_class_of(s->state, s->method, s->is_import), s->state, words_known(s));
    act.tie = said_tie(s);
    act.has_end = s->months != 0;
    act.validity = (struct duration){.months = s->months};
    act.notice = s->notice;
    return act;
}

static instant said_end(const struct said *s)
{
    return s->months != 0 ? duration_add(s->at, (struct duration){.months = s->months}) : INSTANT_NONE;
}

static const struct said *said_higher(const struct said *a, const struct said *b)
{
    if (a == NULL || said_rank(b) > said_rank(a))
        return b;
    return said_rank(b) == said_rank(a) && said_tie(b) > said_tie(a) ? b : a;
}

/* The identifiers an event names: always the first, so that they are one person in any order. */
static struct person telling_person(const struct telling *t, int event)
{
    if (t->people == PEOPLE_ONE)
        return person_numbered(t->number);
    if (t->people == PEOPLE_ALL_EACH_TIME)
        return person_of(t->number, IDENTIFIERS);
    const uint32_t other = (uint32_t)event % IDENTIFIERS;
    struct person p = person_of(t->number, other == 0 ? 1 : 2);
    if (other != 0) /* an odd one stands before the first, an even one behind it */
        p.tags[other % 2 == 0] = tag_numbered(t->number + other);
    if (other % 2 == 1)
        p.tags[1] = tag_numbered(t->number);
    return p;
}

/* ---- who has what: identifiers are bits, by their places among the person's ---- */

static unsigned named_by(const struct telling *t, const struct person *p)
{
    unsigned named = 0;
    for (size_t i = 0; i < p->count; i++) {
        for (uint32_t k = 0; k < IDENTIFIERS; k++) {
            struct tag tag = tag_numbered(t->number + k);
            if (memcmp(tag.bytes, p->tags[i].bytes, TAG_SIZE) == 0)
                named |= 1u << k;
        }
    }
    return named;
}

/* What each act names, and what each identifier has: itself, what came beside it, and what came beside
 * that. */
static void telling_settle(struct telling *t)
{
    for (size_t k = 0; k < IDENTIFIERS; k++)
        t->has[k] = 1u << k;
    for (size_t i = 0; i < t->count; i++) {
        struct person p = telling_person(t, t->order[i]);
        t->named[i] = named_by(t, &p);
        p.count = 1;
        for (size_t k = 0; k < IDENTIFIERS; k++)
            t->has[k] |= named_by(t, &p) == 1u << k ? t->named[i] : 0;
    }
    for (size_t round = 0; round < IDENTIFIERS; round++) {
        for (size_t k = 0; k < IDENTIFIERS; k++) {
            for (size_t j = 0; j < IDENTIFIERS; j++)
                t->has[k] |= (t->has[k] >> j & 1) != 0 ? t->has[j] : 0;
        }
    }
}

/* Where a No holds: what it names, and all that any has who has one of those. */
static unsigned reach_of(unsigned named, const unsigned has[IDENTIFIERS])
{
    unsigned reach = named;
    for (size_t k = 0; k < IDENTIFIERS; k++)
        reach |= (has[k] & named) != 0 ? has[k] : 0;
    return reach;
}

/* How far an event's state is looked for. */
enum by { BY_NAME, BY_WHAT_IT_HAS, BY_REACH };

/* The act of the set that stands under an identifier; NULL when there is none. */
static const struct said *stands(const struct telling *t, size_t identifier, int32_t purpose, enum slot slot,
                                 int32_t guardian, enum by by)
{
    const struct said *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const struct said *s = &pool[t->order[i]];
        unsigned named = t->named[i], reach = reach_of(named, t->has);
        bool here = by == BY_NAME          ? (named >> identifier & 1) != 0
                    : by == BY_WHAT_IT_HAS ? (t->has[identifier] & named) != 0
                                           : (reach >> identifier & 1) != 0;
        if (here && s->purpose == purpose && s->slot == slot && s->guardian == guardian)
            best = said_higher(best, s);
    }
    return best;
}

/* Appends the acts up to the telling's next cut. */
static size_t telling_continue(struct telling *t, struct act *acts)
{
    size_t n = 0;
    while (t->told < t->count) {
        struct person *person = &t->persons[t->told];
        *person = telling_person(t, t->order[t->told]);
        acts[n++] = said_act(&pool[t->order[t->told]], person);
        if ((t->cuts >> t->told++ & 1) != 0)
            break;
    }
    return n;
}

static void crowd_tell(struct crowd *c)
{
    static struct act acts[TELLINGS_AT_ONCE * SET_MAX];
    for (;;) {
        size_t n = 0;
        for (size_t i = 0; i < c->count; i++)
            n += telling_continue(&c->tellings[i], acts + n);
        if (n == 0)
            return;
        struct record_job r = request_of(&c->ledger, acts, n);
        cr_assert_eq(job_run_blocking(c->ledger.pg, &r.job), ERROR_NONE);
        cr_assert_eq(r.outcome, RECORD_DONE);
        cr_assert_eq(r.event_count, n, "one event an act");
        record_job_clear(&r);
    }
}

/* ---- comparing ---- */

static const char *telling_text(const struct telling *t)
{
    static char text[256];
    size_t len = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct said *s = &pool[t->order[i]];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s(%s,%d,%d,+%d)%s",
                                event_state_word(s->state), collection_method_word(s->method), s->purpose,
                                (int)s->slot, (int)(s->at - NOON), (t->cuts >> i & 1) != 0 ? " | " : " ");
    }
    return text;
}

/* Each kind of state: where it is expected, and the slot beside it where what came from elsewhere is. */
static const struct {
    enum slot slot, reached; /* equal: it does not travel */
    enum by by;
} kinds[] = {{SLOT_YES, SLOT_YES, BY_NAME},
             {SLOT_SALE, SLOT_SALE, BY_NAME},
             {SLOT_NO, SLOT_NO, BY_WHAT_IT_HAS},
             {SLOT_NO, SLOT_REACHED, BY_REACH},
             {SLOT_SIGNAL, SLOT_SIGNAL, BY_WHAT_IT_HAS},
             {SLOT_SIGNAL, SLOT_SIGNAL_REACHED, BY_REACH}};
enum { KINDS = sizeof kinds / sizeof *kinds };
static const int32_t purposes[] = {OFFERS, PURPOSE_ALL};
static const int32_t guardians[] = {0, PARENT};

static const struct state *found_higher(const struct states *found, int32_t purpose, int32_t guardian,
                                        enum slot a, enum slot b)
{
    const struct state *best = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct state *s = &found->list[i];
        if (s->purpose == purpose && s->guardian == guardian && (s->slot == a || s->slot == b) &&
            (best == NULL || s->rank > best->rank))
            best = s;
    }
    return best;
}

static void kind_compare(const struct telling *t, size_t identifier, const struct states *found, size_t kind)
{
    for (size_t i = 0; i < 4; i++) {
        int32_t purpose = purposes[i / 2], guardian = guardians[i % 2];
        const struct said *want = stands(t, identifier, purpose, kinds[kind].slot, guardian, kinds[kind].by);
        const struct state *is =
            found_higher(found, purpose, guardian, kinds[kind].slot, kinds[kind].reached);
        cr_assert((want == NULL) == (is == NULL) &&
                      (want == NULL || (is->rank == said_rank(want) && is->valid_until == said_end(want) &&
                                        is->notice_number == want->notice)),
                  "another state than another order gives, kind %zu under %zu: %s", kind, identifier,
                  telling_text(t));
    }
}

/* The same reason, whatever the purpose rests on. */
static void verdict_compare(const struct telling *t, size_t identifier, const struct states *found,
                            instant now)
{
    struct state list[KINDS * 4];
    struct states want = {.list = list};
    for (size_t i = 0; i < KINDS * 4; i++) {
        size_t kind = i / 4;
        int32_t purpose = purposes[i % 4 / 2], guardian = guardians[i % 2];
        const struct said *s = stands(t, identifier, purpose, kinds[kind].slot, guardian, kinds[kind].by);
        if (s != NULL)
            list[want.count++] = (struct state){.purpose = purpose,
                                                .slot = kinds[kind].reached,
                                                .guardian = guardian,
                                                .rank = said_rank(s),
                                                .valid_until = said_end(s),
                                                .notice_number = s->notice};
    }
    static const enum lawful_basis bases[] = {BASIS_CONSENT, BASIS_SOFT_OPT_IN, BASIS_LEGITIMATE_INTEREST};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct purpose purpose = *policy_purpose_numbered(ledger_policy(), OFFERS, NULL);
        purpose.basis = bases[i];
        struct verdict a = verdict_of(ledger_policy(), &purpose, ENTITY_ANY, found, now);
        struct verdict b = verdict_of(ledger_policy(), &purpose, ENTITY_ANY, &want, now);
        cr_assert(a.reason == b.reason && a.since == b.since && a.valid_until == b.valid_until,
                  "%s, where another order gives %s: %s", reason_word(a.reason), reason_word(b.reason),
                  telling_text(t));
    }
}

static void crowd_compare(struct crowd *c)
{
    static struct probe probes[TELLINGS_AT_ONCE * IDENTIFIERS];
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++)
        probes[i] = (struct probe){
            .tag = tag_numbered(c->tellings[i / IDENTIFIERS].number + (uint32_t)(i % IDENTIFIERS))};
    struct check_job check;
    struct purpose_set set = {.count = 3, .numbers = {PURPOSE_ALL, OFFERS, PURPOSE_POINTER}};
    check_job_init(&check, c->ledger.controller, probes, c->count * IDENTIFIERS, &set, 1);
    cr_assert_eq(job_run_blocking(c->ledger.pg, &check.job), ERROR_NONE);
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++) {
        const struct telling *t = &c->tellings[i / IDENTIFIERS];
        struct states found = check_states(&check, i);
        for (size_t kind = 0; kind < KINDS; kind++)
            kind_compare(t, i % IDENTIFIERS, &found, kind);
        verdict_compare(t, i % IDENTIFIERS, &found, NOON + 400 * 86400 * SECOND);
    }
    check_job_clear(&check);
}

/* The rows themselves: of equal ranks the one of the higher tie, which a check does not read. Of what came
 * from elsewhere any row may stand that reaches, beside the best by name. */
static void ties_compare(struct crowd *c)
{
    char sql[320];
    uint32_t first = c->tellings[0].number;
    snprintf(sql, sizeof sql,
             "select ('x' || encode(substr(tag, 2, 4), 'hex'))::bit(32)::int4, purpose_id, slot, tiebreak "
             "from consent where controller_id = %d and tag >= '\x01%08x' and tag < '\x01%08x' "
             "and not slot & 15 in (slot_reached(), slot_signal() + 1)",
             c->ledger.controller, first, c->next_number);
    PGresult *rows = PQexecParams(c->ledger.pg, sql, 0, NULL, NULL, NULL, NULL, 1);
    cr_assert_eq(PQresultStatus(rows), PGRES_TUPLES_OK, "%s", PQerrorMessage(c->ledger.pg));
    for (int row = 0; row < PQntuples(rows); row++) {
        uint32_t place = (uint32_t)row_int4(rows, row, 0) - first;
        const struct telling *t = &c->tellings[place / IDENTIFIERS];
        int32_t slot = row_int4(rows, row, 2);
        bool travels = slot % SLOT_COUNT == SLOT_NO || slot % SLOT_COUNT == SLOT_SIGNAL;
        const struct said *s =
            stands(t, place % IDENTIFIERS, row_int4(rows, row, 1), (enum slot)(slot % SLOT_COUNT),
                   slot / SLOT_COUNT, travels ? BY_WHAT_IT_HAS : BY_NAME);
        cr_assert(s != NULL && row_int4(rows, row, 3) == said_tie(s), "another tie stands: %s",
                  telling_text(t));
    }
    PQclear(rows);
}

static void crowd_finish(struct crowd *c)
{
    if (c->count == 0)
        return;
    crowd_tell(c);
    crowd_compare(c);
    ties_compare(c);
    c->count = 0;
}

static void crowd_add(struct crowd *c, const int *order, size_t count, unsigned cuts)
{
    struct telling *t = &c->tellings[c->count++];
    *t = (struct telling){.number = c->next_number,
                          .people = (enum people)(c->told % PEOPLE_KINDS),
                          .count = count,
                          .cuts = cuts | 1u << (count - 1)};
    memcpy(t->order, order, count * sizeof *order);
    telling_settle(t);
    c->next_number += IDENTIFIERS;
    c->told++;
    if (c->count == TELLINGS_AT_ONCE)
        crowd_finish(c);
}

/* ---- sets and orders ---- */

/* The next permutation in lexical order; false after the last. */
static bool order_next(int *order, size_t n)
{
    size_t i = n - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    size_t k = n - 1;
    while (order[k] < order[i - 1])
        k--;
    int swap = order[i - 1];
    order[i - 1] = order[k];
    order[k] = swap;
    for (size_t a = i, b = n - 1; a < b; a++, b--) {
        swap = order[a];
        order[a] = order[b];
        order[b] = swap;
    }
    return true;
}

/* Every order of the set, in every cut or in one of them, which turns from order to order. */
static void set_tell(struct crowd *c, const int *set, size_t n, bool every_cut)
{
    int order[SET_MAX];
    memcpy(order, set, n * sizeof *set);
    const unsigned cuts = 1u << (n - 1);
    do {
        for (unsigned k = 0; k < (every_cut ? cuts : 1); k++)
            crowd_add(c, order, n, every_cut ? k : (unsigned)(c->told % cuts));
    } while (order_next(order, n));
}

/* The next set of n out of the first ${of}, ascending; false after the last. */
static bool set_next(int *set, size_t n, int of)
{
    for (size_t i = n; i-- > 0;) {
        if (set[i] < of - (int)(n - i)) {
            set[i]++;
            for (size_t k = i + 1; k < n; k++)
                set[k] = set[k - 1] + 1;
            return true;
        }
    }
    return false;
}

/* Every ${step}th of the sets of n. */
static void sets_tell(struct crowd *c, size_t n, int of, int step, bool every_cut)
{
    int set[SET_MAX], nth = 0;
    for (int i = 0; i < SET_MAX; i++)
        set[i] = i;
    do {
        if (nth++ % step == 0)
            set_tell(c, set, n, every_cut);
    } while (set_next(set, n, of));
}

static struct crowd crowd;

static void stop(void)
{
    ledger_close(&crowd.ledger);
}

TestSuite(rank, .fini = stop, .timeout = 600);

/* A step that shares no factor with the number of sets meets each event about as often. */
Test(rank, every_order_of_arrival_of_the_same_events_gives_the_same_state_and_verdict)
{
    crowd.ledger = ledger_open("orders");
    bool is_long = getenv("AKKOORD_TEST_LONG") != NULL;
    for (size_t n = 1; n <= 2; n++)
        sets_tell(&crowd, n, POOL, 1, true);
    sets_tell(&crowd, 3, POOL, is_long ? 1 : 5, false);
    sets_tell(&crowd, 4, POOL, is_long ? 1 : 31, false);
    sets_tell(&crowd, 5, POOL, is_long ? 7 : 997, false);
    crowd_finish(&crowd);
    cr_log_info("%lu orders", crowd.told);
}

Test(rank, every_cut_into_batches_of_the_same_events_gives_the_same_state_and_verdict)
{
    crowd.ledger = ledger_open("cuts");
    bool is_long = getenv("AKKOORD_TEST_LONG") != NULL;
    sets_tell(&crowd, 3, CLOSEST, 1, true);
    sets_tell(&crowd, 4, CLOSEST, is_long ? 1 : 4, true);
    if (is_long)
        sets_tell(&crowd, 5, CLOSEST, 1, true);
    crowd_finish(&crowd);
    cr_log_info("%lu orders and cuts", crowd.told);
}
