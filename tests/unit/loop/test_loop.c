/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <pthread.h>

enum { OFTEN = 100 };

static struct loop *loop;
static struct loop_task task, other;
static int runs, other_runs;

static void run_again(struct loop_task *t)
{
    if (++runs < OFTEN)
        loop_task_post(loop, t);
}

static void post_other(struct loop_task *t)
{
    (void)t;
    runs++;
    loop_task_post(loop, &other);
}

static void run_other(struct loop_task *t)
{
    (void)t;
    other_runs++;
}

static void start(void)
{
    loop = loop_create();
    loop_task_init(&task, run_again);
    loop_task_init(&other, run_other);
}

static void finish(void)
{
    loop_task_cancel(&task);
    loop_task_cancel(&other);
    loop_destroy(loop);
}

TestSuite(loop, .init = start, .fini = finish);

Test(loop, a_task_that_posts_itself_again_runs_once_a_tick)
{
    loop_task_init(&task, run_again);
    loop_task_post(loop, &task);
    for (int i = 1; i <= OFTEN; i++) {
        loop_run_once(loop, 1000);
        cr_assert_eq(runs, i);
    }
}

Test(loop, what_a_task_posts_runs_in_the_next_tick)
{
    loop_task_init(&task, post_other);
    loop_task_post(loop, &task);
    loop_task_post(loop, &task);
    loop_run_once(loop, 1000);
    cr_expect_eq(runs, 1);
    cr_expect_eq(other_runs, 0);
    loop_run_once(loop, 1000);
    cr_expect_eq(other_runs, 1);
    loop_run_once(loop, 0);
    cr_expect_eq(runs, 1);
    cr_expect_eq(other_runs, 1);
}

Test(loop, a_task_that_was_cancelled_does_not_run)
{
    loop_task_init(&task, run_again);
    loop_task_post(loop, &task);
    loop_task_cancel(&task);
    loop_run_once(loop, 0);
    cr_expect_eq(runs, 0);
    loop_task_post(loop, &task);
    loop_run_once(loop, 1000);
    cr_expect_eq(runs, 1);
}

static void count_run(void *cookie)
{
    (*(int *)cookie)++;
}

static void *wake_often(void *cookie)
{
    for (int i = 0; i < OFTEN; i++)
        loop_wake_up(cookie);
    return NULL;
}

Test(loop, who_is_woken_by_another_thread_runs_once_for_all_the_times_before)
{
    struct loop_wake *wake = loop_wake_create(loop, count_run, &runs);
    struct loop_wake *never = loop_wake_create(loop, count_run, &other_runs);
    for (int i = 1; i <= 3; i++) {
        pthread_t id;
        cr_assert_eq(pthread_create(&id, NULL, wake_often, wake), 0);
        pthread_join(id, NULL);
        while (runs < i)
            loop_run_once(loop, 1000);
        loop_run_once(loop, 0);
        cr_expect_eq(runs, i);
    }
    loop_wake_up(never);
    loop_wake_destroy(never);
    loop_run_once(loop, 0);
    cr_expect_eq(other_runs, 0, "it was woken and went before it ran");
    loop_wake_destroy(wake);
}

static int wakes_left;
static struct loop_wake *again;

static void wake_again(void *cookie)
{
    count_run(cookie);
    if (--wakes_left > 0)
        loop_wake_up(again);
}

Test(loop, who_is_woken_while_it_runs_runs_again)
{
    again = loop_wake_create(loop, wake_again, &runs);
    wakes_left = 3;
    loop_wake_up(again);
    while (runs < 3)
        loop_run_once(loop, 1000);
    loop_run_once(loop, 0);
    cr_expect_eq(runs, 3);
    loop_wake_destroy(again);
}
