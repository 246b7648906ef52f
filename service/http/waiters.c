/* SPDX-License-Identifier: Apache-2.0 */
#include "http/waiters.h"

#include "loop/loop.h"
#include "store/heads.h"
#include "store/lane.h"

#include <h2o.h>

enum { POLL_MS = 100, CONTROLLERS_PER_POLL = 256 };

struct waiters {
    struct worker *worker;
    struct loop_pulse pulse;
    struct list waiting;
    int64_t asked_at; /* of clock_monotonic */
    bool asking;
    size_t count;
    int32_t controllers[CONTROLLERS_PER_POLL];
    int64_t revisions[CONTROLLERS_PER_POLL];
    struct heads_job job;
};

static void controllers_collect(struct waiters *all)
{
    all->count = 0;
    list_each(node, &all->waiting)
    {
        const struct waiter *w = list_entry(node, struct waiter, link);
        size_t i = 0;
        while (i < all->count && all->controllers[i] != w->controller_id)
            i++;
        if (i == all->count && i < CONTROLLERS_PER_POLL) {
            all->controllers[i] = w->controller_id;
            all->revisions[i] = 0;
            all->count++;
        }
    }
}

static bool has_grown(const struct waiters *all, const struct waiter *w)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->controllers[i] == w->controller_id)
            return all->revisions[i] > w->head;
    }
    return false;
}

/* Wakes those whose ledger has grown or whose time has come. */
static void waiters_wake(struct waiters *all)
{
    struct list due;
    int64_t now = clock_monotonic();
    list_init(&due);
    list_each_safe(node, &all->waiting)
    {
        struct waiter *w = list_entry(node, struct waiter, link);
        if (now < w->until && !all->worker->draining && !has_grown(all, w))
            continue;
        list_remove(node);
        list_append(&due, node);
    }
    for (struct list *node = list_shift(&due); node != NULL; node = list_shift(&due)) {
        struct waiter *w = list_entry(node, struct waiter, link);
        w->done(w);
    }
}

static void on_heads(struct job *job, enum error e)
{
    struct waiters *all = list_entry(list_entry(job, struct heads_job, job), struct waiters, job);
    all->asking = false;
    if (e == ERROR_NONE)
        waiters_wake(all);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct waiters *all = list_entry(pulse, struct waiters, pulse);
    int64_t now = clock_monotonic();
    if (list_empty(&all->waiting) || now - all->asked_at < POLL_MS * 1000)
        return;
    all->asked_at = now;
    waiters_wake(all);
    if (all->asking || list_empty(&all->waiting))
        return;
    controllers_collect(all);
    heads_job_init(&all->job, all->controllers, all->revisions, all->count);
    all->job.job.deadline = now + SECOND;
    all->job.job.done = on_heads;
    all->asking = true;
    lane_submit(all->worker->read, &all->job.job);
}

struct waiters *waiters_create(struct worker *worker)
{
    struct waiters *all = h2o_mem_alloc(sizeof *all);
    *all = (struct waiters){.worker = worker};
    list_init(&all->waiting);
    loop_pulse_start(worker->loop, &all->pulse, on_beat);
    return all;
}

void waiters_destroy(struct waiters *all)
{
    loop_pulse_stop(&all->pulse);
    free(all);
}

void waiter_init(struct waiter *waiter, void (*done)(struct waiter *waiter))
{
    waiter->done = done;
    list_init(&waiter->link);
}

void waiter_wait(struct waiters *all, struct waiter *waiter, int32_t controller_id, int64_t head,
                 int64_t until)
{
    waiter->controller_id = controller_id;
    waiter->head = head;
    waiter->until = until;
    list_append(&all->waiting, &waiter->link);
}

void waiter_cancel(struct waiter *waiter)
{
    list_remove(&waiter->link);
}
