/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_reading.h"

#include "api/batch_internal.h"
#include "base/limits.h"
#include "http/reading.h"
#include "store/lane.h"

#include <stdlib.h>

struct batch_reading {
    struct batch *batch;
    struct reading reading; /* why, on whose behalf */
    size_t count, room;
    struct audit_told *told; /* in the order of the lines */
    size_t recorded;         /* of them */
    struct audit_persons_job job;
    void (*then)(struct batch *b);
};

struct batch_reading *batch_reading_new(struct batch *b, struct call *call)
{
    struct batch_reading *r = calloc(1, sizeof *r);
    if (r == NULL)
        h2o_fatal("no memory");
    r->batch = b;
    if (reading_open(&r->reading, call))
        return r;
    batch_reading_free(r);
    return NULL;
}

void batch_reading_free(struct batch_reading *r)
{
    if (r == NULL)
        return;
    reading_close(&r->reading);
    free(r->told);
    free(r);
}

const char *batch_reading_begin(struct batch *b, enum error *ret_error)
{
    struct batch_reading *r = b->reads;
    if (r == NULL)
        return NULL;
    r->count = r->recorded = 0;
    *ret_error = ERROR_REASON_REQUIRED;
    return reading_misfit(&r->reading, b->attempt.controller->policy);
}

void batch_reading_told(const struct batch *b, int64_t subject_no)
{
    struct batch_reading *r = b->reads;
    if (r == NULL)
        return;
    if (r->count == r->room) {
        r->room = r->room == 0 ? BATCH_READING_LINES : 2 * r->room;
        r->told = batch_room(r->told, r->room, sizeof *r->told);
    }
    r->told[r->count++] = (struct audit_told){.subject_no = subject_no, .found = subject_no != 0};
}

size_t batch_reading_bytes(const struct batch *b)
{
    return b->reads != NULL ? b->reads->room * sizeof *b->reads->told : 0;
}

static void on_recorded(struct job *job, enum error e);

/* Entries leave one statement after the other, so that what else this lane writes comes between. */
static void some_record(struct batch_reading *r)
{
    struct call *call = r->batch->attempt.call;
    size_t left = r->count - r->recorded;
    r->job.entry = reading_entry(call, r->reading.reason, r->reading.on_behalf_of);
    r->job.entry.action = "lookup";
    r->job.told = r->told + r->recorded;
    r->job.count = left < BATCH_READING_LINES ? left : BATCH_READING_LINES;
    audit_persons_job_prepare(&r->job, r->batch->attempt.controller->controller_id);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_recorded;
    lane_submit(call->worker->write, &r->job.job);
}

static void on_recorded(struct job *job, enum error e)
{
    struct audit_persons_job *done = list_entry(job, struct audit_persons_job, job);
    struct batch_reading *r = list_entry(done, struct batch_reading, job);
    struct call *call = r->batch->attempt.call;
    r->recorded += done->count;
    if (e != ERROR_NONE)
        call_problem_untold(call, e);
    else if (call->req == NULL)
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL); /* nobody is left to answer */
    else if (r->recorded < r->count)
        some_record(r);
    else
        r->then(r->batch);
}

void batch_reading_record(struct batch *b, void (*then)(struct batch *b))
{
    struct batch_reading *r = b->reads;
    b->attempt.call->abandon = NULL;
    r->then = then;
    if (r->count > 0)
        some_record(r);
    else
        then(b);
}
