/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/lane.h"

/* Lets go of what is over: idempotency keys after 24 h (EXPIRE_KEYS_MAX at a time), requests that were not confirmed in time. */
enum expiring { EXPIRE_KEYS, EXPIRE_PENDING };
struct expire_job {
    struct job job;
    int64_t expired;
};
void expire_job_init(struct expire_job *e, enum expiring what);
