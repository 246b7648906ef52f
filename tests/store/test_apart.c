/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Acts that are apart go through a statement of their own (sql/function/record_apart.sql), all others one by
 * one. Random batches are recorded in two controllers, in one of them always one by one: what is answered and
 * what is kept must be the same. */

/* More with AKKOORD_TEST_LONG; others with another AKKOORD_TEST_SEED. */
enum {
    BATCHES = 400,
    BATCHES_LONG = 4000,
    LEDGERS_LONG = 25, /* one after the other, each with people of its own: nobody has thousands of acts */
    BATCH_MAX = 12,
    PEOPLE = 40,
    TIED = 3,
    MOMENTS = 5,
    FRESH = 10000
};

static const instant LONG_AGO = INT64_C(1600000000) * SECOND;

static struct ledger apart, single;

static void start(void)
{
    static int times;
    char keys[2][32];
    snprintf(keys[0], sizeof keys[0], "apart %d", times);
    snprintf(keys[1], sizeof keys[1], "one by one %d", times++);
    apart = ledger_open(keys[0]);
    single = ledger_open(keys[1]);
}

static void stop(void)
{
    ledger_close(&apart);
    ledger_close(&single);
}

TestSuite(apart, .init = start, .fini = stop, .timeout = 9000);

/* ---- random batches ---- */

static unsigned dice_state;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 1103515245u + 12345u;
    return (dice_state >> 16) % sides;
}

static struct act act_random(const struct person *person)
{
    static const enum event_state states[] = {EVENT_GIVEN,    EVENT_GIVEN,    EVENT_GIVEN,
                                              EVENT_ELIGIBLE, EVENT_REFUSED,  EVENT_WITHDRAWN,
                                              EVENT_OBJECTED, EVENT_REQUESTED};
    enum event_state state = states[dice(sizeof states / sizeof *states)];
    struct act act = act_of(person, NEWSLETTER + (int32_t)dice(3), state, LONG_AGO + (instant)dice(MOMENTS));
    bool is_copy = state == EVENT_GIVEN && dice(4) == 0;
    act.rank_base = rank_base(is_copy ? CLASS_COPY : CLASS_CHOICE, state, dice(4) != 0);
    static const char *const groups[] = {"phones", "wine", "bicycles"};
    if (state == EVENT_ELIGIBLE && dice(4) != 0) /* else of no group */
        act.group = product_group_of(groups[dice(3)]);
    act.tie = (int32_t)dice(3);
    act.effect = state == EVENT_REQUESTED ? EFFECT_PENDING : EFFECT_APPLIED;
    act.needs_guardian = state == EVENT_GIVEN && dice(2) == 0;
    act.evidence = dice(5) == 0 ? "{\"form\": \"footer\"}" : NULL;
    act.has_end = state == EVENT_REQUESTED || (state == EVENT_GIVEN && dice(2) == 0);
    act.validity = (struct duration){.days = 7};
    act.language = dice(2) == 0 ? "nl" : NULL;
    act.ref = dice(3) == 0 ? "crm-1" : NULL;
    act.detail = dice(5) == 0 ? "{\"reason\": \"person\"}" : NULL;
    act.method = dice(2) == 0 ? METHOD_WEB_FORM : METHOD_PAPER;
    return act;
}

/* Whom nobody knew, of several identifiers each; of one batch in three somebody has one that is known. */
static void people_of_several(struct person people[BATCH_MAX], size_t count)
{
    static uint32_t next = FRESH;
    for (size_t i = 0; i < count; i++) {
        size_t names = 2 + dice(3);
        people[i] = person_of(next, names);
        next += (uint32_t)names;
    }
    if (dice(3) == 0)
        people[dice((unsigned)count)].tags[dice(2)] = tag_numbered(1 + dice(PEOPLE));
}

/* Different people, one identifier each, of which some have been tied to others; or several each. */
static size_t batch_random(struct person people[BATCH_MAX], struct act acts[BATCH_MAX])
{
    size_t count = 1 + dice(BATCH_MAX);
    uint32_t first = dice(PEOPLE);
    for (size_t i = 0; i < count; i++)
        people[i] = person_numbered(1 + (first + (uint32_t)i * 7) % PEOPLE);
    if (dice(3) == 0)
        people_of_several(people, count);
    for (size_t i = 0; i < count; i++)
        acts[i] = act_random(&people[i]);
    return count;
}

/* ---- what came of them ---- */

static void assert_same_event(const struct recorded *a, const struct recorded *b)
{
    cr_assert_eq(a->act, b->act);
    cr_assert_eq(a->revision, b->revision);
    cr_assert_eq(a->subject_no, b->subject_no);
    cr_assert_eq(a->purpose, b->purpose);
    cr_assert_eq(a->rank, b->rank);
    cr_assert_eq(a->effect, b->effect);
    cr_assert_eq(a->was, b->was);
    cr_assert_eq(a->known, b->known);
    cr_assert_eq(a->tied, b->tied);
    cr_assert_eq(a->still_denied, b->still_denied);
    if (rank_state(a->rank) != EVENT_REQUESTED) /* which counts from the clock */
        cr_assert_eq(a->valid_until, b->valid_until);
}

static struct idempotency key_numbered(int n)
{
    struct idempotency key = {.present = n >= 0};
    memcpy(key.key_hash, &n, sizeof n);
    return key;
}

/* The acts as one request or two, with a key or without. */
static void both_record(struct act *acts, size_t count)
{
    static int keys;
    size_t first = count > 1 && dice(2) == 0 ? count / 2 : count, requests = first < count ? 2 : 1;
    struct record_job a[2], b[2];
    for (size_t i = 0; i < requests; i++) {
        size_t from = i * first, n = i == 0 ? first : count - first;
        a[i] = request_of(&apart, acts + from, n);
        b[i] = request_of(&single, acts + from, n);
        a[i].idempotency = b[i].idempotency = key_numbered(dice(3) == 0 ? keys++ : -1);
        a[i].context = b[i].context = "{}";
    }
    batch_run(apart.pg, a, requests);
    batch_run_one_by_one(single.pg, b, requests);
    for (size_t i = 0; i < requests; i++) {
        size_t asked = i == 0 ? first : count - first;
        cr_assert(a[i].outcome == RECORD_DONE ||
                  a[i].outcome == RECORD_TOO_MANY); /* of the few who are known */
        cr_assert_eq(b[i].outcome, a[i].outcome);
        cr_assert_eq(a[i].event_count, a[i].outcome == RECORD_DONE ? asked : 0);
        cr_assert_eq(b[i].event_count, a[i].event_count);
        for (size_t k = 0; k < a[i].event_count; k++)
            assert_same_event(&a[i].events[k], &b[i].events[k]);
        record_job_clear(&a[i]);
        record_job_clear(&b[i]);
    }
}

static void assert_same_rows(const char *columns, const char *table, const char *order)
{
    char sql[800];
    snprintf(sql, sizeof sql,
             "select hashtextextended(coalesce(string_agg(concat_ws('|', %s), ',' order by %s), ''), 0) "
             "from %s where controller_id = $1",
             columns, order, table);
    cr_assert_eq(ledger_number(&apart, sql), ledger_number(&single, sql), "%s", table);
}

static void assert_same_ledgers(void)
{
    assert_same_rows("subject_no, revision, latest", "head", "1");
    assert_same_rows("key_hash, fingerprint, context, first_revision, events", "idempotency", "key_hash");
    assert_same_rows("tag, subject_no, type, is_person, is_tied, is_crowded", "identifier", "tag");
    assert_same_rows("tag, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, record_id",
                     "consent", "tag, purpose_id, slot");
    assert_same_rows(
        "revision, record_id, subject_no, purpose_id, rank, notice_no, slot, flags, effect, was, "
        "answer, actor, role, method, language, ref, detail",
        "event", "revision");
    assert_same_rows("revision, document", "evidence", "revision");
    assert_same_rows("person_no, beside_no, beside_type", "tie", "person_no, beside_no");
    assert_same_rows("revision, beside_nos", "named", "revision");
    assert_same_rows("beside_no, revision", "beside", "beside_no, revision");
    assert_same_rows("mark",
                     "(select controller_id, substr(marks, g.place, 4) as mark from touched "
                     "cross join lateral generate_series(1, length(marks), 4) g(place) "
                     "group by controller_id, mark) t",
                     "mark");
}

/* Whatever else holds: the statement for all was used. */
static void assert_at_once(size_t names)
{
    struct person people[BATCH_MAX];
    struct act acts[BATCH_MAX];
    for (size_t i = 0; i < BATCH_MAX; i++) {
        people[i] = person_of((uint32_t)(1000 * names + i * names), names); /* whom nobody knows */
        acts[i] = act_random(&people[i]);
    }
    cluster_sql("alter function record_one_by_one rename to set_aside");
    struct record_job r = request_of(&apart, acts, BATCH_MAX);
    batch_run(apart.pg, &r, 1);
    cluster_sql("alter function set_aside rename to record_one_by_one");
    cr_assert_eq(r.outcome, RECORD_DONE);
    cr_assert_eq(r.event_count, BATCH_MAX);
    record_job_clear(&r);
}

static void ledgers_fill(int batches)
{
    for (uint32_t i = 0; i < TIED; i++) {
        const struct person pair = person_of(1 + 10 * i, 2);
        struct act act = act_of(&pair, OFFERS, EVENT_GIVEN, LONG_AGO);
        both_record(&act, 1);
    }
    for (uint32_t i = 0; i < TIED; i++) {
        const struct person told = person_numbered(6 + 10 * i);
        struct act act = act_of(&told, OFFERS, EVENT_GIVEN, LONG_AGO);
        act.age = (struct fact){.told = true, .limited = i % 2 == 0, .until = "2999-01-01"};
        act.needs_guardian = true;
        both_record(&act, 1);
    }
    for (int i = 0; i < batches; i++) {
        struct person people[BATCH_MAX];
        struct act acts[BATCH_MAX];
        both_record(acts, batch_random(people, acts));
        if (i % 100 == 0)
            assert_same_ledgers();
    }
    assert_same_ledgers();
}

Test(apart, a_batch_recorded_at_once_leaves_what_it_leaves_one_by_one)
{
    const char *seed = getenv("AKKOORD_TEST_SEED");
    dice_state = seed != NULL ? (unsigned)strtoul(seed, NULL, 10) : 1;
    if (getenv("AKKOORD_TEST_LONG") != NULL) {
        for (int i = 0; i < LEDGERS_LONG; i++) {
            ledgers_fill(BATCHES_LONG);
            stop();
            start();
        }
    }
    ledgers_fill(BATCHES);
    assert_at_once(1);
    assert_at_once(3);
}
