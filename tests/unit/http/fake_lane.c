/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_lane.h"

#include <criterion/criterion.h>

struct job *fake_jobs[FAKE_JOBS_MAX];
size_t fake_job_count;

void lane_submit(struct lane *lane, struct job *job)
{
    (void)lane;
    cr_assert_lt(fake_job_count, FAKE_JOBS_MAX);
    fake_jobs[fake_job_count++] = job;
}

void lane_cancel(struct lane *lane, struct job *job)
{
    (void)lane;
    for (size_t i = 0; i < fake_job_count; i++) {
        if (fake_jobs[i] == job)
            fake_jobs[i] = NULL;
    }
}

bool lane_is_ready(const struct lane *lane)
{
    (void)lane;
    return true;
}

size_t fake_jobs_waiting(void)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_job_count; i++)
        count += fake_jobs[i] != NULL;
    return count;
}

void fake_answer(size_t i, enum error e)
{
    struct job *job = i < fake_job_count ? fake_jobs[i] : NULL;
    cr_assert_not_null(job, "job %zu waits for no answer", i);
    fake_jobs[i] = NULL;
    job->done(job, e);
}
