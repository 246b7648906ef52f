/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/job.h"

/* Is there a primary whose schema serves this program? */
struct ready_job {
    struct job job;
    void *cookie; /* the caller's */
    bool good;
};
void ready_job_init(struct ready_job *r);
