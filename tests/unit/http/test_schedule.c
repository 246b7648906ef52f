/* SPDX-License-Identifier: Apache-2.0 */
#include "http/schedule.h"

#include "base/limits.h"
#include "base/log.h"

#include <criterion/criterion.h>
#include <string.h>

/* Nothing waits: every test says what time it is. Microseconds. */
enum { MS = 1000, MINUTE_MS = 60000 };

static struct worker worker;
static struct schedule *schedule;
static struct chore_run *running; /* the one that has not ended */
static char started[64];          /* the first letters of what was started, in order */

static void start(struct chore_run *run)
{
    cr_assert_null(running, "%s starts beside another", run->chore->name);
    running = run;
    started[strlen(started)] = run->chore->name[0];
}

static void start_and_end(struct chore_run *run)
{
    start(run);
    running = NULL;
    chore_end(run, ERROR_NONE, CHORE_DONE);
}

static void end(enum error e, enum chore_result result)
{
    struct chore_run *run = running;
    cr_assert_not_null(run);
    running = NULL;
    chore_end(run, e, result);
}

static const struct chore table[] = {
    {.name = "a", .every_ms = MINUTE_MS, .lane = LANE_SLOW, .start = start},
    {.name = "b", .every_ms = 2 * MINUTE_MS, .lane = LANE_READ, .start = start},
    {0}};

static int64_t at(double minutes)
{
    return 1000 * SECOND + (int64_t)(minutes * MINUTE_MS) * MS;
}

static void beat(double minutes)
{
    schedule_beat(schedule, at(minutes));
}

static void open(const struct chore *chores)
{
    list_init(&worker.calls);
    worker.slow = (struct lane *)&worker.slow; /* only to be told apart */
    worker.read = (struct lane *)&worker.read;
    schedule = schedule_create(chores, &worker, at(0));
}

static void close(void)
{
    schedule_destroy(schedule);
}

TestSuite(schedule, .fini = close);

Test(schedule, the_first_comes_when_its_time_has_passed_and_not_before)
{
    open(table);
    beat(0);
    beat(0.999);
    cr_expect_str_eq(started, "");
    beat(1);
    cr_assert_str_eq(started, "a");
    cr_expect_eq(running->lane, worker.slow);
    cr_expect_eq(running->deadline, at(1) + CALL_DEADLINE_MS * MS);
    end(ERROR_NONE, CHORE_DONE);
}

Test(schedule, one_at_a_time_however_long_it_takes)
{
    open(table);
    beat(1);
    beat(2);
    beat(9);
    cr_expect_str_eq(started, "a");
    end(ERROR_NONE, CHORE_DONE);
    beat(9);
    cr_expect_str_eq(started, "aa", "due since 2, as b is, and before it in the table");
    end(ERROR_NONE, CHORE_DONE);
    beat(9);
    cr_expect_str_eq(started, "aab");
    cr_expect_eq(running->lane, worker.read);
    end(ERROR_NONE, CHORE_DONE);
    beat(9);
    cr_expect_str_eq(started, "aab", "what was missed is not made up for");
}

Test(schedule, the_next_comes_a_period_after_the_last_start)
{
    open(table);
    beat(1.5);
    end(ERROR_NONE, CHORE_DONE);
    beat(2);
    end(ERROR_NONE, CHORE_DONE);
    beat(2.49);
    cr_expect_str_eq(started, "ab");
    beat(2.5);
    cr_expect_str_eq(started, "aba");
    end(ERROR_NONE, CHORE_DONE);
}

Test(schedule, what_found_more_comes_again_at_once)
{
    open(table);
    for (size_t i = 0; i < 5; i++) {
        beat(1);
        cr_assert_eq(strlen(started), i + 1);
        end(ERROR_NONE, i < 4 ? CHORE_MORE : CHORE_DONE);
    }
    beat(1);
    cr_expect_str_eq(started, "aaaaa");
}

Test(schedule, what_always_finds_more_keeps_nothing_else_from_its_turn)
{
    open(table);
    for (double minute = 1; minute < 4.5; minute += 0.5) {
        beat(minute);
        end(ERROR_NONE, running->chore->name[0] == 'a' ? CHORE_MORE : CHORE_DONE);
    }
    cr_expect_str_eq(started, "aaaabaa", "from its time on it waits for one run of the other");
}

Test(schedule, what_finds_more_gives_way_to_who_is_served)
{
    static const struct chore giving_way[] = {
        {.name = "g", .every_ms = MINUTE_MS, .beside_ms = 600, .start = start},
        {.name = "b", .every_ms = MINUTE_MS, .start = start},
        {0}};
    struct list call;
    open(giving_way);
    list_append(&worker.calls, &call);
    beat(1);
    end(ERROR_NONE, CHORE_MORE);
    beat(1.001);
    end(ERROR_NONE, CHORE_DONE);
    beat(1.009);
    cr_expect_str_eq(started, "gb", "six tenths of a second are a hundredth of a minute");
    beat(1.01);
    cr_expect_str_eq(started, "gbg");
    end(ERROR_NONE, CHORE_MORE);
    list_remove(&call);
    beat(1.011);
    cr_expect_str_eq(started, "gbgg", "nobody is served: it goes on at once");
    end(ERROR_NONE, CHORE_DONE);
}

Test(schedule, what_failed_or_is_done_elsewhere_comes_again_in_its_time)
{
    log_set_level(LOG_LEVEL_ERROR);
    open(table);
    beat(1);
    end(ERROR_UNAVAILABLE, CHORE_MORE);
    beat(1);
    cr_expect_str_eq(started, "a");
    beat(2);
    end(ERROR_NONE, CHORE_ELSEWHERE);
    beat(2);
    end(ERROR_NONE, CHORE_DONE);
    beat(2);
    cr_expect_str_eq(started, "aab");
}

Test(schedule, it_may_end_from_inside_its_start)
{
    static const struct chore quick[] = {
        {.name = "q", .every_ms = MINUTE_MS, .lane = LANE_SLOW, .start = start_and_end}, {0}};
    open(quick);
    beat(1);
    beat(1);
    beat(2);
    cr_expect_str_eq(started, "qq");
}

Test(schedule, an_empty_table_starts_nothing)
{
    static const struct chore none[] = {{0}};
    open(none);
    beat(9);
    cr_expect_str_eq(started, "");
}
