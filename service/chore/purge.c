/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/purge.h"

#include "http/schedule.h"
#include "store/lane.h"
#include "store/retention.h"

#include <stdlib.h>

struct purging {
    struct purge_job job;
    struct chore_run *run;
};

static void on_purged(struct job *job, enum error e)
{
    struct purging *p = list_entry(list_entry(job, struct purge_job, job), struct purging, job);
    struct chore_run *run = p->run;
    enum chore_result result = p->job.elsewhere ? CHORE_ELSEWHERE : p->job.worked ? CHORE_MORE : CHORE_DONE;
    free(p);
    chore_end(run, e, result);
}

void purge_start(struct chore_run *run)
{
    struct purging *p = calloc(1, sizeof *p);
    if (p == NULL) {
        chore_end(run, ERROR_OVERLOADED, CHORE_DONE);
        return;
    }
    p->run = run;
    purge_job_init(&p->job, NULL, PURGE_WHERE_DUE, run->chore->lock);
    p->job.job.deadline = run->deadline;
    p->job.job.done = on_purged;
    lane_submit(run->lane, &p->job.job);
}
