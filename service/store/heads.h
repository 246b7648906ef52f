/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/lane.h"

/* How far are these controllers' ledgers? */
struct heads_job {
    struct job job;
    size_t count;
    const int32_t *controllers;
    int64_t *revisions; /* the caller's, as many; one that is not found stays as it is */
};
void heads_job_init(struct heads_job *h, const int32_t *controllers, int64_t *revisions, size_t count);

/* Is there a primary whose schema serves this program? */
struct ready_job {
    struct job job;
    void *cookie; /* the caller's */
    bool good;
};
void ready_job_init(struct ready_job *r);

/* Lets go of what is over: idempotency keys after 24 h (EXPIRE_KEYS_MAX at a time), requests that were not confirmed in time. */
enum expiring { EXPIRE_KEYS, EXPIRE_PENDING };
struct expire_job {
    struct job job;
    int64_t expired;
};
void expire_job_init(struct expire_job *e, enum expiring what);
