/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lane_internal.h"

#include <assert.h>

/* (6) (8), as far as no walk is needed. */
static bool counts_hold(const struct lane *lane)
{
    return list_empty(&lane->queue) == (lane->weight == 0) &&
           list_empty(&lane->wire) == (lane->on_wire == 0) && lane->on_wire <= lane->depth;
}

/* (11) */
static bool is_awake(const struct lane *lane)
{
    bool could_send = conn_state(lane->conn) == CONN_READY && lane->on_wire < lane->depth &&
                      (lane_next(lane) != NULL || !list_empty(&lane->again));
    return !(could_send || !list_empty(&lane->refused)) || !list_empty(&lane->flush.link);
}

#ifdef AKKOORD_CHECKS
/* (6) (7) */
static void queue_check(const struct lane *lane)
{
    uint64_t weight = 0;
    list_each(node, &lane->queue)
    {
        const struct job *job = list_entry(node, struct job, link);
        assert(job->weight > 0 && job->queued && job->batch == NULL);
        weight += job->weight;
    }
    assert(weight == lane->weight);

    list_each(node, &lane->refused)
    {
        const struct job *job = list_entry(node, struct job, link);
        assert(job->weight > 0 && !job->queued && job->batch == NULL);
    }
}

/* (9), of a job in its place. */
static bool place_holds(const struct lane_batch *batch, const struct sent *place, const struct job *first)
{
    const struct job *job = place->job;
    return job->batch == batch && job->verb == batch->verb && job->weight == place->weight && !job->queued &&
           list_empty(&job->link) && job_travels_with(job, first);
}

/* (9) (10) */
static void batch_check(const struct lane_batch *batch)
{
    const struct job *first = NULL;
    uint64_t weight = 0;
    for (size_t i = 0; i < batch->count; i++) {
        weight += batch->jobs[i].weight;
        if (first == NULL)
            first = batch->jobs[i].job;
        assert(batch->jobs[i].job == NULL || place_holds(batch, &batch->jobs[i], first));
    }
    assert(batch->count == 1 || (batch->count > 1 && weight <= batch->verb->batch_max));
}

/* Returns how many there are. */
static int batches_check(const struct list *batches)
{
    int count = 0;
    list_each(node, batches)
    {
        batch_check(list_entry(node, struct lane_batch, link));
        count++;
    }
    return count;
}

static void lists_check(const struct lane *lane)
{
    queue_check(lane);
    batches_check(&lane->again);
    assert(batches_check(&lane->wire) == lane->on_wire); /* (8) */
}
#else
static void lists_check(const struct lane *lane)
{
    (void)lane;
}
#endif

void lane_check_counts(const struct lane *lane)
{
    assert(counts_hold(lane));
    assert(lane->on_wire == 0 || conn_state(lane->conn) == CONN_READY); /* (8) */
}

void lane_check(const struct lane *lane)
{
    lane_check_counts(lane);
    lists_check(lane);
    assert(is_awake(lane));
}
