/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/blocking.h"
#include "store/row.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of a purpose is the event of highest rank, so any order of arrival gives the same state (API.md,
 * Rank). Every order of a set of events is told by a person of its own; many persons share a batch. The
 * expected state is worked out here from the set alone, which knows no order. */

#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00:00Z */

/* Something a person may have said. */
struct said {
    enum event_state state;
    enum collection_method method;
    bool is_import;
    enum slot slot;
    int32_t purpose;
    instant at;
    int32_t notice;
    int32_t months; /* until its end; 0: none */
};

/* Class (import's Yes, gpc's No, choice), states, equal and different times, the standing No, both slots. The
 * first ones are those that come closest to each other. */
static const struct said pool[] = {
    {EVENT_GIVEN, METHOD_WEB_FORM, false, SLOT_SELF, OFFERS, NOON, NOTICE_OLD, 24},
    {EVENT_GIVEN, METHOD_WEB_FORM, true, SLOT_SELF, OFFERS, NOON + 2, 0, 24},
    {EVENT_REFUSED, METHOD_GPC, false, SLOT_SELF, OFFERS, NOON + 1, 0, 0},
    {EVENT_WITHDRAWN, METHOD_API, false, SLOT_SELF, PURPOSE_ALL, NOON, 0, 0},
    {EVENT_GIVEN, METHOD_BANNER, false, SLOT_SELF, OFFERS, NOON, NOTICE_NEW, 12},
    {EVENT_REFUSED, METHOD_BANNER, false, SLOT_SELF, OFFERS, NOON, 0, 0},
    {EVENT_WITHDRAWN, METHOD_API, false, SLOT_GUARDIAN, OFFERS, NOON, 0, 0},
    {EVENT_GIVEN, METHOD_WEB_FORM, false, SLOT_SELF, OFFERS, NOON + 1, NOTICE_NEW, 24},
    {EVENT_OBJECTED, METHOD_EMAIL, false, SLOT_SELF, OFFERS, NOON, 0, 0},
    {EVENT_WITHDRAWN, METHOD_EMAIL, false, SLOT_SELF, OFFERS, NOON + 1, 0, 0},
    {EVENT_ELIGIBLE, METHOD_API, false, SLOT_SELF, OFFERS, NOON + 1, 0, 24},
    {EVENT_GIVEN, METHOD_PAPER, false, SLOT_GUARDIAN, OFFERS, NOON, 0, 24},
    {EVENT_GIVEN, METHOD_IN_PERSON, false, SLOT_GUARDIAN, OFFERS, NOON + 1, NOTICE_OLD, 0},
    {EVENT_WITHDRAWN, METHOD_PHONE, false, SLOT_GUARDIAN, PURPOSE_ALL, NOON + 1, 0, 0},
    {EVENT_REFUSED, METHOD_GPC, false, SLOT_SELF, PURPOSE_ALL, NOON + 2, 0, 0},
    {EVENT_REFUSED, METHOD_IMPORT, true, SLOT_SELF, OFFERS, NOON, 0, 0},
    {EVENT_OBJECTED, METHOD_LETTER, false, SLOT_SELF, PURPOSE_ALL, NOON + 1, 0, 0},
    {EVENT_RENEWED, METHOD_DOUBLE_OPT_IN, false, SLOT_SELF, OFFERS, NOON, NOTICE_NEW, 24},
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

static rank said_rank(const struct said *s)
{
    return rank_of(event_class_of(s->state, s->method, s->is_import), s->state, s->at);
}

/* Different for whatever says different things: the pool's index would do, were it not for
 * events that differ in slot only. */
static int32_t said_tie(const struct said *s)
{
    return s->notice * 10000 + s->months * 100 + (int32_t)s->method;
}

static struct act said_act(const struct said *s, const struct person *person)
{
    struct act act = act_of(person, s->purpose, s->state, s->at);
    act.slot = s->slot;
    act.role = s->slot == SLOT_SELF ? ROLE_SELF : ROLE_PARENT;
    act.method = s->method;
    act.rank_base = rank_base(event_class_of(s->state, s->method, s->is_import), s->state);
    act.tie = said_tie(s);
    act.has_end = s->months != 0;
    act.validity = (struct duration){.months = s->months};
    act.notice = s->notice;
    return act;
}

static struct state said_state(const struct said *s)
{
    struct state state = {.rank = said_rank(s), .valid_until = INSTANT_NONE, .notice_number = s->notice};
    if (s->months != 0)
        state.valid_until = duration_add(s->at, (struct duration){.months = s->months});
    return state;
}

/* The event of the set that stands; NULL when none of them is for this purpose and slot. */
static const struct said *stands(const struct telling *t, int32_t purpose, enum slot slot)
{
    const struct said *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const struct said *s = &pool[t->order[i]];
        if (s->purpose != purpose || s->slot != slot)
            continue;
        if (best == NULL || said_rank(s) > said_rank(best) ||
            (said_rank(s) == said_rank(best) && said_tie(s) > said_tie(best)))
            best = s;
    }
    return best;
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

/* Whether one of the events names the person's ${n}th identifier. */
static bool telling_names(const struct telling *t, size_t n)
{
    if (n == 0 || t->people != PEOPLE_SOME_EACH_TIME)
        return n == 0 || t->people == PEOPLE_ALL_EACH_TIME;
    for (size_t i = 0; i < t->count; i++) {
        if ((size_t)t->order[i] % IDENTIFIERS == n)
            return true;
    }
    return false;
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

static void state_compare(const struct telling *t, const struct state *found, const struct said *expected)
{
    struct state want = expected != NULL ? said_state(expected) : (struct state){0};
    cr_assert(found->rank == want.rank && found->notice_number == want.notice_number &&
                  (expected == NULL || found->valid_until == want.valid_until),
              "another state than another order gives: %s", telling_text(t));
}

/* The same reason, whatever the purpose rests on. */
static void verdict_compare(const struct telling *t, const struct standing *found, instant now)
{
    struct held held[4];
    struct standing want = {.held = held};
    static const int32_t purposes[] = {OFFERS, PURPOSE_ALL};
    for (size_t i = 0; i < 4; i++) {
        enum slot slot = i % 2 == 0 ? SLOT_SELF : SLOT_GUARDIAN;
        const struct said *said = stands(t, purposes[i / 2], slot);
        if (said != NULL)
            held[want.count++] = (struct held){purposes[i / 2], slot, said_state(said)};
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

/* All identifiers that were named hold the whole state. */
static void crowd_compare(struct crowd *c)
{
    static struct probe probes[TELLINGS_AT_ONCE * IDENTIFIERS];
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++)
        probes[i] = (struct probe){
            .tag = tag_numbered(c->tellings[i / IDENTIFIERS].number + (uint32_t)(i % IDENTIFIERS))};
    struct check_job check;
    struct purpose_set set = {.count = 2, .numbers = {PURPOSE_ALL, OFFERS}};
    check_job_init(&check, c->ledger.controller, probes, c->count * IDENTIFIERS, &set, 1);
    cr_assert_eq(job_run_blocking(c->ledger.pg, &check.job), ERROR_NONE);
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++) {
        const struct telling *t = &c->tellings[i / IDENTIFIERS];
        if (!telling_names(t, i % IDENTIFIERS))
            continue;
        struct standing found = check_standing(&check, i);
        static const struct state none;
        for (int slot = SLOT_SELF; slot <= SLOT_GUARDIAN; slot++) {
            const struct state *own = standing_find(&found, OFFERS, (enum slot)slot);
            const struct state *all = standing_find(&found, PURPOSE_ALL, (enum slot)slot);
            state_compare(t, own != NULL ? own : &none, stands(t, OFFERS, (enum slot)slot));
            state_compare(t, all != NULL ? all : &none, stands(t, PURPOSE_ALL, (enum slot)slot));
        }
        verdict_compare(t, &found, NOON + 400 * 86400 * SECOND);
    }
    check_job_clear(&check);
}

/* The rows themselves: no others than expected, and the tie, which a check does not read. */
static void ties_compare(struct crowd *c)
{
    char sql[256];
    uint32_t first = c->tellings[0].number;
    snprintf(
        sql, sizeof sql,
        "select ('x' || encode(substr(tag, 2, 4), 'hex'))::bit(32)::int4, purpose_id, slot, tie from consent "
        "where controller_id = %d and tag >= '\\x01%08x' and tag < '\\x01%08x'",
        c->ledger.controller, first, c->next_number);
    PGresult *rows = PQexecParams(c->ledger.pg, sql, 0, NULL, NULL, NULL, NULL, 1);
    cr_assert_eq(PQresultStatus(rows), PGRES_TUPLES_OK, "%s", PQerrorMessage(c->ledger.pg));
    int expected = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct telling *t = &c->tellings[i];
        for (int k = 0; k < IDENTIFIERS * 4; k++)
            expected += telling_names(t, (size_t)k / 4) &&
                        stands(t, k % 2 == 0 ? OFFERS : PURPOSE_ALL, (enum slot)(k / 2 % 2)) != NULL;
    }
    cr_assert_eq(PQntuples(rows), expected, "%d rows, not %d", PQntuples(rows), expected);
    for (int row = 0; row < PQntuples(rows); row++) {
        const struct telling *t = &c->tellings[((uint32_t)row_int4(rows, row, 0) - first) / IDENTIFIERS];
        const struct said *s = stands(t, row_int4(rows, row, 1), (enum slot)row_int2(rows, row, 2));
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
    sets_tell(&crowd, 3, POOL, 1, false);
    sets_tell(&crowd, 4, POOL, is_long ? 1 : 5, false);
    sets_tell(&crowd, 5, POOL, is_long ? 7 : 101, false);
    crowd_finish(&crowd);
    cr_log_info("%lu orders", crowd.told);
}

Test(rank, every_cut_into_batches_of_the_same_events_gives_the_same_state_and_verdict)
{
    crowd.ledger = ledger_open("cuts");
    for (size_t n = 3; n <= SET_MAX; n++)
        sets_tell(&crowd, n, CLOSEST, n == SET_MAX ? 3 : 1, true);
    crowd_finish(&crowd);
    cr_log_info("%lu orders and cuts", crowd.told);
}
