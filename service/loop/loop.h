/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/list.h"

#include <stdbool.h>

/* One event loop on one thread. Nothing here may be called from another thread but loop_wake_up(). */
struct loop;
struct st_h2o_evloop_t;

/* Something to be done at the end of the current tick, when all that was readable has
 * been read. Embedded in its owner. */
struct loop_task {
    void (*run)(struct loop_task *task);
    struct list link;
};

/* Something to be looked at every LOOP_BEAT_MS. Embedded in its owner. */
struct loop_pulse {
    void (*beat)(struct loop_pulse *pulse);
    struct list link;
};

/* What another thread may have this one look at. */
struct loop_wake;

/* Fine enough for the shortest deadline (500 ms to connect), coarse enough to cost nothing. */
enum { LOOP_BEAT_MS = 20 };

/* Aborts when memory or descriptors have run out: it is called at start-up only. */
struct loop *loop_create(void);
/* Everything that was created on the loop must be gone. */
void loop_destroy(struct loop *loop);
/* Waits at most ${max_wait_ms} and runs what is due, once. */
void loop_run_once(struct loop *loop, int max_wait_ms);
/* What it is to libh2o: for those that serve HTTP, and watch. The loop keeps it. */
struct st_h2o_evloop_t *loop_h2o(struct loop *loop);

void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *task));
/* ${task} runs once at the end of this tick; posted by a task, itself or another, at the end of the next one,
 * when what came meanwhile has been read. Posting it again before that changes nothing. */
void loop_task_post(struct loop *loop, struct loop_task *task);
/* It will not run. */
void loop_task_cancel(struct loop_task *task);

void loop_pulse_start(struct loop *loop, struct loop_pulse *pulse, void (*beat)(struct loop_pulse *pulse));
void loop_pulse_stop(struct loop_pulse *pulse);

/* ${run} is called with ${cookie} on the loop's thread, soon after it was woken; once for all the times
 * before. Aborts when memory or descriptors have run out. */
struct loop_wake *loop_wake_create(struct loop *loop, void (*run)(void *cookie), void *cookie);
/* No other thread may know of it any more. It is not run. NULL: nothing to do. */
void loop_wake_destroy(struct loop_wake *wake);
/* From any thread. */
void loop_wake_up(struct loop_wake *wake);
