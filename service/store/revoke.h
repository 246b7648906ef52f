/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/job.h"

/* Takes a token back, on every service: each hears of it with its next statement for that controller. */
struct revoke_job {
    struct job job;
    const char *controller;
    const char *token_id; /* its jti */
    instant expires;      /* when every service refuses it by itself */

    bool found; /* there is such a controller */
};
void revoke_job_init(struct revoke_job *r, const char *controller, const char *token_id, instant expires);
