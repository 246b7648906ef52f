/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_trace.h"

#include "base/limits.h"
#include "ledger/trace_mac.h"
#include "store/lane.h"

#include <stdlib.h>

struct batch_trace {
    struct batch *batch;
    const char *ref;
    uint8_t salt[TRACE_SALT];
    struct trace_mac asked, answered; /* of the body, of the answer */
    size_t asked_to, answered_to;     /* bytes that they have */
    struct trace_keep_job job;
};

struct batch_trace *batch_trace_new(struct batch *b, const char *ref)
{
    struct batch_trace *t = calloc(1, sizeof *t);
    if (t == NULL || !trace_salt_make(t->salt))
        h2o_fatal("no memory, or no random bytes");
    t->batch = b;
    t->ref = ref;
    return t;
}

void batch_trace_free(struct batch_trace *t)
{
    if (t == NULL)
        return;
    trace_mac_free(&t->asked);
    trace_mac_free(&t->answered);
    free(t);
}

void batch_trace_begin(struct batch *b)
{
    struct batch_trace *t = b->trace;
    if (t == NULL)
        return;
    t->asked_to = t->answered_to = 0;
    t->job.at = INSTANT_NONE;
    trace_mac_begin(&t->asked, t->salt);
    trace_mac_begin(&t->answered, t->salt);
}

static void bytes_take(struct trace_mac *mac, const char *bytes, size_t len, size_t *taken)
{
    if (len > *taken)
        trace_mac_add(mac, bytes + *taken, len - *taken);
    *taken = len > *taken ? len : *taken;
}

void batch_trace_take(struct batch *b)
{
    struct batch_trace *t = b->trace;
    if (t == NULL)
        return;
    h2o_iovec_t body = call_body(b->attempt.call);
    size_t read = b->all_read ? body.len : (size_t)(b->walk.at - body.base);
    bytes_take(&t->asked, body.base, read, &t->asked_to);
    bytes_take(&t->answered, b->out.data, b->out.len, &t->answered_to);
}

void batch_trace_verdict(struct batch *b, instant as_of)
{
    struct batch_trace *t = b->trace;
    if (t != NULL && (t->job.at == INSTANT_NONE || as_of < t->job.at))
        t->job.at = as_of;
}

static void on_kept(struct job *job, enum error e)
{
    struct batch_trace *t = list_entry(list_entry(job, struct trace_keep_job, job), struct batch_trace, job);
    struct call *call = t->batch->attempt.call;
    if (e != ERROR_NONE)
        call_problem_untold(call, e);
    else
        call_answer_buf(call, 200, "application/x-ndjson", &t->batch->out);
}

void batch_trace_answer(struct batch *b)
{
    struct batch_trace *t = b->trace;
    struct trace_keep_job *job = &t->job;
    struct call *call = b->attempt.call;
    char id[UUID_TEXT + 1], salt[2 * TRACE_SALT + 1];
    batch_trace_take(b);
    if (uuid_v7(job->id) != 0 || !trace_mac_end(&t->asked, job->mac) ||
        !trace_mac_end(&t->answered, job->answer_mac)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }

    job->actor = call->claims.subject;
    job->ref = t->ref;
    job->policy_version = b->attempt.controller->policy->version;
    job->lines = job->allowed = 0;
    for (size_t i = 0; i < REASON_COUNT; i++) {
        job->lines += (int32_t)b->verdicts[i];
        job->allowed += reason_allows((enum reason)i) ? (int32_t)b->verdicts[i] : 0;
    }
    if (job->at == INSTANT_NONE) /* no line had one */
        job->at = clock_wall();

    uuid_format(job->id, id);
    trace_salt_format(t->salt, salt);
    call_set_header(call, "trace-id", id);
    call_set_header(call, "trace-salt", salt);
    trace_keep_job_prepare(job, b->attempt.controller->controller_id);
    job->job.deadline = call->deadline;
    job->job.done = on_kept;
    call->abandon = NULL;
    lane_submit(call->worker->write, &job->job);
}
