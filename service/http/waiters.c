/* SPDX-License-Identifier: Apache-2.0 */
#include "http/waiters.h"

#include "loop/loop.h"
#include "store/heads.h"
#include "store/lane.h"

#include <assert.h>
#include <h2o.h>

/* HEADS_MAX: controllers that one statement asks for, some 30 us of the database's time. */
enum { POLL_MS = 100, HEADS_MAX = 256 };

/* They are asked for in rounds, a slice of the controllers waited for at a time.
 *
 * (1) Who waits is in one of the two lists.
 * (2) One statement is on its way at a time.
 * (3) A round begins when nobody is ${due}, at most every POLL_MS, and asks for each controller; where a
 *     statement fails, the next one goes on with whom it did not reach. */
struct waiters {
    struct worker *worker;
    struct loop_pulse pulse;
    struct list due;   /* not asked for yet in this round; who comes, too */
    struct list asked; /* the others */
    int64_t asked_at;  /* of clock_monotonic */
    bool asking;
    size_t count; /* of the last slice, and what it found */
    int32_t controllers[HEADS_MAX];
    int64_t revisions[HEADS_MAX];
    struct heads_job job;
};

/* Its place in the slice, or ${count}. */
static size_t slice_find(const struct waiters *all, int32_t controller_id)
{
    size_t i = 0;
    while (i < all->count && all->controllers[i] != controller_id)
        i++;
    return i;
}

/* The next slice: of those who are due, as many controllers as one statement asks
 * for, and all who wait for these. */
static void slice_collect(struct waiters *all)
{
    all->count = 0;
    list_each_safe(node, &all->due)
    {
        const struct waiter *w = list_entry(node, struct waiter, link);
        size_t i = slice_find(all, w->controller_id);
        if (i == HEADS_MAX)
            continue;
        if (i == all->count) {
            all->controllers[all->count] = w->controller_id;
            all->revisions[all->count++] = 0;
        }
        list_remove(node);
        list_append(&all->asked, node);
    }
    assert(all->count <= HEADS_MAX);
}

static bool has_grown(const struct waiters *all, const struct waiter *w)
{
    size_t i = slice_find(all, w->controller_id);
    return i < all->count && all->revisions[i] > w->head;
}

static void ready_collect(struct waiters *all, struct list *from, int64_t now, struct list *ready)
{
    list_each_safe(node, from)
    {
        const struct waiter *w = list_entry(node, struct waiter, link);
        if (now < w->until && !all->worker->draining && !has_grown(all, w))
            continue;
        list_remove(node);
        list_append(ready, node);
    }
}

/* Wakes those whose ledger has grown or whose time has come. */
static void waiters_wake(struct waiters *all)
{
    struct list ready;
    int64_t now = clock_monotonic();
    list_init(&ready);
    ready_collect(all, &all->due, now, &ready);
    ready_collect(all, &all->asked, now, &ready);
    for (struct list *node = list_shift(&ready); node != NULL; node = list_shift(&ready)) {
        struct waiter *w = list_entry(node, struct waiter, link);
        w->done(w);
    }
}

static void on_heads(struct job *job, enum error e);

static void slice_ask(struct waiters *all)
{
    assert(!all->asking);
    slice_collect(all);
    heads_job_init(&all->job, all->controllers, all->revisions, all->count);
    all->job.job.deadline = clock_monotonic() + SECOND;
    all->job.job.done = on_heads;
    all->asking = true;
    lane_submit(all->worker->read, &all->job.job);
}

static void on_heads(struct job *job, enum error e)
{
    struct waiters *all = list_entry(list_entry(job, struct heads_job, job), struct waiters, job);
    all->asking = false;
    if (e != ERROR_NONE)
        return;
    waiters_wake(all);
    if (!list_empty(&all->due))
        slice_ask(all);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct waiters *all = list_entry(pulse, struct waiters, pulse);
    int64_t now = clock_monotonic();
    if ((list_empty(&all->due) && list_empty(&all->asked)) || now - all->asked_at < POLL_MS * 1000)
        return;
    all->asked_at = now;
    waiters_wake(all);
    if (all->asking)
        return;
    if (list_empty(&all->due))
        list_move_all(&all->due, &all->asked); /* another round */
    if (!list_empty(&all->due))
        slice_ask(all);
}

struct waiters *waiters_create(struct worker *worker)
{
    struct waiters *all = h2o_mem_alloc(sizeof *all);
    *all = (struct waiters){.worker = worker};
    list_init(&all->due);
    list_init(&all->asked);
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
    list_append(&all->due, &waiter->link);
}

void waiter_cancel(struct waiter *waiter)
{
    list_remove(&waiter->link);
}
