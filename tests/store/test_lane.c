/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loop/loop.h"
#include "store/audit.h"
#include "store/heads.h"
#include "store/lane.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* No timing is tested: waits poll, and end at this ceiling. */
enum { PATIENCE_MS = 30000, ASKS_MAX = 64, DEPTH = 2 };

/* A write or a check, and what its caller heard. */
struct ask {
    struct person person;
    struct act act;
    struct record_job record;
    struct check_job check;
    struct probe probe;
    struct job *job;
    int answers;
    enum error outcome;
    struct lane *again; /* submitted there again by its answer, once */
};

static struct ledger l;
static struct loop *loop;
static struct database *db;
static struct lane *lane;
static struct ask asks[ASKS_MAX];
static bool submitting;
static const struct purpose_set offers = {.count = 2, .numbers = {PURPOSE_ALL, OFFERS}};

static struct database *database_of(const char *conninfo, const struct numbered_keys *keys)
{
    char *fault = NULL;
    struct database *made = database_create(conninfo, keys, &fault);
    cr_assert_not_null(made, "%s", fault);
    return made;
}

static void stop(void)
{
    if (lane != NULL)
        lane_destroy(lane);
    database_destroy(db);
    if (loop != NULL)
        loop_destroy(loop);
    if (l.pg != NULL)
        ledger_close(&l);
}

TestSuite(lane, .fini = stop, .timeout = 600);

static void lane_open(const char *conninfo, const struct numbered_keys *keys)
{
    loop = loop_create();
    db = database_of(conninfo, keys);
    lane = lane_create(loop, db, "test", DEPTH, 60000);
}

/* Runs the loop until ${holds}, or for ever so long; returns whether it did. */
static bool comes(bool (*holds)(void))
{
    int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (!holds() && clock_monotonic() < until)
        loop_run_once(loop, LOOP_BEAT_MS);
    return holds();
}

static void loop_run_for(int ms)
{
    for (int64_t until = clock_monotonic() + ms * INT64_C(1000); clock_monotonic() < until;)
        loop_run_once(loop, LOOP_BEAT_MS);
}

static bool ready(void)
{
    return lane_is_ready(lane);
}

static bool not_ready(void)
{
    return !lane_is_ready(lane);
}

static bool idle(void)
{
    return lane_is_idle(lane);
}

/* The usual ground: a controller and a lane that is ready. */
static void start(const char *controller)
{
    l = ledger_open(controller);
    lane_open(cluster_service(), ledger_keys());
    cr_assert(comes(ready), "%s", lane_trouble(lane));
}

static struct ask *ask_of(struct job *job)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        if (asks[i].job == job)
            return &asks[i];
    }
    cr_assert_fail("answered what was not asked");
    return NULL;
}

static void on_done(struct job *job, enum error outcome)
{
    struct ask *a = ask_of(job);
    cr_assert_not(submitting, "answered from inside lane_submit");
    a->answers++;
    a->outcome = outcome;
    if (a->again != NULL) {
        struct lane *there = a->again;
        a->again = NULL;
        lane_submit(there, job);
    }
}

static void submit(struct ask *a, struct job *job, int deadline_ms)
{
    job->deadline = clock_monotonic() + deadline_ms * INT64_C(1000);
    job->done = on_done;
    a->job = job;
    a->answers = 0;
    submitting = true;
    lane_submit(lane, job);
    submitting = false;
    cr_assert_eq(a->answers, 0);
}

/* A Yes of a person of that number. */
static void ask_record(size_t i, const char *ref, int deadline_ms)
{
    struct ask *a = &asks[i];
    a->person = person_numbered((uint32_t)i);
    a->act = act_of(&a->person, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    a->act.ref = ref;
    a->record = request_of(&l, &a->act, 1);
    submit(a, &a->record.job, deadline_ms);
}

static void ask_check(size_t i, int deadline_ms)
{
    struct ask *a = &asks[i];
    a->probe = (struct probe){.tag = tag_numbered((uint32_t)i)};
    check_job_init(&a->check, l.controller, &a->probe, 1, &offers, 1);
    submit(a, &a->check.job, deadline_ms);
}

static void assert_answered(size_t from, size_t to, enum error outcome)
{
    cr_assert(comes(idle));
    for (size_t i = from; i < to; i++) {
        cr_assert_eq(asks[i].answers, 1, "ask %zu has %d answers", i, asks[i].answers);
        cr_assert_eq(asks[i].outcome, outcome, "ask %zu: %s", i, error_word(asks[i].outcome));
        record_job_clear(&asks[i].record);
    }
}

static int64_t events(void)
{
    return ledger_number(&l, "select count(*) from event where controller_id = $1");
}

static bool some_wait_for_a_lock(void)
{
    return ledger_number(&l, "select count(*) from pg_locks where not granted") > 0;
}

/* ---- batches ---- */

Test(lane, jobs_of_one_tick_leave_as_one_batch)
{
    start("one batch");
    uint64_t before = lane_stats(lane)->batches;
    for (size_t i = 0; i < 50; i++)
        ask_record(i, NULL, PATIENCE_MS);
    assert_answered(0, 50, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + 1);
    cr_assert_eq(events(), 50);
    for (size_t i = 0; i < 50; i++)
        ask_check(i, PATIENCE_MS);
    assert_answered(0, 50, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + 2);
    for (size_t i = 0; i < 50; i++)
        cr_assert_eq(check_states(&asks[i].check, 0).count, 1, "each has its own answer");
}

Test(lane, jobs_of_another_verb_or_controller_and_what_is_too_much_leave_in_a_batch_of_their_own)
{
    start("own batch");
    struct ledger other = ledger_open("own batch elsewhere");
    uint64_t before = lane_stats(lane)->batches;
    for (size_t i = 0; i < 4; i++)
        ask_record(i, NULL, PATIENCE_MS);
    struct ledger mine = l;
    l = other;
    for (size_t i = 4; i < 8; i++)
        ask_record(i, NULL, PATIENCE_MS);
    l = mine;
    for (size_t i = 8; i < 12; i++)
        ask_check(i, PATIENCE_MS);
    static struct probe probes[READ_BATCH_MAX];
    for (size_t i = 0; i < READ_BATCH_MAX; i++)
        probes[i] = (struct probe){.tag = tag_numbered(1)};
    check_job_init(&asks[12].check, l.controller, probes, READ_BATCH_MAX, &offers, 1);
    submit(&asks[12], &asks[12].check.job, PATIENCE_MS);
    assert_answered(0, 13, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + 4);
    cr_assert_eq(events(), 4);
    ledger_close(&other);
}

Test(lane, checks_of_several_controllers_travel_together_and_each_reaches_its_own_rows)
{
    start("together");
    struct ledger mine = l, other = ledger_open("together elsewhere");
    ask_record(0, NULL, PATIENCE_MS);
    assert_answered(0, 1, ERROR_NONE);
    uint64_t before = lane_stats(lane)->batches;
    for (size_t i = 0; i < 6; i++) {
        l = i % 2 == 0 ? mine : other;
        ask_check(i, PATIENCE_MS);
        asks[i].probe.tag = tag_numbered(0);
    }
    l = mine;
    assert_answered(0, 6, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + 1);
    for (size_t i = 0; i < 6; i++) {
        const struct check_job *check = &asks[i].check;
        cr_expect_eq(check->generation, i % 2 == 0 ? mine.generation : other.generation);
        cr_expect_eq(check_states(check, 0).count, i % 2 == 0 ? 1 : 0);
    }
    ledger_close(&other);
}

/* It has a place in the batch like the others, and takes none of theirs. */
Test(lane, who_asks_for_the_generation_alone_shifts_nobodys_answer)
{
    start("generation");
    ask_record(0, NULL, PATIENCE_MS);
    assert_answered(0, 1, ERROR_NONE);
    uint64_t before = lane_stats(lane)->batches;
    for (size_t i = 0; i < 6; i++) {
        if (i % 2 == 0) {
            check_job_init(&asks[i].check, l.controller, NULL, 0, NULL, 0);
            submit(&asks[i], &asks[i].check.job, PATIENCE_MS);
        } else {
            ask_check(i, PATIENCE_MS);
            asks[i].probe.tag = tag_numbered(i == 3 ? 0 : 1);
        }
    }
    assert_answered(0, 6, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + 1);
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(asks[i].check.generation, l.generation);
        if (i % 2 == 1)
            cr_expect_eq(check_states(&asks[i].check, 0).count, i == 3 ? 1 : 0, "%zu", i);
    }
}

Test(lane, while_batches_are_on_the_wire_the_next_one_grows)
{
    start("grows");
    PGconn *holder = ledger_hold(&l);
    uint64_t before = lane_stats(lane)->batches;
    for (size_t i = 0; i < 20; i++) {
        ask_record(i, NULL, PATIENCE_MS);
        loop_run_for(LOOP_BEAT_MS);
    }
    cr_assert_eq(lane_stats(lane)->batches, before + DEPTH);
    cr_assert_null(sql_refused(holder, "rollback"));
    assert_answered(0, 20, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->batches, before + DEPTH + 1);
    for (size_t i = 0; i < 20; i++)
        cr_assert_eq(asks[i].answers, 1);
    PQfinish(holder);
}

/* Others go past them meanwhile. */
Test(lane, small_writes_gather_while_one_batch_of_them_is_on_the_wire)
{
    start("gathers");
    PGconn *holder = service_connect();
    char sql[160];
    snprintf(sql, sizeof sql,
             "insert into register (controller_id) values (%d); begin; select from register where "
             "controller_id = %d "
             "for update",
             l.controller, l.controller);
    session_admit(holder, l.controller);
    cr_assert_null(sql_refused(holder, sql));
    uint64_t before = lane_stats(lane)->batches;
    static struct audit_job entries[20];
    for (size_t i = 0; i < 20; i++) {
        entries[i].entry = (struct audit_entry){.actor = "somebody", .action = "lookup", .found = 1};
        audit_job_prepare(&entries[i], l.controller);
        submit(&asks[i], &entries[i].job, PATIENCE_MS);
        loop_run_for(LOOP_BEAT_MS);
    }
    cr_expect_eq(lane_stats(lane)->batches, before + 1);
    ask_record(20, NULL, PATIENCE_MS);
    loop_run_for(LOOP_BEAT_MS);
    cr_expect_eq(lane_stats(lane)->batches, before + 2, "a record waits for nobody's entry");
    cr_assert_null(sql_refused(holder, "rollback"));
    assert_answered(0, 21, ERROR_NONE);
    cr_expect_eq(lane_stats(lane)->batches, before + 3);
    cr_expect_eq(ledger_number(&l, "select count(*) from audit where controller_id = $1"), 20);
    PQfinish(holder);
}

Test(lane, a_job_may_be_submitted_again_by_its_own_answer)
{
    start("again");
    asks[0].again = lane;
    ask_check(0, PATIENCE_MS);
    cr_assert(comes(idle));
    cr_assert_eq(asks[0].answers, 2);
    cr_assert_eq(asks[0].outcome, ERROR_NONE);
}

/* ---- refusals and deadlines ---- */

Test(lane, a_full_queue_refuses_at_once_but_not_from_inside)
{
    start("full");
    for (size_t i = 0; i < 4; i++)
        ask_check(i, PATIENCE_MS);
    static struct probe probes[1];
    check_job_init(&asks[4].check, l.controller, probes, 1, &offers, 1);
    asks[4].check.job.weight = QUEUE_PROBES_MAX; /* as many probes as there is room for */
    submit(&asks[4], &asks[4].check.job, PATIENCE_MS);
    assert_answered(0, 4, ERROR_NONE);
    assert_answered(4, 5, ERROR_OVERLOADED);
}

Test(lane, what_waits_past_its_deadline_in_the_queue_is_surely_not_written)
{
    start("queue deadline");
    PGconn *holder = ledger_hold(&l);
    for (size_t i = 0; i < DEPTH; i++) {
        ask_record(i, NULL, PATIENCE_MS);
        loop_run_for(LOOP_BEAT_MS);
    }
    ask_record(5, NULL, 200);
    while (asks[5].answers == 0)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert_eq(asks[5].outcome, ERROR_UNAVAILABLE);
    cr_assert_null(sql_refused(holder, "rollback"));
    assert_answered(0, DEPTH, ERROR_NONE);
    cr_assert_eq(events(), DEPTH);
    PQfinish(holder);
}

Test(lane, a_write_past_its_deadline_on_the_wire_may_be_written)
{
    start("wire deadline");
    PGconn *holder = ledger_hold(&l);
    ask_record(0, NULL, 200);
    ask_record(1, NULL, PATIENCE_MS);
    while (asks[0].answers == 0)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert_eq(asks[0].outcome, ERROR_OUTCOME_UNKNOWN);
    cr_assert_eq(asks[1].answers, 0);
    cr_assert_null(sql_refused(holder, "rollback"));
    assert_answered(0, 1, ERROR_OUTCOME_UNKNOWN);
    assert_answered(1, 2, ERROR_NONE);
    cr_assert_eq(events(), 2, "it was written, as said");
    PQfinish(holder);
}

Test(lane, a_read_past_its_deadline_on_the_wire_is_unavailable)
{
    start("read deadline");
    PGconn *holder = owner_connect();
    cr_assert_null(sql_refused(holder, "begin; lock table consent"));
    ask_check(0, 200);
    while (asks[0].answers == 0)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert_eq(asks[0].outcome, ERROR_UNAVAILABLE);
    cr_assert_null(sql_refused(holder, "rollback"));
    cr_assert(comes(idle));
    PQfinish(holder);
}

Test(lane, a_write_that_waits_too_long_for_the_head_is_not_written)
{
    start("lock timeout");
    PGconn *holder = ledger_hold(&l);
    ask_record(0, NULL, PATIENCE_MS);
    assert_answered(0, 1, ERROR_UNAVAILABLE);
    cr_assert_null(sql_refused(holder, "rollback"));
    cr_assert_eq(events(), 0);
    PQfinish(holder);
}

Test(lane, a_lane_that_goes_answers_what_is_left)
{
    start("goes");
    PGconn *holder = ledger_hold(&l);
    for (size_t i = 0; i < DEPTH; i++) {
        ask_record(i, NULL, PATIENCE_MS);
        loop_run_for(LOOP_BEAT_MS);
    }
    ask_record(10, NULL, PATIENCE_MS);
    lane_destroy(lane);
    lane = NULL;
    for (size_t i = 0; i < DEPTH; i++) {
        cr_assert_eq(asks[i].answers, 1);
        cr_assert_eq(asks[i].outcome, ERROR_OUTCOME_UNKNOWN);
    }
    cr_assert_eq(asks[10].answers, 1);
    cr_assert_eq(asks[10].outcome, ERROR_UNAVAILABLE);
    PQfinish(holder);
}

/* ---- errors of the server ---- */

Test(lane, an_offender_in_a_batch_is_found_and_the_others_go_in)
{
    start("offender");
    for (size_t i = 0; i < 16; i++) {
        ask_record(i, NULL, PATIENCE_MS);
        asks[i].act.detail = i == 5 ? "not JSON" : "{}";
    }
    cr_assert(comes(idle));
    assert_answered(5, 6, ERROR_INTERNAL);
    assert_answered(0, 5, ERROR_NONE);
    assert_answered(6, 16, ERROR_NONE);
    cr_assert_eq(lane_stats(lane)->split, 4, "16, 8, 4, 2");
    cr_assert_eq(events(), 15);
    cr_assert_eq(ledger_number(&l, "select max(revision) from event where controller_id = $1"), 15, "no gap");
}

/* An event whose ref is `raise SQLSTATE TIMES` meets that error the first so many times. */
static void storm_make(void)
{
    cluster_sql(
        "create sequence if not exists storm; grant usage on sequence storm to akkoord;\n"
        "create or replace function storm_rages() returns trigger language plpgsql as $$ begin\n"
        "if nextval('storm') <= split_part(new.ref, ' ', 3)::int then\n"
        "if new.ref like 'raise 01000%' then raise warning 'storm'; else\n"
        "raise exception 'storm' using errcode = split_part(new.ref, ' ', 2); end if;\n"
        "end if; return new; end $$;\n"
        "create or replace trigger storm before insert on event for each row when (new.ref like 'raise %')\n"
        "execute function storm_rages(); alter sequence storm restart;\n");
}

static const struct {
    const char *ref;
    enum error outcome;
    uint64_t retried;
    int64_t events; /* of this one and of its neighbour */
} storms[] = {
    {"raise 40001 1", ERROR_NONE, 1, 2},        {"raise 40P01 2", ERROR_NONE, 2, 2},
    {"raise 40001 9", ERROR_UNAVAILABLE, 2, 0}, {"raise 53100 1", ERROR_UNAVAILABLE, 0, 0},
    {"raise 58030 1", ERROR_UNAVAILABLE, 0, 0}, {"raise 57014 1", ERROR_UNAVAILABLE, 0, 0},
    {"raise XX000 1", ERROR_INTERNAL, 0, 0},    {"raise 01000 1", ERROR_OUTCOME_UNKNOWN, 0, 2},
    {"raise 25006 1", ERROR_UNAVAILABLE, 0, 0}, {"raise 57P01 1", ERROR_UNAVAILABLE, 0, 0},
};

static void storm_end(void)
{
    cluster_sql("drop trigger if exists storm on event");
}

Test(lane, what_becomes_of_a_batch_with_an_error_hangs_on_its_class, .fini = storm_end)
{
    start("classes");
    for (size_t i = 0; i < sizeof storms / sizeof *storms; i++) {
        storm_make();
        cr_assert(comes(ready), "after %s", storms[i].ref);
        int64_t before = events();
        uint64_t retried = lane_stats(lane)->retried;
        ask_record(2 * i, storms[i].ref, PATIENCE_MS);
        ask_record(2 * i + 1, NULL, PATIENCE_MS);
        assert_answered(2 * i, 2 * i + 2, storms[i].outcome);
        cr_expect_eq(events() - before, storms[i].events, "%s", storms[i].ref);
        cr_expect_eq(lane_stats(lane)->retried - retried, storms[i].retried, "%s", storms[i].ref);
    }
}

static void commit_works(void)
{
    cluster_sql("drop trigger if exists commit_fails on event");
}

/* The rows have come by then, without an error. */
Test(lane, a_write_whose_commit_fails_is_not_written, .fini = commit_works)
{
    start("commit fails");
    cluster_sql("create or replace function commit_fails() returns trigger language plpgsql as $$ begin\n"
                "raise exception 'no' using errcode = new.ref; end $$;\n"
                "create constraint trigger commit_fails after insert on event deferrable initially deferred\n"
                "for each row when (new.ref is not null) execute function commit_fails();");
    ask_record(0, "53100", PATIENCE_MS);
    ask_record(1, NULL, PATIENCE_MS);
    assert_answered(0, 2, ERROR_UNAVAILABLE);
    ask_record(2, "23514", PATIENCE_MS);
    ask_record(3, NULL, PATIENCE_MS);
    cr_assert(comes(idle));
    assert_answered(2, 3, ERROR_INTERNAL);
    assert_answered(3, 4, ERROR_NONE);
    cr_assert_eq(events(), 1);
}

/* The lane holds the head and waits for the evidence; another holds the evidence and asks for the head. */
Test(lane, a_write_that_meets_a_deadlock_is_tried_again)
{
    start("deadlock");
    PGconn *other = owner_connect();
    cluster_sql("grant set on parameter deadlock_timeout to akkoord_owner");
    cr_assert_null(sql_refused(other, "begin; set local deadlock_timeout = '1h'; lock table evidence"));
    ask_record(0, NULL, PATIENCE_MS);
    asks[0].act.evidence = "{}";
    cr_assert(comes(some_wait_for_a_lock));
    char sql[128];
    snprintf(sql, sizeof sql, "select from head where controller_id = %d for update", l.controller);
    cr_assert_eq(PQsendQuery(other, sql), 1);
    while (PQconsumeInput(other) == 1 && PQisBusy(other))
        loop_run_once(loop, LOOP_BEAT_MS);
    PQclear(PQgetResult(other));
    cr_assert_null(PQgetResult(other));
    cr_assert_null(sql_refused(other, "commit"));
    assert_answered(0, 1, ERROR_NONE);
    cr_assert_geq(lane_stats(lane)->retried, 1);
    cr_assert_eq(events(), 1, "once");
    PQfinish(other);
}

/* ---- connections that die ---- */

static void terminate_others(void)
{
    ledger_number(
        &l, "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'akkoord' "
            "and pid <> pg_backend_pid() and application_name = 'akkoord' and wait_event_type = 'Lock'");
}

Test(lane, writes_on_the_wire_of_a_connection_that_dies_are_unknown_and_the_queue_goes_on)
{
    start("killed");
    PGconn *holder = ledger_hold(&l);
    for (size_t i = 0; i < DEPTH; i++) {
        ask_record(i, NULL, PATIENCE_MS);
        loop_run_for(LOOP_BEAT_MS);
    }
    for (size_t i = 10; i < 15; i++)
        ask_record(i, NULL, PATIENCE_MS);
    cr_assert(comes(some_wait_for_a_lock));
    terminate_others();
    cr_assert(comes(not_ready));
    cr_assert_null(sql_refused(holder, "rollback"));
    cr_assert(comes(idle));
    assert_answered(0, DEPTH, ERROR_OUTCOME_UNKNOWN);
    assert_answered(10, 15, ERROR_NONE);
    cr_assert_eq(events(), 5);
    cr_assert_eq(lane_stats(lane)->lost, 1);
    PQfinish(holder);
}

Test(lane, reads_on_the_wire_of_a_connection_that_dies_are_asked_again)
{
    start("read killed");
    PGconn *holder = owner_connect();
    cr_assert_null(sql_refused(holder, "begin; lock table consent"));
    ask_check(0, PATIENCE_MS);
    loop_run_for(LOOP_BEAT_MS);
    ask_check(1, PATIENCE_MS);
    cr_assert(comes(some_wait_for_a_lock));
    terminate_others();
    cr_assert(comes(not_ready));
    cr_assert_null(sql_refused(holder, "rollback"));
    assert_answered(0, 2, ERROR_NONE);
    PQfinish(holder);
}

Test(lane, a_lane_comes_back_after_the_server_does)
{
    start("restart");
    ask_record(0, NULL, PATIENCE_MS);
    assert_answered(0, 1, ERROR_NONE);
    ledger_close(&l);
    cluster_stop();
    cr_assert(comes(not_ready));
    ask_record(1, NULL, PATIENCE_MS);
    ask_check(2, PATIENCE_MS);
    assert_answered(1, 3, ERROR_UNAVAILABLE); /* nobody waits for the whole of his deadline in an outage */
    cluster_start();
    cr_assert(comes(ready), "%s", lane_trouble(lane));
    l.pg = service_connect();
    session_admit(l.pg, l.controller);
    ask_record(3, NULL, PATIENCE_MS);
    assert_answered(3, 4, ERROR_NONE);
    cr_assert_eq(events(), 2);
}

static pid_t backend;

static void backend_wake(void)
{
    kill(backend, SIGCONT);
}

Test(lane, a_lane_without_jobs_finds_out_that_its_host_hangs, .fini = backend_wake)
{
    start("hangs");
    backend = (pid_t)ledger_number(&l, "select pid from pg_stat_activity where query like '%migration%' and "
                                       "pid <> pg_backend_pid() and $1 > 0");
    cr_assert(backend > 1 && kill(backend, SIGSTOP) == 0);
    cr_assert(comes(not_ready));
    cr_assert(comes(ready), "%s", lane_trouble(lane));
    ask_record(0, NULL, PATIENCE_MS);
    assert_answered(0, 1, ERROR_NONE);
}

Test(lane, a_ping_stands_in_no_jobs_way)
{
    start("pings");
    for (size_t i = 0; i < 3; i++) {
        loop_run_for(PING_EVERY_MS + LOOP_BEAT_MS); /* so that one is on its way, or just was */
        ask_record(i, NULL, PATIENCE_MS);
        ask_check(10 + i, PATIENCE_MS);
        assert_answered(i, i + 1, ERROR_NONE);
        assert_answered(10 + i, 11 + i, ERROR_NONE);
    }
    cr_assert_eq(lane_stats(lane)->lost, 0);
}

/* ---- hosts, and databases that must not be used ---- */

/* A port where connections are taken and nobody ever speaks. */
static int mute_port(int *ret_fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    *ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(*ret_fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(*ret_fd, 8) == 0 &&
              getsockname(*ret_fd, (struct sockaddr *)&at, &len) == 0);
    return ntohs(at.sin_port);
}

/* The service's conninfo with two hosts, the second of which is the server. */
static void lane_open_behind(int dead_port)
{
    char conninfo[1024];
    const char *rest = strstr(cluster_service(), " dbname=");
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1,127.0.0.1 port=%d,%d%s", dead_port, cluster_port(),
             rest);
    lane_open(conninfo, ledger_keys());
}

Test(lane, a_host_that_refuses_is_passed_over)
{
    int fd, port = mute_port(&fd);
    close(fd);
    lane_open_behind(port);
    cr_assert(comes(ready), "%s", lane_trouble(lane));
}

Test(lane, a_host_that_takes_the_connection_and_is_silent_is_passed_over)
{
    int fd;
    lane_open_behind(mute_port(&fd));
    cr_assert(comes(ready), "%s", lane_trouble(lane));
    close(fd);
}

static void let_in_slowly(int seconds)
{
    char sql[64];
    snprintf(sql, sizeof sql, "alter system set post_auth_delay = %d", seconds);
    cluster_sql(sql);
    cluster_sql("select pg_reload_conf()");
}

static void let_in_at_once(void)
{
    let_in_slowly(0);
}

Test(lane, a_host_that_speaks_and_is_slow_to_let_in_is_waited_for, .fini = let_in_at_once)
{
    let_in_slowly(2 * CONNECT_TIMEOUT_MS / 1000);
    lane_open(cluster_service(), ledger_keys());
    cr_assert(comes(ready), "%s", lane_trouble(lane));
}

static const char *expected_trouble;

static bool in_trouble(void)
{
    return strstr(lane_trouble(lane), expected_trouble) != NULL;
}

/* And again and again, not once. */
static void assert_refused(const char *why)
{
    expected_trouble = why;
    cr_assert(comes(in_trouble), "%s", lane_trouble(lane));
    for (int i = 0; i < 20; i++) {
        loop_run_for(LOOP_BEAT_MS);
        cr_assert(in_trouble() && not_ready(), "%s", lane_trouble(lane));
    }
}

static void writes_allow(void)
{
    cluster_sql("alter role akkoord in database akkoord reset default_transaction_read_only");
}

Test(lane, a_server_that_takes_no_writes_is_no_primary, .fini = writes_allow)
{
    cluster_sql("alter role akkoord in database akkoord set default_transaction_read_only = on");
    lane_open(cluster_service(), ledger_keys());
    assert_refused("connect");
    writes_allow();
    cr_assert(comes(ready), "%s", lane_trouble(lane));
}

Test(lane, a_service_with_another_subject_key_is_refused)
{
    PQfinish(service_connect());
    l = ledger_open("another key"); /* the right one is known now, */
    PGconn *pg = l.pg;
    cr_assert_not_null(pg);
    lane_open(cluster_service(), ledger_keys());
    cr_assert(comes(ready)); /* and taken */
    lane_destroy(lane);
    struct numbered_keys other = *ledger_keys();
    other.keys[0].bytes[0] ^= 1;
    struct database *wrong = database_of(cluster_service(), &other);
    lane = lane_create(loop, wrong, "test", DEPTH, 60000);
    assert_refused("subject key");
    lane_destroy(lane);
    other.keys[0] = (struct numbered_key){.number = 9, .bytes = "the one in force is missing"};
    lane = lane_create(loop, wrong, "test", DEPTH, 60000);
    assert_refused("subject key");
    cr_assert_eq(ledger_number(&l, "select count(*) from subject_key"), 1, "a wrong key is not made known");
    lane_destroy(lane);
    lane = NULL;
    database_destroy(wrong);
}

Test(lane, a_database_without_the_schema_is_refused)
{
    char conninfo[1024];
    const char *name = strstr(cluster_service(), "dbname=akkoord");
    snprintf(conninfo, sizeof conninfo, "%.*sdbname=postgres%s", (int)(name - cluster_service()),
             cluster_service(), name + strlen("dbname=akkoord"));
    lane_open(conninfo, ledger_keys());
    assert_refused("akkoord migrate");
}

static void future_undo(void)
{
    cluster_sql("delete from migration where step = 998");
}

Test(lane, a_schema_that_no_longer_serves_this_program_is_refused, .fini = future_undo)
{
    cluster_sql("insert into migration (step, name, oldest) values (998, 'future', 998)");
    lane_open(cluster_service(), ledger_keys());
    assert_refused("upgrade");
    future_undo();
    cr_assert(comes(ready), "%s", lane_trouble(lane));
}
