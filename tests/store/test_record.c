/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/blocking.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_AGO INT64_C(1735689600000000) /* 2025-01-01T00:00:00Z */

static const uint8_t some_key[KEY_HASH_SIZE] = "a key", some_body[KEY_HASH_SIZE] = "a body";
static struct ledger l;

static void stop(void)
{
    ledger_close(&l);
}

TestSuite(record, .fini = stop, .timeout = 600);

static int64_t events(void)
{
    return ledger_number(&l, "select count(*) from event where controller_id = $1");
}

/* Revisions are 1..n, and the head says n. */
static void assert_gapless(int64_t n)
{
    cr_assert_eq(events(), n, "%ld events, not %ld", (long)events(), (long)n);
    cr_assert_eq(ledger_number(&l, "select coalesce(max(revision), 0) from event where controller_id = $1"),
                 n);
    cr_assert_eq(ledger_number(&l, "select revision from head where controller_id = $1"), n);
}

static struct record_job keyed(struct act *act)
{
    struct record_job r = request_of(&l, act, 1);
    r.idempotency.present = true;
    memcpy(r.idempotency.key_hash, some_key, KEY_HASH_SIZE);
    memcpy(r.idempotency.fingerprint, some_body, KEY_HASH_SIZE);
    r.context = "what the answer says beside";
    return r;
}

static bool same_record(const struct recorded *a, const struct recorded *b)
{
    return memcmp(a->record_id, b->record_id, UUID_SIZE) == 0 && a->revision == b->revision &&
           a->subject_no == b->subject_no && a->rank == b->rank && a->recorded_at == b->recorded_at &&
           a->valid_until == b->valid_until && a->effect == b->effect && a->was == b->was &&
           a->purpose == b->purpose && a->policy_version == b->policy_version;
}

/* ---- revisions ---- */

enum { WRITERS = 4, ROUNDS = 25 };

/* One writer, with a connection of its own; subjects of its own and one that all of them write. */
static void *write_rounds(void *cookie)
{
    const uint32_t number = *(const uint32_t *)cookie;
    PGconn *pg = service_connect();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const struct person own = person_numbered(number * 1000 + i), shared = person_of(7, 2);
        struct act acts[] = {act_of(&own, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE),
                             act_of(&shared, OFFERS, i % 2 == 0 ? EVENT_GIVEN : EVENT_REFUSED, INSTANT_NONE),
                             act_of(&own, OFFERS, EVENT_REFUSED, INSTANT_NONE)};
        struct record_job r = request_of(&l, acts, 1 + i % 3);
        cr_assert_eq(job_run_blocking(pg, &r.job), ERROR_NONE);
        cr_assert_eq(r.outcome, RECORD_DONE);
        cr_assert_eq(r.event_count, 1 + i % 3);
        record_job_clear(&r);
    }
    PQfinish(pg);
    return NULL;
}

Test(record, revisions_have_no_gap_when_several_write_at_once)
{
    l = ledger_open("several writers");
    pthread_t threads[WRITERS];
    uint32_t numbers[WRITERS];
    int64_t expected = 0;
    for (uint32_t i = 0; i < ROUNDS; i++)
        expected += WRITERS * (1 + i % 3);
    for (uint32_t i = 0; i < WRITERS; i++) {
        numbers[i] = i + 1;
        cr_assert_eq(pthread_create(&threads[i], NULL, write_rounds, &numbers[i]), 0);
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_gapless(expected);
    cr_assert_eq(ledger_number(&l, "select count(distinct record_id) from event where controller_id = $1"),
                 expected);
    cr_assert_eq(ledger_number(&l, "select count(distinct subject_no) from event where controller_id = $1"),
                 WRITERS * ROUNDS + 1, "a subject each, and the shared one");
}

Test(record, the_events_of_a_batch_have_revisions_in_the_order_of_their_acts)
{
    l = ledger_open("order");
    const struct person a = person_numbered(1), b = person_numbered(2);
    struct act first[] = {act_of(&b, OFFERS, EVENT_GIVEN, INSTANT_NONE),
                          act_of(&a, OFFERS, EVENT_GIVEN, INSTANT_NONE)};
    struct act second[] = {act_of(&b, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE)};
    struct record_job batch[] = {request_of(&l, first, 2), request_of(&l, second, 1)};
    batch_run(l.pg, batch, 2);
    cr_assert_eq(batch[0].event_count, 2);
    cr_assert_eq(batch[1].event_count, 1);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(batch[0].events[i].revision, i + 1);
        cr_expect_eq(batch[0].events[i].act, i);
        cr_expect_arr_eq(batch[0].events[i].record_id, first[i].record_id, UUID_SIZE);
    }
    cr_expect_eq(batch[1].events[0].revision, 3);
    cr_expect_eq(batch[1].events[0].act, 0, "acts are numbered within their request");
    cr_expect_eq(batch[1].events[0].subject_no, batch[0].events[0].subject_no);
    cr_expect_neq(batch[0].events[1].subject_no, batch[0].events[0].subject_no);
    record_job_clear(&batch[0]);
    record_job_clear(&batch[1]);
}

/* ---- idempotency keys ---- */

/* Reads it as a service does: apart. */
static void first_answer(struct record_job *r)
{
    record_job_replay(r);
    cr_assert_eq(job_run_blocking(l.pg, &r->job), ERROR_NONE);
    cr_assert_eq(r->outcome, RECORD_REPLAYED);
    cr_assert_not(r->broken);
}

Test(record, a_key_that_comes_again_gets_the_first_answer_and_writes_nothing)
{
    l = ledger_open("key again");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.months = 24};
    struct record_job first = keyed(&act), again = keyed(&act);
    batch_run(l.pg, &first, 1);
    cr_assert_eq(first.outcome, RECORD_DONE);
    batch_run(l.pg, &again, 1);
    cr_assert_eq(again.outcome, RECORD_REPLAYED);
    first_answer(&again);
    cr_assert_eq(again.event_count, 1);
    cr_assert(same_record(&first.events[0], &again.events[0]));
    cr_assert_str_eq(again.first_context, "what the answer says beside");
    assert_gapless(1);
    record_job_clear(&first);
    record_job_clear(&again);
}

Test(record, a_key_that_comes_again_with_another_body_is_refused)
{
    l = ledger_open("key reused");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE),
               other = act_of(&p, OFFERS, EVENT_REFUSED, INSTANT_NONE);
    struct record_job first = keyed(&act), reused = keyed(&other);
    memcpy(reused.idempotency.fingerprint, "another body", 12);
    batch_run(l.pg, &first, 1);
    batch_run(l.pg, &reused, 1);
    cr_assert_eq(reused.outcome, RECORD_KEY_REUSED);
    cr_assert_eq(reused.event_count, 0);
    assert_gapless(1);
    record_job_clear(&first);
    record_job_clear(&reused);
}

/* As a guardian's Yes by email_plus is made: the message waits with the request, and a place takes it. */
Test(record, a_yes_that_needs_a_second_message_is_gone_without_one)
{
    l = ledger_open("second");
    struct person child = person_numbered(61);
    struct guardian parent = {.is_named = true, .tag = tag_numbered(62)};
    int64_t asked = ledger_record(&l, act_of(&child, NEWSLETTER, EVENT_REQUESTED, INSTANT_NONE)).revision;
    static const char *const made[] = {
        "select 1",
        "insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, subject_no, revision, "
        "due_at, not_before) select $1, gen_random_uuid(), message_guardian_second(), '\\x00', now(), now() "
        "+ "
        "interval '1 day', e.subject_no, e.revision, 'infinity', 'infinity' from event e where "
        "e.controller_id "
        "= $1 and e.slot = slot_pending()",
        "insert into endpoint (controller_id, name, url, secret) values ($1, 'messages', "
        "'https://a.invalid/', "
        "'mail')",
        "update endpoint set stopped_at = now() where controller_id = $1"};
    static const enum record_outcome outcomes[] = {RECORD_GONE, RECORD_GONE, RECORD_DONE, RECORD_GONE};
    PGconn *owner = owner_connect();
    struct ledger as_owner = l;
    as_owner.pg = owner;
    session_admit(owner, l.controller);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct act act = act_of(&child, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE);
        ledger_number(&as_owner, made[i]);
        act.role = ROLE_PARENT;
        act.guardian = &parent;
        act.answers = asked;
        act.needs_second = true;
        act.second_after = (struct duration){.days = 1};
        struct record_job r = request_of(&l, &act, 1);
        batch_run(l.pg, &r, 1);
        cr_expect_eq(r.outcome, outcomes[i], "%zu", i);
        record_job_clear(&r);
    }
    PQfinish(owner);
}

Test(record, of_two_requests_with_one_new_key_in_a_batch_the_second_comes_again)
{
    l = ledger_open("key twice");
    const struct person p = person_numbered(1), q = person_numbered(2);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE), same = act,
               other = act_of(&q, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    struct record_job batch[] = {keyed(&act), request_of(&l, &other, 1), keyed(&same)};
    batch_run(l.pg, batch, 3);
    cr_assert_eq(batch[0].outcome, RECORD_DONE);
    cr_assert_eq(batch[1].outcome, RECORD_DONE, "others go in");
    cr_assert_eq(batch[2].outcome, RECORD_AGAIN);
    cr_assert_eq(batch[2].event_count, 0);
    assert_gapless(2);
    batch_run(l.pg, &batch[2], 1);
    cr_assert_eq(batch[2].outcome, RECORD_REPLAYED);
    first_answer(&batch[2]);
    cr_assert(same_record(&batch[2].events[0], &batch[0].events[0]));
    assert_gapless(2);
    for (int i = 0; i < 3; i++)
        record_job_clear(&batch[i]);
}

Test(record, a_key_is_new_again_after_a_day)
{
    l = ledger_open("key old");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    struct record_job r = keyed(&act);
    batch_run(l.pg, &r, 1);
    ledger_number(
        &l,
        "update idempotency set recorded_at = recorded_at - interval '24 hours' where controller_id = $1");
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.outcome, RECORD_DONE);
    assert_gapless(2);
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.outcome, RECORD_REPLAYED);
    first_answer(&r);
    cr_assert_eq(r.events[0].revision, 2, "the latest answer to the key");
    record_job_clear(&r);
}

/* ---- what cannot be taken ---- */

Test(record, a_request_with_a_time_in_the_future_leaves_nothing_and_the_others_go_in)
{
    l = ledger_open("future");
    const struct person p = person_numbered(1), q = person_numbered(2), both = person_of(3, 2);
    instant now = ledger_now(&l);
    struct act good = act_of(&p, OFFERS, EVENT_GIVEN, now + 50 * SECOND),
               last = act_of(&p, NEWSLETTER, EVENT_GIVEN, now);
    struct act bad[] = {act_of(&q, OFFERS, EVENT_GIVEN, now),
                        act_of(&both, OFFERS, EVENT_GIVEN, now + 90 * SECOND),
                        act_of(&q, OFFERS, EVENT_GIVEN, now + 90 * SECOND)};
    bad[0].evidence = "{}";
    struct record_job batch[] = {request_of(&l, &good, 1), keyed(bad), request_of(&l, &last, 1)};
    batch[1].count = 3;
    record_job_prepare(&batch[1]);
    batch_run(l.pg, batch, 3);
    cr_assert_eq(batch[0].outcome, RECORD_DONE, "up to 60 s ahead counts as now");
    cr_assert_leq(rank_time(batch[0].events[0].rank), ledger_now(&l));
    cr_assert_eq(batch[1].outcome, RECORD_IN_FUTURE);
    cr_assert_eq(batch[1].faulty_act, 1, "the first at fault, numbered within its request");
    cr_assert_eq(batch[1].event_count, 0);
    cr_assert_eq(batch[2].outcome, RECORD_DONE);
    assert_gapless(2);
    cr_assert_eq(ledger_number(&l, "select count(*) from identifier where controller_id = $1"), 1);
    cr_assert_eq(ledger_number(&l, "select count(*) from idempotency where controller_id = $1"), 0);
    cr_assert_eq(ledger_number(&l, "select count(*) from evidence where controller_id = $1"), 0);
    for (int i = 0; i < 3; i++)
        record_job_clear(&batch[i]);
}

Test(record, a_batch_of_an_older_generation_writes_nothing)
{
    l = ledger_open("stale");
    const struct person p = person_numbered(1);
    struct act a = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE),
               b = act_of(&p, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE);
    ledger_number(&l, "update controller set generation = generation + 1 where controller_id = $1");
    struct record_job batch[] = {request_of(&l, &a, 1), keyed(&b)};
    batch_run(l.pg, batch, 2);
    cr_assert_eq(batch[0].outcome, RECORD_STALE);
    cr_assert_eq(batch[1].outcome, RECORD_STALE);
    assert_gapless(0);
    cr_assert_eq(ledger_number(&l, "select count(*) from idempotency where controller_id = $1"), 0);
    l.generation++;
    ledger_record(&l, a);
    assert_gapless(1);
}

/* ---- one person, several identifiers ---- */

Test(record, a_no_that_is_known_reaches_an_identifier_named_with_it_and_a_yes_does_not)
{
    l = ledger_open("joins");
    const struct person known = person_numbered(1),
                        both = {2, {tag_numbered(2), tag_numbered(1)}, {0}, false, {{{0}}}};
    const struct person joined = person_numbered(2);
    int64_t subject = ledger_record(&l, act_of(&known, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE)).subject_no;
    ledger_record(&l, act_of(&known, STATISTICS, EVENT_GIVEN, INSTANT_NONE));
    struct recorded e = ledger_record(&l, act_of(&both, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE));
    cr_assert_neq(e.subject_no, subject, "it is of the first of equals");
    cr_assert_eq(ledger_reason(&l, tag_numbered(2), OFFERS), REASON_WITHDRAWN, "the No from before");
    cr_assert_eq(ledger_reason(&l, tag_numbered(2), STATISTICS), REASON_NEVER_ASKED, "not the Yes");
    cr_assert_eq(ledger_reason(&l, tag_numbered(1), NEWSLETTER), REASON_GRANTED);
    cr_assert_eq(ledger_reason(&l, tag_numbered(2), NEWSLETTER), REASON_GRANTED);
    cr_assert_eq(ledger_record(&l, act_of(&joined, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE)).subject_no,
                 e.subject_no);
    cr_assert_eq(ledger_reason(&l, tag_numbered(1), NEWSLETTER), REASON_WITHDRAWN,
                 "said under the other identifier");
}

Test(record, identifiers_never_seen_are_one_person)
{
    l = ledger_open("never seen");
    const struct person three = person_of(1, 3), last = person_numbered(3);
    ledger_record(&l, act_of(&three, OFFERS, EVENT_GIVEN, INSTANT_NONE));
    assert_gapless(1);
    cr_assert_eq(ledger_number(&l, "select count(*) from identifier where controller_id = $1 and is_person"),
                 1);
    cr_assert_eq(ledger_number(&l, "select count(*) from tie where controller_id = $1"), 2);
    ledger_record(&l, act_of(&last, OFFERS, EVENT_REFUSED, INSTANT_NONE));
    for (uint32_t n = 1; n <= 3; n++)
        cr_assert_eq(ledger_reason(&l, tag_numbered(n), OFFERS), REASON_REFUSED);
}

Test(record, identifiers_of_different_people_get_one_event_of_the_strongest)
{
    l = ledger_open("different people");
    const struct person one = person_numbered(1), two = person_numbered(2);
    const struct person both = {3, {tag_numbered(2), tag_numbered(1), tag_numbered(3)}, {0}, false, {{{0}}}};
    ledger_record(&l, act_of(&one, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE));
    int64_t second = ledger_record(&l, act_of(&two, OFFERS, EVENT_GIVEN, INSTANT_NONE)).subject_no;
    struct act act = act_of(&both, OFFERS, EVENT_REFUSED, INSTANT_NONE);
    struct record_job r = request_of(&l, &act, 1);
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.event_count, 1);
    cr_assert_eq(r.events[0].subject_no, second);
    cr_assert_eq(r.events[0].was, EVENT_GIVEN);
    cr_assert_arr_eq(r.events[0].record_id, act.record_id, UUID_SIZE);
    for (uint32_t n = 1; n <= 3; n++)
        cr_assert_eq(ledger_reason(&l, tag_numbered(n), OFFERS), REASON_REFUSED);
    cr_assert_eq(ledger_reason(&l, tag_numbered(1), NEWSLETTER), REASON_GRANTED, "known ones keep their own");
    cr_assert_eq(ledger_reason(&l, tag_numbered(2), NEWSLETTER), REASON_NEVER_ASKED);
    cr_assert_eq(ledger_reason(&l, tag_numbered(3), NEWSLETTER), REASON_NEVER_ASKED);
    record_job_clear(&r);
}

/* ---- time ---- */

Test(record, a_yes_without_a_time_counts_from_when_it_was_accepted)
{
    l = ledger_open("accepted");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    struct record_job r = request_of(&l, &act, 1);
    r.accepted -= 40 * SECOND;
    batch_run(l.pg, &r, 1);
    int64_t age = r.events[0].recorded_at - rank_time(r.events[0].rank);
    cr_assert_geq(age, 40 * SECOND);
    cr_assert_lt(age, 70 * SECOND);
    record_job_clear(&r);
}

/* As a clock that ran fast, and was set right, leaves it. */
/* As if all of it had been accepted so much later: the clock went back since. */
static void ledger_shift(int64_t seconds)
{
    char sql[240];
    snprintf(sql, sizeof sql,
             "with h as (update head set latest = latest + %lld where controller_id = $1) "
             "update consent set rank = rank + (%lld::int8 << 6) where controller_id = $1",
             (long long)(seconds * SECOND), (long long)(seconds * SECOND));
    ledger_number(&l, sql);
}

Test(record, a_no_without_a_time_takes_the_later_of_the_clock_and_what_was_accepted)
{
    l = ledger_open("floating");
    const struct person p = person_numbered(1);
    instant before = ledger_now(&l);
    struct recorded e = ledger_record(&l, act_of(&p, OFFERS, EVENT_REFUSED, INSTANT_NONE));
    cr_assert_eq(rank_time(e.rank), e.recorded_at, "nothing stood: the clock");
    cr_assert_geq(e.recorded_at, before);
    e = ledger_record(&l, act_of(&p, OFFERS, EVENT_GIVEN, ledger_now(&l) + 59 * SECOND));
    e = ledger_record(&l, act_of(&p, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE));
    cr_assert_eq(e.effect, EFFECT_APPLIED, "after a Yes stamped 59 s ahead");
    cr_assert_eq(ledger_reason(&l, p.tags[0], OFFERS), REASON_WITHDRAWN);
    ledger_record(&l, act_of(&p, OFFERS, EVENT_GIVEN, ledger_now(&l)));
    ledger_shift(3600);
    instant latest = ledger_number(&l, "select latest from head where controller_id = $1");
    e = ledger_record(&l, act_of(&p, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE));
    cr_assert_eq(rank_time(e.rank), latest);
    cr_assert_eq(e.effect, EFFECT_APPLIED);
    cr_assert_eq(ledger_reason(&l, p.tags[0], OFFERS), REASON_WITHDRAWN);
}

Test(record, a_standing_no_without_a_time_overrules_whatever_stands_for_any_purpose)
{
    l = ledger_open("floating all");
    const struct person p = person_of(1, 2);
    ledger_record(&l, act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE));
    ledger_record(&l, act_of(&p, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE));
    ledger_shift(3600);
    struct recorded e = ledger_record(&l, act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE));
    cr_assert_eq(e.effect, EFFECT_APPLIED);
    for (uint32_t n = 1; n <= 2; n++) {
        for (int32_t purpose = NEWSLETTER; purpose <= STATISTICS; purpose++)
            cr_assert_eq(ledger_reason(&l, tag_numbered(n), purpose), REASON_WITHDRAWN);
    }
}

/* Nothing that may stand before it or in its batch, under either purpose, makes a No without a time count for
 * nothing; nothing dated before it undoes it. */
Test(record, a_no_without_a_time_is_never_superseded_by_a_yes)
{
    l = ledger_open("never superseded");
    static const enum event_state nos[] = {EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED};
    uint32_t n = 0;
    for (int ahead = 0; ahead < 2; ahead++) {
        for (size_t k = 0; k < 3; k++) {
            for (int together = 0; together < 2; together++) {
                const struct person p = person_numbered(++n);
                int32_t purpose = n % 2 == 0 ? OFFERS : PURPOSE_ALL;
                instant at = ahead ? ledger_now(&l) + 59 * SECOND : LONG_AGO;
                struct act acts[] = {act_of(&p, OFFERS, EVENT_GIVEN, at),
                                     act_of(&p, purpose, nos[k], INSTANT_NONE),
                                     act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO + SECOND)};
                struct record_job r = request_of(&l, acts, 3);
                if (together)
                    batch_run(l.pg, &r, 1);
                for (size_t i = 0; i < 3 && !together; i++)
                    ledger_record(&l, acts[i]);
                cr_assert_not(reason_allows(ledger_reason(&l, p.tags[0], OFFERS)), "%d %zu %d", ahead, k,
                              together);
                record_job_clear(&r);
            }
        }
    }
}

Test(record, an_outcome_comes_after_what_it_answers_and_no_objection_after_it_is_answered)
{
    static const enum event_state said[] = {EVENT_OBJECTED, EVENT_UPHELD, EVENT_OBJECTED, EVENT_OVERRIDDEN};
    enum { COUNT = sizeof said / sizeof *said };
    l = ledger_open("outcome");
    const struct person p = person_numbered(1);
    struct act acts[COUNT];
    struct record_job requests[COUNT];
    instant at[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        acts[i] = act_of(&p, OFFERS, said[i], INSTANT_NONE);
        acts[i].floating = true;
        requests[i] = request_of(&l, &acts[i], 1);
    }
    batch_run(l.pg, requests, COUNT); /* all within one microsecond */
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(requests[i].outcome, RECORD_DONE);
        at[i] = rank_time(requests[i].events[0].rank);
        record_job_clear(&requests[i]);
    }
    cr_expect_gt(at[1], at[0]);
    cr_expect_geq(at[2], at[1]);
    cr_expect_gt(at[3], at[2]);
}

Test(record, a_newer_yes_of_the_person_undoes_a_no)
{
    l = ledger_open("undone");
    const struct person p = person_numbered(1);
    ledger_record(&l, act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE));
    struct act copy = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    copy.rank_base = rank_base(CLASS_COPY, EVENT_GIVEN, true);
    cr_assert_eq(ledger_record(&l, copy).effect, EFFECT_SUPERSEDED, "an import never does");
    cr_assert_eq(ledger_reason(&l, p.tags[0], OFFERS), REASON_WITHDRAWN);
    struct recorded e = ledger_record(&l, act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE));
    cr_assert_eq(e.effect, EFFECT_APPLIED);
    cr_assert_eq(e.was, EVENT_WITHDRAWN);
    cr_assert_eq(ledger_reason(&l, p.tags[0], OFFERS), REASON_GRANTED);
    cr_assert_eq(ledger_reason(&l, p.tags[0], NEWSLETTER), REASON_WITHDRAWN, "only for what it was given");
}

/* ---- effect and what stood ---- */

Test(record, an_event_in_a_batch_is_told_what_precedes_it_there)
{
    l = ledger_open("in batch");
    const struct person p = person_of(1, 2), alone = person_numbered(2);
    struct act acts[] = {
        act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO + 10), act_of(&alone, OFFERS, EVENT_REFUSED, LONG_AGO + 20),
        act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO + 15), act_of(&p, NEWSLETTER, EVENT_GIVEN, LONG_AGO)};
    struct record_job r = request_of(&l, acts, 4);
    batch_run(l.pg, &r, 1);
    static const struct {
        enum effect effect;
        enum event_state was;
    } expected[] = {{EFFECT_APPLIED, EVENT_NONE},
                    {EFFECT_APPLIED, EVENT_GIVEN},
                    {EFFECT_SUPERSEDED, EVENT_REFUSED},
                    {EFFECT_APPLIED, EVENT_NONE}};
    cr_assert_eq(r.event_count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(r.events[i].effect, expected[i].effect, "effect of act %zu", i);
        cr_expect_eq(r.events[i].was, expected[i].was, "what stood before act %zu", i);
    }
    record_job_clear(&r);
}

Test(record, an_event_behind_a_standing_no_in_its_batch_is_superseded_as_it_would_be_alone)
{
    l = ledger_open("in batch all");
    const struct person p = person_numbered(1), q = person_numbered(2);
    struct act apart = act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO);
    ledger_record(&l, act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE));
    struct recorded alone = ledger_record(&l, apart);
    cr_assert_eq(alone.effect, EFFECT_SUPERSEDED);
    cr_assert_eq(alone.was, EVENT_WITHDRAWN);
    struct act acts[] = {act_of(&q, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE),
                         act_of(&q, OFFERS, EVENT_GIVEN, LONG_AGO)};
    struct record_job r = request_of(&l, acts, 2);
    batch_run(l.pg, &r, 1);
    cr_expect_eq(r.events[1].effect, EFFECT_SUPERSEDED);
    cr_expect_eq(r.events[1].was, EVENT_WITHDRAWN);
    record_job_clear(&r);
}

Test(record, an_outdated_yes_is_superseded_where_it_does_not_stand)
{
    l = ledger_open("outdated");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO);
    act.effect = EFFECT_OUTDATED;
    cr_assert_eq(ledger_record(&l, act).effect, EFFECT_OUTDATED);
    ledger_record(&l, act_of(&p, OFFERS, EVENT_REFUSED, INSTANT_NONE));
    cr_assert_eq(ledger_record(&l, act).effect, EFFECT_SUPERSEDED);
}

static void assert_was_each(const struct recorded *e, size_t count, const int32_t *expected)
{
    cr_assert_eq(e->was_each_count, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(e->was_each[2 * i], expected[2 * i]);
        cr_assert_eq(rank_state(e->was_each[2 * i + 1]), (enum event_state)expected[2 * i + 1]);
    }
}

Test(record, a_standing_no_is_told_what_stood_for_each_purpose)
{
    l = ledger_open("was each");
    const struct person p = person_numbered(1);
    ledger_record(&l, act_of(&p, OFFERS, EVENT_REFUSED, LONG_AGO));
    ledger_record(&l, act_of(&p, NEWSLETTER, EVENT_GIVEN, LONG_AGO));
    struct act act = act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE);
    struct record_job r = request_of(&l, &act, 1);
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.events[0].was, EVENT_NONE, "no standing No stood");
    assert_was_each(&r.events[0], 2, (const int32_t[]){NEWSLETTER, EVENT_GIVEN, OFFERS, EVENT_REFUSED});
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.events[0].was, EVENT_WITHDRAWN);
    assert_was_each(&r.events[0], 3,
                    (const int32_t[]){PURPOSE_ALL, EVENT_WITHDRAWN, NEWSLETTER, EVENT_WITHDRAWN, OFFERS,
                                      EVENT_WITHDRAWN});
    record_job_clear(&r);
}

/* ---- what is kept, and who may touch it ---- */

Test(record, an_event_keeps_what_was_said_and_its_evidence_stands_beside_it)
{
    l = ledger_open("kept");
    const struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO);
    act.language = "nl";
    act.ref = "crm-4711";
    act.detail = "{\"import\": {\"batch\": \"7\"}}";
    act.evidence = "{\"ip\": \"203.0.113.0\"}";
    act.has_end = true;
    act.validity = (struct duration){.months = 1, .days = 2, .seconds = 3};
    struct recorded e = ledger_record(&l, act);
    cr_assert_eq(e.valid_until, duration_add(LONG_AGO, act.validity));
    cr_assert_eq(
        ledger_number(
            &l, "select count(*) from event where controller_id = $1 and revision = 1 and language = 'nl' "
                "and ref = 'crm-4711' and detail #>> '{import,batch}' = '7' and actor = 'test' "
                "and notice_no = 2 and policy_version = 1 and method = 0 and role = 0 and slot = 0 "
                "and valid_until = '2025-02-03 00:00:03+00'"),
        1);
    cr_assert_eq(ledger_number(&l, "select count(*) from evidence where controller_id = $1 and revision = 1 "
                                   "and document ->> 'ip' = '203.0.113.0'"),
                 1);
    cr_assert_eq(ledger_number(&l,
                               "select count(*) from information_schema.columns where table_name = 'event' "
                               "and column_name in ('evidence', 'ip', 'tag')"),
                 0);
}

Test(record, an_event_cannot_be_changed_by_the_service_nor_by_the_owner)
{
    l = ledger_open("forbidden");
    const struct person p = person_numbered(1);
    ledger_record(&l, act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO));
    static const char *const attempts[] = {
        "update event set rank = 0", "delete from event", "truncate event",
        "insert into event select * from event on conflict (controller_id, revision) do update set ref = ''"};
    PGconn *owner = owner_connect();
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        const char *service = sql_refused(l.pg, attempts[i]);
        cr_expect(service != NULL && strcmp(service, "42501") == 0, "the service: %s", attempts[i]);
        const char *refused = sql_refused(owner, attempts[i]);
        cr_expect(refused != NULL && strcmp(refused, "P0001") == 0, "the owner: %s", attempts[i]);
    }
    cr_expect_str_eq(sql_refused(l.pg, "delete from evidence"), "42501");
    cr_expect_str_eq(sql_refused(l.pg, "delete from consent"), "42501");
    cr_expect_str_eq(sql_refused(l.pg, "begin; set local akkoord.purging = on; delete from event"), "42501");
    cr_expect_null(sql_refused(l.pg, "rollback"));
    PQfinish(owner);
    assert_gapless(1);
}

/* ---- rotation of the subject key ---- */

static struct tag wrapped(uint32_t n)
{
    struct tag tag = tag_numbered(n);
    tag.bytes[0] = 2;
    return tag;
}

Test(record, a_person_under_a_key_that_is_going_moves_with_his_state_when_touched)
{
    l = ledger_open("rotation");
    const struct person old = person_numbered(1);
    struct person rotating = {.count = 2,
                              .tags = {wrapped(1), wrapped(2)},
                              .rotating = true,
                              .old_tags = {tag_numbered(1), tag_numbered(2)}};
    int64_t subject = ledger_record(&l, act_of(&old, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE)).subject_no;
    for (int i = 0; i < 2; i++) { /* the second time there is nothing left to move */
        cr_assert_eq(ledger_record(&l, act_of(&rotating, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE)).subject_no,
                     subject);
        cr_assert_eq(ledger_reason(&l, wrapped(1), OFFERS), REASON_WITHDRAWN);
        cr_assert_eq(ledger_reason(&l, wrapped(2), OFFERS), REASON_WITHDRAWN);
        cr_assert_eq(ledger_reason(&l, wrapped(1), NEWSLETTER), REASON_GRANTED);
        cr_assert_eq(ledger_reason(&l, tag_numbered(1), OFFERS), REASON_NEVER_ASKED);
        cr_assert_eq(ledger_number(&l, "select count(*) from identifier where controller_id = $1"), 2);
    }
}

static void tags_wrap(struct tag from, struct tag to)
{
    char sql[256] = "", hex[2][2 * TAG_SIZE + 1];
    for (size_t i = 0; i < TAG_SIZE; i++) {
        snprintf(hex[0] + 2 * i, 3, "%02x", from.bytes[i]);
        snprintf(hex[1] + 2 * i, 3, "%02x", to.bytes[i]);
    }
    snprintf(sql, sizeof sql, "select wrap_tags($1::int4, array['\\x%s'::bytea], array['\\x%s'::bytea])",
             hex[0], hex[1]);
    ledger_number(&l, sql);
}

Test(record, wrapping_tags_moves_identifiers_and_states_of_this_controller_only)
{
    struct ledger other = ledger_open("wrapping elsewhere");
    l = ledger_open("wrapping");
    const struct person p = person_numbered(1);
    ledger_record(&other, act_of(&p, OFFERS, EVENT_REFUSED, INSTANT_NONE));
    ledger_record(&l, act_of(&p, OFFERS, EVENT_REFUSED, INSTANT_NONE));
    ledger_record(&l, act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE));
    tags_wrap(tag_numbered(1), wrapped(1));
    cr_assert_eq(ledger_reason(&l, wrapped(1), OFFERS), REASON_WITHDRAWN);
    cr_assert_eq(ledger_reason(&l, tag_numbered(1), OFFERS), REASON_NEVER_ASKED);
    cr_assert_eq(ledger_reason(&other, tag_numbered(1), OFFERS), REASON_REFUSED);
    ledger_close(&other);
}

Test(record, of_states_under_the_old_and_the_new_tag_the_higher_rank_stands)
{
    l = ledger_open("wrapping both");
    struct person old = person_numbered(1), new = person_numbered(1);
    new.tags[0] = wrapped(1);
    ledger_record(&l, act_of(&old, OFFERS, EVENT_WITHDRAWN, LONG_AGO + 2));
    ledger_record(&l, act_of(&new, OFFERS, EVENT_GIVEN, LONG_AGO + 1));
    ledger_record(&l, act_of(&old, NEWSLETTER, EVENT_GIVEN, LONG_AGO + 1));
    ledger_record(&l, act_of(&new, NEWSLETTER, EVENT_REFUSED, LONG_AGO + 2));
    tags_wrap(tag_numbered(1), wrapped(1));
    cr_assert_eq(ledger_reason(&l, wrapped(1), OFFERS), REASON_WITHDRAWN);
    cr_assert_eq(ledger_reason(&l, wrapped(1), NEWSLETTER), REASON_REFUSED);
    cr_assert_eq(ledger_number(&l, "select count(*) from identifier where controller_id = $1"), 1);
}
