/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked of the database, apart from how it gets there: store/lane sends jobs in
 * batches, store/blocking one by one. */
struct job;
struct lane_batch;
struct writer;
struct params;
typedef struct pg_result PGresult; /* libpq's */

/* A job's place in a batch. */
struct sent {
    struct job *job; /* NULL: its caller has been answered already */
    uint32_t weight; /* the job's, also when it is gone */
};

/* What a kind of job is to the lane. Static. */
struct verb {
    const char *statement; /* name of the prepared statement */
    bool writes;           /* rule (4) */
    uint32_t batch_max;    /* weight a batch may have; 1: each job alone */
    /* One batch of a controller is on the wire at a time, and what comes meanwhile gathers for the next:
     * for small writes, whose commit costs more than they do. */
    bool gathers;
    /* Which statement it is this time; called before bind. NULL: there is but one. */
    const char *(*choose)(const struct sent *batch, size_t count);
    /* Binds the parameters for the batch. May be called again when the batch is sent again.
     * NULL: there are none. */
    void (*bind)(const struct sent *batch, size_t count, struct params *params);
    /* Takes what it needs of the rows into the jobs. Nothing is committed yet. */
    void (*take)(const struct sent *batch, size_t count, const PGresult *rows);
    /* Whether a job of a read has its answer now; else it is sent once more, before all others. NULL: it
     * has. */
    bool (*settled)(const struct job *job);
};

/* Embedded in what waits for the answer. Fill in up to done; the
 * memory must stay until ${done}. */
struct job {
    const struct verb *verb;
    int32_t
        controller_id; /* the only one whose rows its statement reaches (row level security); 0: nobody's */
    int64_t deadline;  /* of clock_monotonic, from acceptance */
    /* only jobs of one edition share a batch; where it writes, only those of one controller too */
    int64_t edition;
    uint32_t weight; /* probes or acts, at least 1 (asserted); stays as it is until ${done} */
    void (*done)(struct job *job, enum error outcome);

    struct list link;
    struct lane_batch *batch; /* NULL while queued */
    bool queued;              /* its weight is counted */
    uint8_t tries;

    /* store/writers: of one that is away */
    struct writer *from;
    void (*own_done)(struct job *job, enum error outcome);
    enum error answered;
};
