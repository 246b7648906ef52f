/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/idempotency.h"
#include "store/lane.h"

/* An idempotency key for work that takes many transactions: it is claimed before the first, and what came out
 * is kept with it after the last. Who is cut short keeps how far it came. A claim that is not kept (its
 * process has died) ends by itself after CLAIM_SECONDS. */

enum claim_outcome {
    CLAIM_RUNNING, /* another request has claimed it and still runs */
    CLAIM_OURS,    /* go on behind ${after}: 0 where it is new */
    CLAIM_DONE,    /* the first answer: its counts */
    CLAIM_REUSED   /* the key was used for another request */
};

struct claim_job {
    struct job job;         /* the caller sets controller_id, deadline and done */
    struct idempotency key; /* present */

    enum claim_outcome outcome;
    bool is_done;  /* of claim_job_keep */
    int64_t after; /* subject number */
    int64_t matched, invalidated;
};

/* Makes the job claim: outcome, after and the counts tell what came out. */
void claim_job_prepare(struct claim_job *c);
/* Makes the job keep is_done, or else after, and the counts. */
void claim_job_keep(struct claim_job *c);
