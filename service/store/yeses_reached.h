/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "store/job.h"

#include <stddef.h>

/* Which Yeses would a No stop besides those under what it names: of all whom it reaches? */
struct yes_reached {
    int32_t purpose; /* its number, or that of one entity's */
    int64_t newest;  /* revision of the newest Yes to it */
    bool stands;     /* one is above the Noes to that purpose where it is */
};

struct yeses_reached_job {
    struct job job;
    const struct tag *tags; /* the caller's, until ${done} */
    size_t tag_count;
    const int32_t *stopped; /* purposes that a No to everything stops; likewise */
    size_t stopped_count;

    int64_t generation; /* of the controller; 0: there is no such controller */
    size_t count;
    struct yes_reached *yeses; /* the job's */
    bool broken;               /* memory ran out */
};
void yeses_reached_job_init(struct yeses_reached_job *y, int32_t controller_id);
/* Frees what the job holds; a job of zeroes holds nothing. */
void yeses_reached_job_clear(struct yeses_reached_job *y);
