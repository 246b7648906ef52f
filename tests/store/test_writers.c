/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writers.h"

#include "cluster.h"
#include "ledger.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loop/loop.h"
#include "store/lane.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* No timing is tested: waits poll, and end at this ceiling. */
enum { PATIENCE_MS = 60000, PARTIES = 2, ASKS_MAX = 300 };

struct ask {
    struct person person;
    struct act act;
    struct record_job record;
    size_t of; /* which party submitted it */
    int answers;
    enum error outcome;
};

static struct party {
    struct loop *loop;
    struct lane *lane;
    struct writer *writer;
    struct ask asks[ASKS_MAX];
    size_t asked;
    atomic_size_t answered;
} parties[PARTIES];

static struct ledger l;
static struct database *db, *nowhere;
static struct writers *writers;
static atomic_uint strangers;         /* answers told by another thread's loop */
static _Thread_local size_t runs = 9; /* the party whose loop this thread runs */

static void on_done(struct job *job, enum error outcome)
{
    struct ask *a = list_entry(list_entry(job, struct record_job, job), struct ask, record);
    if (a->of != runs)
        strangers++;
    a->answers++;
    a->outcome = outcome;
    parties[a->of].answered++;
}

static void run_once(size_t party)
{
    runs = party;
    loop_run_once(parties[party].loop, 1);
    runs = 9;
}

/* Runs the loops of all, in turns, until it holds. */
static void until(bool (*holds)(void))
{
    int64_t end = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (!holds()) {
        cr_assert(clock_monotonic() < end, "in vain");
        for (size_t i = 0; i < PARTIES; i++)
            run_once(i);
    }
}

/* The party whose lane this controller's records leave by, and the other. */
static size_t home(void)
{
    return (size_t)l.controller % PARTIES;
}

static size_t guest(void)
{
    return PARTIES - 1 - home();
}

/* As the other threads see it: since a beat. */
static bool is_ready(size_t party)
{
    return lane_stats(parties[party].lane)->state == CONN_READY;
}

static bool home_is_ready(void)
{
    return is_ready(home());
}

static bool guest_is_ready(void)
{
    return is_ready(guest());
}

static bool all_answered(void)
{
    return parties[0].answered == parties[0].asked && parties[1].answered == parties[1].asked;
}

static struct database *database_of(const char *conninfo)
{
    char *fault = NULL;
    struct database *made = database_create(conninfo, ledger_keys(), &fault);
    cr_assert_not_null(made, "%s", fault);
    return made;
}

static void start_without(const char *controller, bool home_is_down)
{
    l = ledger_open(controller);
    db = database_of(cluster_service());
    nowhere = database_of("host=127.0.0.1 port=1");
    writers = writers_create(PARTIES);
    for (size_t i = 0; i < PARTIES; i++) {
        struct party *p = &parties[i];
        p->loop = loop_create();
        p->lane = lane_create(p->loop, home_is_down && i == home() ? nowhere : db, "write", WRITE_DEPTH,
                              WRITE_STALL_MS);
        p->writer = writers_join(writers, p->loop, p->lane);
    }
    until(guest_is_ready);
    if (!home_is_down)
        until(home_is_ready);
}

static void start(const char *controller)
{
    start_without(controller, false);
}

static void stop(void)
{
    for (size_t i = 0; i < PARTIES; i++) {
        runs = i;
        lane_destroy(parties[i].lane);
        writer_close(parties[i].writer);
    }
    for (size_t i = 0; i < PARTIES; i++) {
        runs = i;
        writer_leave(parties[i].writer);
    }
    writers_destroy(writers);
    database_destroy(db);
    database_destroy(nowhere);
    for (size_t i = 0; i < PARTIES; i++)
        loop_destroy(parties[i].loop);
    cr_expect_eq(strangers, 0, "%u were answered by another's thread", strangers);
}

static void leave(void)
{
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t k = 0; k < parties[i].asked; k++)
            record_job_clear(&parties[i].asks[k].record);
    }
    ledger_close(&l);
}

TestSuite(writers, .fini = leave, .timeout = 600);

static void ask(size_t party, size_t count)
{
    struct party *p = &parties[party];
    for (size_t i = 0; i < count; i++) {
        struct ask *a = &p->asks[p->asked];
        *a = (struct ask){.of = party, .person = person_numbered((uint32_t)(party * ASKS_MAX + p->asked))};
        p->asked++;
        a->act = act_of(&a->person, OFFERS, EVENT_GIVEN, INSTANT_NONE);
        a->record = request_of(&l, &a->act, 1);
        a->record.job.deadline = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
        a->record.job.done = on_done;
        writer_submit(p->writer, &a->record.job);
        cr_assert_eq(a->answers, 0, "answered from inside of writer_submit");
    }
}

/* Each has one answer; how many of them are that one. */
static size_t answers_of(size_t party, enum error outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < parties[party].asked; i++) {
        cr_expect_eq(parties[party].asks[i].answers, 1);
        count += parties[party].asks[i].outcome == outcome;
    }
    return count;
}

static uint64_t batches(size_t party)
{
    return lane_stats(parties[party].lane)->batches;
}

static int64_t events(void)
{
    return ledger_number(&l, "select count(*) from event where controller_id = $1");
}

Test(writers, what_all_threads_record_for_a_controller_leaves_by_one_lane)
{
    start("one lane");
    ask(guest(), 20);
    run_once(guest());
    ask(home(), 10);
    until(all_answered);
    cr_expect_eq(batches(guest()), 0);
    cr_expect_eq(batches(home()), 1, "those of a tick, whoever was asked, are one batch");
    cr_expect_eq(answers_of(0, ERROR_NONE), parties[0].asked);
    cr_expect_eq(answers_of(1, ERROR_NONE), parties[1].asked);
    cr_expect_eq(events(), 30);
    stop();
}

static bool home_is_full(void)
{
    return lane_stats(parties[home()].lane)->queued >= SHARED_WEIGHT_MAX;
}

static bool guest_has_sent(void)
{
    return batches(guest()) > 0;
}

Test(writers, where_enough_waits_a_thread_writes_by_its_own)
{
    start("full");
    PGconn *holder = ledger_hold(&l);
    ask(home(), 1);
    run_once(home());
    ask(home(), SHARED_WEIGHT_MAX - 1);
    run_once(home());
    ask(guest(), 1);
    until(home_is_full);
    cr_expect_eq(batches(guest()), 0, "it was not full yet");
    ask(guest(), 5);
    until(guest_has_sent);
    PQfinish(holder);
    until(all_answered);
    cr_expect_eq(answers_of(guest(), ERROR_NONE), 6);
    cr_expect_eq(lane_stats(parties[guest()].lane)->jobs, 5);
    cr_expect_eq(events(), SHARED_WEIGHT_MAX + 6);
    stop();
}

Test(writers, where_that_lane_has_no_connection_a_thread_writes_by_its_own)
{
    start_without("no connection", true);
    ask(guest(), 5);
    until(all_answered);
    cr_expect_eq(answers_of(guest(), ERROR_NONE), 5);
    cr_expect_eq(batches(guest()), 1);
    stop();
}

static bool home_waits(void)
{
    return batches(home()) == 1 && lane_stats(parties[home()].lane)->queued == 3;
}

Test(writers, what_is_away_at_the_end_is_told_by_its_own_thread_and_says_whether_it_may_be_written)
{
    start("the end");
    PGconn *holder = ledger_hold(&l);
    ask(guest(), 2);
    while (batches(home()) == 0)
        run_once(home());
    ask(guest(), 3);
    until(home_waits);
    ask(guest(), 4); /* never taken in */
    stop();
    cr_expect_eq(answers_of(guest(), ERROR_OUTCOME_UNKNOWN), 2, "on the wire");
    cr_expect_eq(answers_of(guest(), ERROR_UNAVAILABLE), 7, "waiting there, and on the way");
    PQfinish(holder);
}

static bool home_has_done_two(void)
{
    return events() == 2;
}

Test(writers, what_was_written_and_is_told_after_the_end_is_told_as_not_known)
{
    start("after the end");
    ask(guest(), 2);
    int64_t end = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (!home_has_done_two() || !lane_is_idle(parties[home()].lane)) {
        cr_assert(clock_monotonic() < end, "in vain");
        run_once(home());
    }
    stop();
    cr_expect_eq(answers_of(guest(), ERROR_OUTCOME_UNKNOWN), 2);
}

static bool home_is_late(void)
{
    int64_t since = lane_stats(parties[home()].lane)->wire_since;
    return since != 0 && clock_monotonic() - since > SHARED_WAIT_MS * INT64_C(1000);
}

Test(writers, where_a_batch_does_not_come_back_a_thread_writes_by_its_own)
{
    start("late");
    PGconn *holder = ledger_hold(&l);
    ask(home(), 1);
    until(home_is_late);
    ask(guest(), 1);
    until(guest_has_sent);
    PQfinish(holder);
    until(all_answered);
    cr_expect_eq(answers_of(guest(), ERROR_NONE), 1);
    cr_expect_eq(events(), 2);
    stop();
}

static void *thread_run(void *cookie)
{
    size_t party = (size_t)((struct party *)cookie - parties);
    struct party *p = cookie;
    runs = party;
    while (parties[0].answered < ASKS_MAX || parties[1].answered < ASKS_MAX) {
        if (p->asked < ASKS_MAX && p->asked - p->answered < 40)
            ask(party, p->asked % 7 == 0 ? 6 : 1);
        loop_run_once(p->loop, 1);
    }
    return NULL;
}

Test(writers, threads_that_record_at_once_lose_nothing)
{
    start("at once");
    pthread_t ids[PARTIES];
    for (size_t i = 0; i < PARTIES; i++)
        cr_assert_eq(pthread_create(&ids[i], NULL, thread_run, &parties[i]), 0);
    for (size_t i = 0; i < PARTIES; i++)
        pthread_join(ids[i], NULL);
    for (size_t i = 0; i < PARTIES; i++)
        cr_expect_eq(answers_of(i, ERROR_NONE), ASKS_MAX);
    cr_expect_eq(events(), PARTIES * ASKS_MAX);
    stop();
}
