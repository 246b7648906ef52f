/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/expiry.h"

#include "http/schedule.h"
#include "store/expire.h"
#include "store/lane.h"

#include <stdlib.h>

struct expiry {
    struct expire_job job;
    struct chore_run *run;
};

static void on_expired(struct job *job, enum error e)
{
    struct expiry *x = list_entry(list_entry(job, struct expire_job, job), struct expiry, job);
    struct chore_run *run = x->run;
    enum chore_result result = x->job.elsewhere ? CHORE_ELSEWHERE : x->job.has_more ? CHORE_MORE : CHORE_DONE;
    free(x);
    chore_end(run, e, result);
}

static void expire(struct chore_run *run, enum expiring what)
{
    struct expiry *x = calloc(1, sizeof *x);
    if (x == NULL) {
        chore_end(run, ERROR_OVERLOADED, CHORE_DONE);
        return;
    }
    x->run = run;
    expire_job_init(&x->job, what, run->chore->lock);
    x->job.job.deadline = run->deadline;
    x->job.job.done = on_expired;
    lane_submit(run->lane, &x->job.job);
}

void expiry_keys(struct chore_run *run)
{
    expire(run, EXPIRE_KEYS);
}

void expiry_messages(struct chore_run *run)
{
    expire(run, EXPIRE_MESSAGES);
}

void expiry_told_messages(struct chore_run *run)
{
    expire(run, FORGET_MESSAGES);
}

void expiry_links(struct chore_run *run)
{
    expire(run, EXPIRE_LINKS);
}

void expiry_touched(struct chore_run *run)
{
    expire(run, EXPIRE_TOUCHED);
}

void expiry_pending(struct chore_run *run)
{
    expire(run, EXPIRE_PENDING);
}

void expiry_told_endings(struct chore_run *run)
{
    expire(run, TELL_ENDINGS);
}
