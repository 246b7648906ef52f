/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "http/worker.h"

#include <stdint.h>

/* What is done on time and nobody asks for. Each process starts what is due on its first thread:
 *
 * (1) At most one chore runs at a time.
 * (2) None starts before it is due: ${every_ms} after the process's start, then after its own last start,
 *     or at once where it found more to do than it does at a time.
 * (3) Of those that are due the one that has been so the longest goes first: what always finds more keeps
 *     nothing else from its turn.
 * (4) Where the first thread serves somebody, one with ${beside_ms} starts so long after its own last start
 *     at the soonest: it takes what is left. */
struct schedule;
struct chore_run;

/* A row of a table, which ends with one whose name is NULL. */
struct chore {
    const char *name; /* a word of log lines */
    int64_t every_ms;
    int64_t beside_ms;   /* (4); 0: it gives way to nobody */
    enum lane_kind lane; /* its statements go there */
    /* One node at a time does it: the number of the advisory lock that its statement tries to take
     * (store/expire). No other chore ever gets that number. 0: each node does it. */
    int32_t lock;
    /* Begins, and sees to it that chore_end is called once, now or later. */
    void (*start)(struct chore_run *run);
};

struct chore_run {
    const struct chore *chore;
    struct lane *lane;
    int64_t deadline; /* of clock_monotonic: for what it submits */
    struct schedule *schedule;
};

enum chore_result {
    CHORE_DONE,
    CHORE_MORE,     /* it did as much as it does at a time */
    CHORE_ELSEWHERE /* another node is at it */
};

enum { CHORES_MAX = 16 };

/* ${now}, here and below: of clock_monotonic. Aborts when memory has run out:
 * it is called at start-up only. */
struct schedule *schedule_create(const struct chore *chores, const struct worker *worker, int64_t now);
/* After the lanes: they answer what runs. Accepts NULL. */
void schedule_destroy(struct schedule *s);
/* Starts what is due. Called often: a chore is late by as much as the calls are apart. */
void schedule_beat(struct schedule *s, int64_t now);

/* ${run} is over, and must not be touched afterwards. ${e}: what went wrong, or
 * ERROR_NONE; only then ${result} counts. */
void chore_end(struct chore_run *run, enum error e, enum chore_result result);
