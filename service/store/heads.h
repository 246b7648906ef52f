/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/job.h"

/* How far are these controllers' ledgers? */
struct heads_job {
    struct job job;
    size_t count;
    const int32_t *controllers;
    int64_t *revisions; /* the caller's, as many; one that is not found stays as it is */
};
void heads_job_init(struct heads_job *h, const int32_t *controllers, int64_t *revisions, size_t count);
