/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/conn.h"
#include "store/job.h"

/* A lane gathers the jobs of a tick and sends them as batches over one connection, a few at a time: while
 * those are on the wire the next batch grows by itself. Every job is answered exactly once, never from
 * inside lane_submit, and at the latest at its deadline.
 *
 * (1) A job is in the queue, in one batch on the wire, or answered.
 * (2) A batch is one statement, one transaction, jobs of one verb and, where it writes, of one controller.
 * (3) ERROR_NONE is answered only after the batch's sync came without an error.
 * (4) A write that was sent and whose sync did not come is ERROR_OUTCOME_UNKNOWN, and is not sent again.
 * (5) ERROR_UNAVAILABLE and ERROR_OVERLOADED mean surely not written. */
struct lane;
struct view;
struct view_link;

/* Counters for /metrics; read from any thread, so each is a relaxed atomic. */
struct lane_stats {
    _Atomic uint64_t batches;
    _Atomic uint64_t jobs;
    _Atomic uint64_t weight;    /* of what was sent */
    _Atomic uint64_t queued;    /* weight in the queue now */
    _Atomic int64_t wire_since; /* of clock_monotonic: when the oldest batch on the wire was sent; 0: none */
    _Atomic uint64_t lost;      /* connections */
    _Atomic uint64_t retried;   /* batches */
    _Atomic uint64_t split;     /* batches */
    _Atomic int state;          /* enum conn_state */
};

/* Binds the parameter of sql/query/admit.sql: the controllers of these jobs, each once. */
void sent_bind_controllers(const struct sent *batch, size_t count, struct params *params);

/* ${name} must outlive it. ${depth}: batches on the wire at a time, at most DEPTH_MAX. */
struct lane *lane_create(struct loop *loop, const struct database *db, const char *name, int depth,
                         int stall_ms);
/* Has a part in the view from here on (store/view.h); once, before it is connected. NULL: in none. */
void lane_join_view(struct lane *lane, struct view *view);
/* NULL: it has none. */
struct view_link *lane_view_link(struct lane *lane);
/* Answers what is left with ERROR_UNAVAILABLE or, for writes on the wire, ERROR_OUTCOME_UNKNOWN. */
void lane_destroy(struct lane *lane);
void lane_submit(struct lane *lane, struct job *job);
/* Nobody waits for a job that only reads: done is not called any more. */
void lane_cancel(struct lane *lane, struct job *job);
bool lane_is_ready(const struct lane *lane);
/* Why not, a static sentence. */
const char *lane_trouble(const struct lane *lane);
/* Whether nothing is queued or on the wire. */
bool lane_is_idle(const struct lane *lane);
const struct lane_stats *lane_stats(const struct lane *lane);
const char *lane_name(const struct lane *lane);
