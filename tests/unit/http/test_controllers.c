/* SPDX-License-Identifier: Apache-2.0 */
#include "http/controllers.h"

#include "base/limits.h"
#include "base/log.h"
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* A worker whose lane never gets a connection: each load ends after QUEUE_WAIT_MS, with ERROR_UNAVAILABLE. */
struct stand {
    struct worker worker;
    struct server_options options;
    struct subject_keys keys;
    struct database *database;
};

struct wait {
    struct controller_wait wait;
    int answers;
    enum error e;
};

static void on_answer(struct controller_wait *wait, struct controller *c, enum error e)
{
    struct wait *w = list_entry(wait, struct wait, wait);
    cr_expect_null(c);
    w->answers++;
    w->e = e;
}

static void stand_open(struct stand *s)
{
    char *fault = NULL;
    log_set_level(LOG_LEVEL_ERROR);
    *s = (struct stand){.keys = {.count = 1, .keys = {{.number = 1}}}};
    s->database = database_create("host=/nowhere dbname=none", &s->keys, &fault);
    cr_assert_not_null(s->database);
    s->options.database = s->database;
    s->worker.options = &s->options;
    s->worker.loop = loop_create();
    s->worker.read = lane_create(s->worker.loop, s->database, "read", READ_DEPTH, READ_STALL_MS);
    s->worker.controllers = controllers_create(&s->worker);
}

static void stand_close(struct stand *s)
{
    lane_destroy(s->worker.read);
    controllers_destroy(s->worker.controllers);
    loop_destroy(s->worker.loop);
    database_destroy(s->database);
}

static void load(struct stand *s, const char *key, struct wait *w)
{
    *w = (struct wait){.wait.done = on_answer};
    controllers_load(s->worker.controllers, key, clock_monotonic() + CALL_DEADLINE_MS * 1000, &w->wait);
}

static void leave(struct wait *w)
{
    list_remove(&w->wait.link);
}

static void run_until_answered(struct stand *s, const struct wait *w)
{
    int64_t until = clock_monotonic() + 20 * SECOND;
    while (w->answers == 0 && clock_monotonic() < until)
        loop_run_once(s->worker.loop, 10);
    cr_expect_eq(w->answers, 1);
    cr_expect_eq(w->e, ERROR_UNAVAILABLE);
}

Test(controllers, a_load_that_nobody_waits_for_any_more_is_not_started_twice)
{
    struct stand s;
    struct wait left, stays;
    stand_open(&s);
    load(&s, "demo", &left);
    leave(&left);
    load(&s, "demo", &stays);
    run_until_answered(&s, &stays);
    cr_expect(lane_is_idle(s.worker.read));
    cr_expect_eq(left.answers, 0);
    stand_close(&s);
}

Test(controllers, one_that_is_being_loaded_is_not_let_go_for_others)
{
    enum { OTHERS = 1100 }; /* more than a worker holds */
    static struct wait others[OTHERS], left;
    struct stand s;
    char key[32];
    stand_open(&s);
    load(&s, "demo", &left);
    leave(&left);
    for (int i = 0; i < OTHERS; i++) {
        snprintf(key, sizeof key, "other-%d", i);
        load(&s, key, &others[i]);
    }
    run_until_answered(&s, &others[OTHERS - 1]);
    stand_close(&s);
}
