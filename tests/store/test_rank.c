/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/once.h"
#include "store/row.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The state of a purpose is the event of highest rank, so any order of arrival gives the same state (API.md, Rank). Every order
 * of a set of events is told by a person of its own; many persons share a batch. The expected state is worked out here from the
 * set alone, which knows no order. */

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

/* Class (import's Yes, gpc's No, choice), states, equal and different times, the standing No, both slots. The first
 * ones are those that come closest to each other. */
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
    uint32_t number;       /* of the first of the person's tags */
    enum people people;
    size_t count;
    int order[SET_MAX];    /* indexes into the pool */
    unsigned cuts;         /* bit k: a batch ends behind event k */
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
    unsigned long checked;
};

static rank said_rank(const struct said *s)
{
    return rank_of(event_class_of(s->state, s->method, s->is_import), s->state, s->at);
}

/* Different for whatever says different things: the pool's index would do, were it not for events that differ in slot only. */
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

/* All identifiers, or the first and those that the order of arrival makes. */
static struct person telling_person(const struct telling *t, size_t nth)
{
    if (t->people == PEOPLE_ONE)
        return person_numbered(t->number);
    if (t->people == PEOPLE_ALL_EACH_TIME || nth + 1 == t->count)
        return person_of(t->number, IDENTIFIERS);
    struct person p = person_numbered(t->number);
    if (nth % 2 == 1) {
        p = person_of(t->number + (uint32_t)nth % IDENTIFIERS, 1);
        p.tags[p.count] = tag_numbered(t->number);
        p.count = nth % IDENTIFIERS == 0 ? 1 : 2;
    }
    return p;
}

/* Appends the acts up to the telling's next cut. */
static size_t telling_continue(struct telling *t, struct act *acts)
{
    size_t n = 0;
    while (t->told < t->count) {
        struct person *person = &t->persons[t->told];
        *person = telling_person(t, t->told);
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
        cr_assert_eq(job_run_once(c->ledger.pg, &r.job), ERROR_NONE);
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
        len += (size_t)snprintf(text + len, sizeof text - len, "%s(%s,%d,%d,+%d)%s", event_state_word(s->state),
                                collection_method_word(s->method), s->purpose, (int)s->slot, (int)(s->at - NOON),
                                (t->cuts >> i & 1) != 0 ? " | " : " ");
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
    struct standing want = {0};
    for (int slot = SLOT_SELF; slot <= SLOT_GUARDIAN; slot++) {
        const struct said *own = stands(t, OFFERS, (enum slot)slot), *all = stands(t, PURPOSE_ALL, (enum slot)slot);
        want.purpose[slot] = own != NULL ? said_state(own) : (struct state){0};
        want.all[slot] = all != NULL ? said_state(all) : (struct state){0};
    }
    static const enum lawful_basis bases[] = {BASIS_CONSENT, BASIS_SOFT_OPT_IN, BASIS_LEGITIMATE_INTEREST};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct purpose purpose = *policy_purpose_numbered(ledger_policy(), OFFERS);
        purpose.basis = bases[i];
        struct verdict a = verdict_of(ledger_policy(), &purpose, found, now);
        struct verdict b = verdict_of(ledger_policy(), &purpose, &want, now);
        cr_assert(a.reason == b.reason && a.since == b.since && a.valid_until == b.valid_until,
                  "%s, where another order gives %s: %s", reason_word(a.reason), reason_word(b.reason), telling_text(t));
    }
}

/* All identifiers that were named hold the whole state. */
static void crowd_compare(struct crowd *c)
{
    static struct probe probes[TELLINGS_AT_ONCE * IDENTIFIERS];
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++)
        probes[i] = (struct probe){.purpose = OFFERS,
                                   .tag = tag_numbered(c->tellings[i / IDENTIFIERS].number + (uint32_t)(i % IDENTIFIERS))};
    struct check_job check;
    check_job_init(&check, c->ledger.controller, probes, c->count * IDENTIFIERS);
    cr_assert_eq(job_run_once(c->ledger.pg, &check.job), ERROR_NONE);
    for (size_t i = 0; i < c->count * IDENTIFIERS; i++) {
        const struct telling *t = &c->tellings[i / IDENTIFIERS];
        if (t->people == PEOPLE_ONE && i % IDENTIFIERS != 0)
            continue;
        for (int slot = SLOT_SELF; slot <= SLOT_GUARDIAN; slot++) {
            state_compare(t, &probes[i].standing.purpose[slot], stands(t, OFFERS, (enum slot)slot));
            state_compare(t, &probes[i].standing.all[slot], stands(t, PURPOSE_ALL, (enum slot)slot));
        }
        verdict_compare(t, &probes[i].standing, NOON + 400 * 86400 * SECOND);
    }
}

/* The check leaves the tie out: equal ranks of equal notice and end would hide it. */
static void ties_compare(struct crowd *c)
{
    PGresult *rows = PQexecParams(c->ledger.pg,
                                  "select tag, purpose_id, slot, tie from consent where controller_id = $1::int4", 1, NULL,
                                  (const char *[]){(char[12]){0}}, NULL, NULL, 1);
    PQclear(rows);
}
