/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/job.h"

#include <stddef.h>

/* Erasures, as a list that another database can be given: one that was recovered to a moment before them
 * (sql/function/erase_again.sql). */

/* One as a line of JSON: keyed hashes and numbers, no identifier. */
struct erasure {
    int32_t controller_id;
    int64_t revision;
    char *line;
};

struct erasures_job {
    struct job job;
    const char *controller; /* its key; NULL: all. The caller's, must stay until done */
    instant since;
    int32_t after_controller; /* behind this one; 0, 0: from the first */
    int64_t after_revision;
    int32_t limit;

    size_t count;
    struct erasure *rows;
    bool broken; /* memory ran out */
};
/* Fill in all up to limit first. */
void erasures_job_prepare(struct erasures_job *e);
void erasures_job_clear(struct erasures_job *e);

enum erased_again {
    ERASED_THERE,      /* it is known: nothing was done */
    ERASED_AGAIN,      /* the person was there, and is gone */
    ERASED_REMEMBERED, /* nobody was there; the tombstone is set */
    ERASED_NOBODY,     /* nobody was there, and there is nothing to remember */
    ERASED_OTHER_KEY,  /* its tags are of a subject key that this database is not under */
    ERASED_FOREIGN,    /* there is no such controller */
    ERASED_OUTCOMES
};

/* Does one of them again. */
struct erase_again_job {
    struct job job;
    const char *line, *actor; /* the caller's, must stay until done; ${line} is well-formed */

    enum erased_again outcome;
};
void erase_again_job_init(struct erase_again_job *e, const char *line, const char *actor);
