/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/limits.h"
#include "domain/tag.h"
#include "store/job.h"

/* Whose are these identifiers, many at a time? As struct lookup_job (store/subject.h) asks of one
 * person's. */

/* What is known of one tag. */
struct persons_found {
    int64_t own; /* its number, where it is a person itself; 0: it is none, or is not known */
    /* The persons that have it, itself among them, by number; none where it is tied to nothing. At most
     * PERSONS_TOLD_MAX + 2. */
    size_t count;
    int64_t *persons;
};

struct persons_job {
    struct job job;
    size_t count;
    const struct tag *tags;      /* the caller's, like the next; must stay until done */
    struct persons_found *found; /* one a tag, zeroed; what their lists hold is the job's */

    int64_t generation; /* of the controller; 0: there is no such controller */
    bool broken;        /* memory ran out, or the rows were not what was asked for */
};

/* Fills in the job's verb and weight; the caller sets deadline and done. */
void persons_job_init(struct persons_job *p, int32_t controller_id, const struct tag *tags,
                      struct persons_found *found, size_t count);
/* Frees what the answer holds. */
void persons_job_clear(struct persons_job *p);
