/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lane_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/sqlstate.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void queue_append(struct lane *lane, struct job *job)
{
    job->batch = NULL;
    job->queued = true;
    list_append(&lane->queue, &job->link);
    lane->weight += job->weight;
}

static void queue_remove(struct lane *lane, struct job *job)
{
    job->queued = false;
    list_remove(&job->link);
    lane->weight -= job->weight;
}

static void job_answer(struct job *job, enum error outcome)
{
    job->batch = NULL;
    job->done(job, outcome);
}

bool job_travels_with(const struct job *a, const struct job *b)
{
    return a->verb == b->verb && a->edition == b->edition &&
           (!a->verb->writes || a->controller_id == b->controller_id);
}

/* A batch that it would have travelled with is on its way. */
static bool job_gathers(const struct lane *lane, const struct job *job)
{
    list_each(node, &lane->wire)
    {
        const struct lane_batch *batch = list_entry(node, struct lane_batch, link);
        if (batch->verb == job->verb && batch->controller_id == job->controller_id)
            return true;
    }
    return false;
}

struct job *lane_next(const struct lane *lane)
{
    list_each(node, &lane->queue)
    {
        struct job *job = list_entry(node, struct job, link);
        if (!job->verb->gathers || !job_gathers(lane, job))
            return job;
    }
    return NULL;
}

/* Takes the first and those that may travel with it. */
static struct lane_batch *batch_gather(struct lane *lane, const struct job *first)
{
    uint32_t weight = 0;
    size_t count = 0;

    /* how many there are */
    list_each(node, &lane->queue)
    {
        const struct job *job = list_entry(node, struct job, link);
        if (!job_travels_with(job, first))
            continue;
        if (count > 0 && weight + job->weight > first->verb->batch_max)
            break;
        weight += job->weight;
        count++;
    }

    /* room for so many */
    struct lane_batch *batch = fault_strikes() ? NULL : malloc(sizeof *batch + count * sizeof *batch->jobs);
    if (batch == NULL)
        return NULL;
    *batch = (struct lane_batch){.verb = first->verb, .controller_id = first->controller_id};

    /* out of the queue, into their places */
    const struct job company = *first;
    list_each_safe(node, &lane->queue)
    {
        struct job *job = list_entry(node, struct job, link);
        if (batch->count == count)
            break;
        if (!job_travels_with(job, &company))
            continue;
        queue_remove(lane, job);
        job->batch = batch;
        batch->jobs[batch->count++] = (struct sent){job, job->weight};
    }
    atomic_fetch_add_explicit(&lane->stats.weight, weight, memory_order_relaxed);
    return batch;
}

static void batch_answer(struct lane_batch *batch, enum error outcome)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct job *job = batch->jobs[i].job;
        batch->jobs[i].job = NULL;
        if (job != NULL)
            job_answer(job, outcome);
    }
    free(batch);
}

/* Leaves out jobs that were answered while the batch waited to be sent again. */
static void batch_compact(struct lane_batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->jobs[i].job != NULL)
            batch->jobs[kept++] = batch->jobs[i];
    }
    batch->count = kept;
}

void sent_bind_controllers(const struct sent *batch, size_t count, struct params *params)
{
    struct param *controllers = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < count; i++) {
        size_t before = 0; /* most often the first is the only one */
        while (before < i && batch[before].job->controller_id != batch[i].job->controller_id)
            before++;
        if (before == i && batch[i].job->controller_id != 0)
            param_int4(controllers, batch[i].job->controller_id);
    }
}

static void batch_send(struct lane *lane, struct lane_batch *batch)
{
    batch_compact(batch);
    if (batch->count == 0) {
        free(batch);
        return;
    }
    params_clear(&lane->admitted);
    params_clear(&lane->params);
    sent_bind_controllers(batch->jobs, batch->count, &lane->admitted);
    const char *statement = batch->verb->statement;
    if (batch->verb->choose != NULL)
        statement = batch->verb->choose(batch->jobs, batch->count);
    if (batch->verb->bind != NULL)
        batch->verb->bind(batch->jobs, batch->count, &lane->params);
    if (params_failed(&lane->admitted) || params_failed(&lane->params)) {
        batch_answer(batch, ERROR_OVERLOADED);
        return;
    }
    batch->sent_at = clock_monotonic();
    list_append(&lane->wire, &batch->link);
    lane->on_wire++;
    atomic_fetch_add_explicit(&lane->stats.batches, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->stats.jobs, batch->count, memory_order_relaxed);
    conn_send(lane->conn, &lane->admitted, statement,
              &lane->params); /* on failure on_lost has seen to the batch */
}

static void load_tell(struct lane *lane)
{
    int64_t since = lane->on_wire == 0 ? 0 : list_entry(lane->wire.next, struct lane_batch, link)->sent_at;
    atomic_store_explicit(&lane->stats.queued, lane->weight, memory_order_relaxed);
    atomic_store_explicit(&lane->stats.wire_since, since, memory_order_relaxed);
}

static void on_flush(struct loop_task *task)
{
    struct lane *lane = list_entry(task, struct lane, flush);
    for (struct list *node = list_shift(&lane->refused); node != NULL; node = list_shift(&lane->refused))
        job_answer(list_entry(node, struct job, link), ERROR_OVERLOADED);
    while (conn_state(lane->conn) == CONN_READY && lane->on_wire < lane->depth) {
        struct list *again = list_shift(&lane->again);
        if (again != NULL) {
            batch_send(lane, list_entry(again, struct lane_batch, link));
            continue;
        }
        struct job *first = lane_next(lane);
        if (first == NULL)
            break;
        struct lane_batch *batch = batch_gather(lane, first);
        if (batch == NULL) {
            queue_remove(lane, first);
            job_answer(first, ERROR_OVERLOADED);
            continue;
        }
        batch_send(lane, batch);
    }
    load_tell(lane);
    lane_check(lane);
}

static struct lane_batch *wire_first(struct lane *lane)
{
    assert(!list_empty(&lane->wire));
    return list_entry(lane->wire.next, struct lane_batch, link);
}

static struct lane_batch *wire_shift(struct lane *lane)
{
    struct lane_batch *batch = wire_first(lane);
    list_remove(&batch->link);
    lane->on_wire--;
    return batch;
}

static void on_conn_ready(void *cookie)
{
    struct lane *lane = cookie;
    if (lane->link.view != NULL)
        view_open(&lane->link, conn_history(lane->conn));
    loop_task_post(lane->loop, &lane->flush);
}

static void on_conn_rows(void *cookie, const PGresult *rows)
{
    struct lane *lane = cookie;
    struct lane_batch *batch = wire_first(lane);
    batch->verb->take(batch->jobs, batch->count, rows);
}

/* Puts jobs of a read back at the head of the queue, in their order: all of them, or those that have no
 * answer yet. */
static void jobs_requeue(struct lane *lane, struct lane_batch *batch, bool all)
{
    for (size_t i = batch->count; i > 0; i--) {
        struct job *job = batch->jobs[i - 1].job;
        if (job == NULL || (!all && batch->verb->settled(job)))
            continue;
        batch->jobs[i - 1].job = NULL;
        job->batch = NULL;
        job->queued = true;
        list_append(lane->queue.next, &job->link); /* before the first */
        lane->weight += job->weight;
    }
}

static void batch_requeue(struct lane *lane, struct lane_batch *batch)
{
    jobs_requeue(lane, batch, true);
    free(batch);
}

/* It is committed. */
static void batch_done(struct lane *lane, struct lane_batch *batch)
{
    if (batch->verb->settled != NULL)
        jobs_requeue(lane, batch, false);
    batch_answer(batch, ERROR_NONE);
}

static void batch_again(struct lane *lane, struct lane_batch *batch)
{
    list_append(lane->again.next, &batch->link); /* before the first */
}

/* Some value is at fault: each half is sent by itself, until the offender stands alone. */
static void batch_split(struct lane *lane, struct lane_batch *batch)
{
    size_t half = batch->count / 2;
    struct lane_batch *first = half > 0 ? malloc(sizeof *first + half * sizeof *first->jobs) : NULL;
    if (first == NULL) {
        batch_answer(batch, ERROR_INTERNAL);
        return;
    }
    atomic_fetch_add_explicit(&lane->stats.split, 1, memory_order_relaxed);
    *first = (struct lane_batch){.verb = batch->verb, .controller_id = batch->controller_id, .count = half};
    memcpy(first->jobs, batch->jobs, half * sizeof *first->jobs);
    memmove(batch->jobs, batch->jobs + half, (batch->count - half) * sizeof *batch->jobs);
    batch->count -= half;
    for (size_t i = 0; i < half; i++) {
        if (first->jobs[i].job != NULL)
            first->jobs[i].job->batch = first;
    }
    batch_again(lane, batch);
    batch_again(lane, first);
}

static void batch_retry(struct lane *lane, struct lane_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->jobs[i].job != NULL && ++batch->jobs[i].job->tries > RETRIES_MAX) {
            batch_answer(batch, ERROR_UNAVAILABLE);
            return;
        }
    }
    atomic_fetch_add_explicit(&lane->stats.retried, 1, memory_order_relaxed);
    batch_again(lane, batch);
}

static void batch_unknown(struct lane *lane, struct lane_batch *batch, const char *why)
{
    batch_answer(batch, batch->verb->writes ? ERROR_OUTCOME_UNKNOWN : ERROR_UNAVAILABLE);
    conn_reset(lane->conn, why);
}

static void batch_failed(struct lane *lane, struct lane_batch *batch, const char *sqlstate)
{
    if (strcmp(sqlstate, CONN_UNCERTAIN) == 0) {
        batch_unknown(lane, batch, "an answer was lost");
        return;
    }
    enum fate fate = sqlstate_fate(sqlstate);
    log_warn("batch.failed", "lane=%s statement=%s jobs=%zu sqlstate=%s", lane->name, batch->verb->statement,
             batch->count, sqlstate);

    /* sent again, by halves or whole, or answered */
    switch (fate) {
    case FATE_SPLIT:
        batch_split(lane, batch);
        return;
    case FATE_RETRY:
        batch_retry(lane, batch);
        return;
    case FATE_BUG:
        batch_answer(batch, ERROR_INTERNAL);
        return;
    case FATE_RECONNECT:
        batch_answer(batch, ERROR_UNAVAILABLE);
        conn_reset(lane->conn, "server is going or is a standby");
        return;
    case FATE_UNKNOWN:
        batch_unknown(lane, batch, "whether it was written is not known");
        return;
    case FATE_UNAVAILABLE:
        batch_answer(batch, ERROR_UNAVAILABLE);
    }
}

static void on_conn_sync(void *cookie, const char *sqlstate)
{
    struct lane *lane = cookie;
    struct lane_batch *batch = wire_shift(lane);
    if (sqlstate == NULL)
        batch_done(lane, batch);
    else
        batch_failed(lane, batch, sqlstate);
    loop_task_post(lane->loop, &lane->flush);
    lane_check(lane);
}

static void on_conn_lost(void *cookie)
{
    struct lane *lane = cookie;
    atomic_fetch_add_explicit(&lane->stats.lost, 1, memory_order_relaxed);
    struct list gone;
    list_init(&gone);
    list_move_all(&gone, &lane->wire);
    lane->on_wire = 0;
    view_close(&lane->link);
    while (!list_empty(&gone)) {
        struct lane_batch *batch =
            list_entry(gone.prev, struct lane_batch, link); /* newest first: they go to the queue's head */
        list_remove(&batch->link);
        if (batch->verb->writes) {
            batch_answer(batch, ERROR_OUTCOME_UNKNOWN);
        } else {
            batch_requeue(lane, batch);
        }
    }
    lane_check_counts(lane); /* it may be a step of another */
}

/* What waits too long in the queue is surely not written. In an outage nobody waits
 * for the whole of his deadline. */
static void queue_expire(struct lane *lane, int64_t now)
{
    struct list late;
    list_init(&late);
    bool outage = now - lane->ready_at > QUEUE_WAIT_MS * 1000;
    list_each_safe(node, &lane->queue)
    {
        struct job *job = list_entry(node, struct job, link);
        if (now < job->deadline && !outage)
            continue;
        queue_remove(lane, job);
        list_append(&late, &job->link);
    }
    for (struct list *node = list_shift(&late); node != NULL; node = list_shift(&late))
        job_answer(list_entry(node, struct job, link), ERROR_UNAVAILABLE);
}

/* What waits too long on the wire may be written. Its place in the batch stays, empty. */
static void batches_expire(struct list *batches, int64_t now, bool on_wire)
{
    list_each_safe(node, batches)
    {
        struct lane_batch *batch = list_entry(node, struct lane_batch, link);
        for (size_t i = 0; i < batch->count; i++) {
            struct job *job = batch->jobs[i].job;
            if (job == NULL || now < job->deadline)
                continue;
            batch->jobs[i].job = NULL;
            job_answer(job, batch->verb->writes && on_wire ? ERROR_OUTCOME_UNKNOWN : ERROR_UNAVAILABLE);
        }
    }
}

static void on_beat(struct loop_pulse *pulse)
{
    struct lane *lane = list_entry(pulse, struct lane, pulse);
    int64_t now = clock_monotonic();
    if (conn_state(lane->conn) == CONN_READY)
        lane->ready_at = now;
    queue_expire(lane, now);
    batches_expire(&lane->again, now, false);
    batches_expire(&lane->wire, now, true);
    atomic_store_explicit(&lane->stats.state, (int)conn_state(lane->conn), memory_order_relaxed);
    load_tell(lane);
    lane_check(lane);
}

struct lane *lane_create(struct loop *loop, const struct database *db, const char *name, int depth,
                         int stall_ms)
{
    static const struct conn_owner owner = {on_conn_ready, on_conn_rows, on_conn_sync, on_conn_lost};
    struct lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        abort(); /* start-up only */
    lane->loop = loop;
    lane->name = name;
    lane->depth = depth;
    list_init(&lane->queue);
    list_init(&lane->again);
    list_init(&lane->refused);
    list_init(&lane->wire);
    lane->ready_at = clock_monotonic();
    params_init(&lane->admitted);
    params_init(&lane->params);
    loop_task_init(&lane->flush, on_flush);
    loop_pulse_start(loop, &lane->pulse, on_beat);
    lane->conn = conn_create(loop, db, name, stall_ms, &owner, lane);
    return lane;
}

void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    on_conn_lost(lane);
    for (struct list *node = list_shift(&lane->again); node != NULL; node = list_shift(&lane->again))
        batch_answer(list_entry(node, struct lane_batch, link), ERROR_UNAVAILABLE);
    while (!list_empty(&lane->queue)) {
        struct job *job = list_entry(lane->queue.next, struct job, link);
        queue_remove(lane, job);
        job_answer(job, ERROR_UNAVAILABLE);
    }
    for (struct list *node = list_shift(&lane->refused); node != NULL; node = list_shift(&lane->refused))
        job_answer(list_entry(node, struct job, link), ERROR_OVERLOADED);
    conn_destroy(lane->conn);
    loop_task_cancel(&lane->flush);
    loop_pulse_stop(&lane->pulse);
    params_free(&lane->admitted);
    params_free(&lane->params);
    free(lane);
}

void lane_submit(struct lane *lane, struct job *job)
{
    assert(job->weight > 0); /* (6) */
    job->tries = 0;
    if (lane->weight + job->weight > QUEUE_PROBES_MAX && !list_empty(&lane->queue)) {
        job->batch = NULL;
        job->queued = false;
        list_append(&lane->refused, &job->link);
    } else {
        queue_append(lane, job);
    }
    loop_task_post(lane->loop, &lane->flush);
    lane_check_counts(lane);
}

void lane_cancel(struct lane *lane, struct job *job)
{
    assert(job->verb == NULL || !job->verb->writes); /* a job that was never submitted is all zeros */
    for (size_t i = 0; job->batch != NULL && i < job->batch->count; i++) {
        if (job->batch->jobs[i].job == job)
            job->batch->jobs[i].job = NULL;
    }
    if (job->batch == NULL && job->link.next != NULL && !list_empty(&job->link)) {
        bool queued = job->queued;
        list_remove(&job->link);
        lane->weight -= queued ? job->weight : 0;
    }
    job->batch = NULL;
    lane_check_counts(lane);
}

void lane_join_view(struct lane *lane, struct view *view)
{
    assert(lane->link.view == NULL && conn_state(lane->conn) != CONN_READY);
    lane->link.view = view;
}

struct view_link *lane_view_link(struct lane *lane)
{
    return lane->link.view != NULL ? &lane->link : NULL;
}

bool lane_is_ready(const struct lane *lane)
{
    return conn_state(lane->conn) == CONN_READY;
}

const char *lane_trouble(const struct lane *lane)
{
    return conn_trouble(lane->conn);
}

bool lane_is_idle(const struct lane *lane)
{
    return list_empty(&lane->queue) && list_empty(&lane->again) && list_empty(&lane->wire) &&
           list_empty(&lane->refused);
}

const struct lane_stats *lane_stats(const struct lane *lane)
{
    return &lane->stats;
}

const char *lane_name(const struct lane *lane)
{
    return lane->name;
}
