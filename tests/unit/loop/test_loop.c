/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include <criterion/criterion.h>

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
