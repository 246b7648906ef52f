/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writers.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loop/loop.h"
#include "store/lane.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct writer {
    struct writers *all;
    struct lane *lane;
    struct loop_wake *wake;
    pthread_mutex_t lock; /* of both lists, and held for a few dozen instructions */
    struct list arrived;  /* jobs of others, for the lane */
    struct list returned; /* its own, answered */
};

struct writers {
    unsigned threads;
    unsigned joined; /* they open one after the other */
    struct writer each[];
};

struct writers *writers_create(unsigned threads)
{
    struct writers *all = calloc(1, sizeof *all + threads * sizeof *all->each);
    if (all == NULL)
        abort();
    all->threads = threads;
    for (unsigned i = 0; i < threads; i++) {
        struct writer *w = &all->each[i];
        w->all = all;
        list_init(&w->arrived);
        list_init(&w->returned);
        if (pthread_mutex_init(&w->lock, NULL) != 0)
            abort();
    }
    return all;
}

void writers_destroy(struct writers *all)
{
    if (all == NULL)
        return;
    for (unsigned i = 0; i < all->threads; i++) {
        assert(list_empty(&all->each[i].arrived) && list_empty(&all->each[i].returned));
        pthread_mutex_destroy(&all->each[i].lock);
    }
    free(all);
}

/* From any thread. */
static void writer_hand(struct writer *to, struct list *list, struct job *job)
{
    pthread_mutex_lock(&to->lock);
    list_append(list, &job->link);
    pthread_mutex_unlock(&to->lock);
    loop_wake_up(to->wake);
}

/* On the lane's thread. */
static void on_answered(struct job *job, enum error outcome)
{
    job->answered = outcome;
    writer_hand(job->from, &job->from->returned, job);
}

static void job_tell(struct job *job, enum error outcome)
{
    job->done = job->own_done;
    job->done(job, outcome);
}

static void on_woken(void *cookie)
{
    struct writer *w = cookie;
    struct list arrived, returned;
    list_init(&arrived);
    list_init(&returned);
    pthread_mutex_lock(&w->lock);
    list_move_all(&arrived, &w->arrived);
    list_move_all(&returned, &w->returned);
    pthread_mutex_unlock(&w->lock);

    for (struct list *node = list_shift(&arrived); node != NULL; node = list_shift(&arrived))
        lane_submit(w->lane, list_entry(node, struct job, link));
    for (struct list *node = list_shift(&returned); node != NULL; node = list_shift(&returned)) {
        struct job *job = list_entry(node, struct job, link);
        job_tell(job, job->answered);
    }
}

struct writer *writers_join(struct writers *all, struct loop *loop, struct lane *lane)
{
    assert(all->joined < all->threads);
    struct writer *w = &all->each[all->joined++];
    w->lane = lane;
    w->wake = loop_wake_create(loop, on_woken, w);
    return w;
}

void writer_close(struct writer *w)
{
    struct list arrived;
    list_init(&arrived);
    pthread_mutex_lock(&w->lock);
    list_move_all(&arrived, &w->arrived);
    pthread_mutex_unlock(&w->lock);
    for (struct list *node = list_shift(&arrived); node != NULL; node = list_shift(&arrived))
        on_answered(list_entry(node, struct job, link), ERROR_UNAVAILABLE);
}

void writer_leave(struct writer *w)
{
    for (struct list *node = list_shift(&w->returned); node != NULL; node = list_shift(&w->returned)) {
        struct job *job = list_entry(node, struct job, link);
        /* who hears of a success may submit again, and there is no lane any more */
        job_tell(job, job->answered != ERROR_NONE ? job->answered : ERROR_OUTCOME_UNKNOWN);
    }
    loop_wake_destroy(w->wake);
}

/* Whether its lane has a connection that answers, and not enough yet for the next batch, as of its last tick
 * or beat: what is sent beside that is read by PostgreSQL while the other batch is written. */
static bool writer_takes_more(const struct writer *w)
{
    const struct lane_stats *stats = lane_stats(w->lane);
    int64_t since = atomic_load_explicit(&stats->wire_since, memory_order_relaxed);
    return atomic_load_explicit(&stats->state, memory_order_relaxed) == CONN_READY &&
           atomic_load_explicit(&stats->queued, memory_order_relaxed) < SHARED_WEIGHT_MAX &&
           (since == 0 || clock_monotonic() - since < SHARED_WAIT_MS * INT64_C(1000));
}

void writer_submit(struct writer *w, struct job *job)
{
    struct writer *to = &w->all->each[(uint32_t)job->controller_id % w->all->threads];
    if (to == w || !writer_takes_more(to)) {
        lane_submit(w->lane, job);
        return;
    }
    job->from = w;
    job->own_done = job->done;
    job->done = on_answered;
    writer_hand(to, &to->arrived, job);
}
