/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "loop/loop.h"
#include "store/lane.h"
#include "store/params.h"
#include "store/view.h"

/* What lane.c and its tests share.
 *
 * A job that was submitted waits in the queue, or among those that are refused, which are answered at the end
 * of the tick. From the queue it comes into a batch, and there it stays until it is answered; its place in
 * the batch is then empty. Only the jobs of a read whose connection was lost come back to the queue's head.
 *
 * A batch is on the wire, or waits in `again`: it met an error and is surely not written.
 *
 * lane.h has what is promised, (1) to (5). What holds after each step (lane_check):
 * (6) Each job weighs at least 1, and lane->weight is the sum of the queue: it is 0 where nobody waits there.
 * (7) job->queued is set in the queue, and nowhere else. Who waits in the queue or is refused has no batch.
 * (8) lane->on_wire is the length of lane->wire and at most lane->depth. Nothing is on the wire of a
 *     connection that is not ready.
 * (9) A batch has a place at least. The job in a place has that batch, its verb and that weight, is in no
 *     list, and belongs with the others: of one edition and, where it writes, of one controller.
 * (10) A batch weighs no more than its verb allows, but for a job that is heavier by itself.
 * (11) Nothing is left that could be sent: on a connection that is ready, and with room on the wire, `again`
 *     is empty and nobody waits in the queue but for a batch to come back (verb->gathers), or the end of this
 *     tick will look at them.
 *
 * (11) does not hold inside of a step; lane_submit and lane_cancel, which callbacks call there, are held to
 * what is no walk of (6) and (8). Builds for debugging and the sanitizers (AKKOORD_CHECKS) walk the lists; a
 * release checks what takes no walk. */

/* Jobs sent together. */
struct lane_batch {
    struct list link; /* in lane->wire or lane->again */
    const struct verb *verb;
    int32_t controller_id; /* of a write */
    int64_t sent_at;       /* of clock_monotonic */
    size_t count;
    struct sent jobs[];
};

struct lane {
    struct loop *loop;
    const char *name;
    struct conn *conn;
    struct loop_task flush;
    struct loop_pulse pulse;
    struct list queue; /* jobs, in the order to be sent */
    struct list again; /* batches to be sent before the queue: they met an error and are surely not written */
    struct list refused; /* jobs that found the queue full; answered at the end of the tick */
    uint64_t weight;     /* of the queue */
    struct list wire;    /* batches, oldest first */
    int on_wire;
    int depth;        /* of on_wire */
    int64_t ready_at; /* when the connection was last seen ready */
    struct params admitted, params;
    struct view_link link;
    struct lane_stats stats;
};

/* Who may be sent first of the queue, or NULL. */
struct job *lane_next(const struct lane *lane);
/* Whether two jobs may be in one batch. */
bool job_travels_with(const struct job *a, const struct job *b);
/* Aborts where (6) to (11) do not hold. */
void lane_check(const struct lane *lane);
/* Likewise what of (6) and (8) takes no walk. */
void lane_check_counts(const struct lane *lane);
