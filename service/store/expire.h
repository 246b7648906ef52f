/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/job.h"

/* Lets go of what is over: idempotency keys after 24 h (EXPIRE_KEYS_MAX at a time), requests that were not
 * confirmed in time (EXPIRE_PENDING_MAX), messages that were not delivered in time (EXPIRE_PENDING_MAX), what
 * is told of messages that have been over for long (EXPIRE_KEYS_MAX), links that were kept to their end
 * (EXPIRE_PENDING_MAX), and the log of what was touched after ten minutes (EXPIRE_KEYS_MAX rows of each
 * controller). And tells what came to its end by time alone (TELL_ENDINGS), a batch at a time. */
enum expiring {
    EXPIRE_KEYS,
    EXPIRE_PENDING,
    EXPIRE_MESSAGES,
    FORGET_MESSAGES,
    EXPIRE_LINKS,
    EXPIRE_TOUCHED,
    TELL_ENDINGS
};
struct expire_job {
    struct job job;
    enum expiring what;
    int32_t lock;   /* number of the advisory lock that it holds while it runs: one node at a time */
    bool elsewhere; /* another holds that lock: nothing was done */
    bool has_more;  /* as much went as goes at a time; of what is told: any was */
};
void expire_job_init(struct expire_job *e, enum expiring what, int32_t lock);
