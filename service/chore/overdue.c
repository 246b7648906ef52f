/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/overdue.h"

#include "http/counters.h"
#include "store/lane.h"
#include "store/rights.h"

#include <stdlib.h>

struct overdue {
    struct rights_overdue_job job;
    struct chore_run *run;
};

static void on_counted(struct job *job, enum error e)
{
    struct overdue *o = list_entry(list_entry(job, struct rights_overdue_job, job), struct overdue, job);
    struct chore_run *run = o->run;
    if (e == ERROR_NONE)
        counters_overdue_set(o->job.count);
    free(o);
    chore_end(run, e, CHORE_DONE);
}

void overdue_count(struct chore_run *run)
{
    struct overdue *o = calloc(1, sizeof *o);
    if (o == NULL) {
        chore_end(run, ERROR_OVERLOADED, CHORE_DONE);
        return;
    }
    o->run = run;
    rights_overdue_job_init(&o->job);
    o->job.job.deadline = run->deadline;
    o->job.job.done = on_counted;
    lane_submit(run->lane, &o->job.job);
}
