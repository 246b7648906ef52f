/* SPDX-License-Identifier: Apache-2.0 */
#include "http/waiters.h"

#include "fake_lane.h"
#include "loop/loop.h"
#include "store/heads.h"

#include <criterion/criterion.h>

/* Each waits for a ledger of its own to grow beyond revision HEAD. */
enum { WAITERS = 1000, HEAD = 5, PATIENCE_MS = 20000 };

struct wait {
    struct waiter waiter;
    int answers;
};

static struct worker worker;
static struct wait waits[WAITERS];

static void on_done(struct waiter *waiter)
{
    list_entry(waiter, struct wait, waiter)->answers++;
}

static void open(size_t count, int64_t wait_ms)
{
    worker.loop = loop_create();
    worker.waiters = waiters_create(&worker);
    for (size_t i = 0; i < count; i++) {
        waiter_init(&waits[i].waiter, on_done);
        waiter_wait(worker.waiters, &waits[i].waiter, (int32_t)i + 1, HEAD,
                    clock_monotonic() + wait_ms * 1000);
    }
}

static void close(void)
{
    waiters_destroy(worker.waiters);
    loop_destroy(worker.loop);
}

TestSuite(waiters, .fini = close);

/* The next statement that asks for heads. */
static struct heads_job *asked(void)
{
    int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (fake_jobs_waiting() == 0 && clock_monotonic() < until)
        loop_run_once(worker.loop, 10);
    cr_assert_eq(fake_jobs_waiting(), 1, "one statement at a time");
    return list_entry(fake_jobs[fake_job_count - 1], struct heads_job, job);
}

/* Answers that the ledger of the ${grown}-th waiter has grown, and no other. */
static void answer(struct heads_job *heads, size_t grown)
{
    for (size_t i = 0; i < heads->count; i++)
        heads->revisions[i] = heads->controllers[i] == (int32_t)grown + 1 ? HEAD + 1 : HEAD;
    fake_answer(fake_job_count - 1, ERROR_NONE);
}

Test(waiters, the_last_of_many_controllers_is_asked_for_too)
{
    open(WAITERS, 60000);
    for (int statements = 0; statements < 8 && waits[WAITERS - 1].answers == 0; statements++)
        answer(asked(), WAITERS - 1);
    cr_expect_eq(waits[WAITERS - 1].answers, 1);
    for (size_t i = 0; i < WAITERS - 1; i++)
        cr_assert_eq(waits[i].answers, 0, "%zu", i);
}

Test(waiters, a_round_asks_for_each_controller_once)
{
    static int times[WAITERS + 1];
    size_t total = 0;
    open(WAITERS, 60000);
    while (total < WAITERS) {
        struct heads_job *heads = asked();
        cr_assert(heads->count > 0 && heads->count <= 256);
        for (size_t i = 0; i < heads->count; i++)
            cr_assert_eq(times[heads->controllers[i]]++, 0);
        total += heads->count;
        answer(heads, WAITERS);
    }
    cr_assert_eq(fake_jobs_waiting(), 0, "the next round comes in its time");
    cr_assert_eq(asked()->count, 256);
}

Test(waiters, those_of_one_controller_are_woken_together)
{
    open(3, 60000);
    static struct wait more[300];
    for (size_t i = 0; i < 300; i++) {
        waiter_init(&more[i].waiter, on_done);
        waiter_wait(worker.waiters, &more[i].waiter, 2, HEAD, waits[0].waiter.until);
    }
    struct heads_job *heads = asked();
    cr_assert_eq(heads->count, 3);
    answer(heads, 1);
    for (size_t i = 0; i < 300; i++)
        cr_assert_eq(more[i].answers, 1);
    cr_assert_eq(waits[0].answers + waits[1].answers + waits[2].answers, 1);
}

Test(waiters, a_statement_that_failed_leaves_out_nobody)
{
    open(WAITERS, 60000);
    asked();
    fake_answer(0, ERROR_UNAVAILABLE);
    for (int statements = 0; statements < 8 && waits[0].answers == 0; statements++)
        answer(asked(), 0);
    cr_expect_eq(waits[0].answers, 1);
}

Test(waiters, whose_time_has_come_and_who_left)
{
    open(3, 150);
    waiter_cancel(&waits[1].waiter);
    int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (waits[2].answers == 0 && clock_monotonic() < until)
        loop_run_once(worker.loop, 10);
    cr_expect_eq(waits[0].answers, 1);
    cr_expect_eq(waits[1].answers, 0);
    cr_expect_eq(waits[2].answers, 1);
}
