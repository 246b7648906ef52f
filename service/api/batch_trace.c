/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_trace.h"

#include "base/limits.h"
#include "store/lane.h"
#include "store/trace.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct batch_trace {
    struct batch *batch;
    const char *ref;
    EVP_MD_CTX *asked, *answered; /* of the body, of the answer */
    size_t asked_to, answered_to; /* bytes that they have */
    bool is_broken;               /* a hash failed */
    struct trace_keep_job job;
};

struct batch_trace *batch_trace_new(struct batch *b, const char *ref)
{
    struct batch_trace *t = calloc(1, sizeof *t);
    if (t == NULL || (t->asked = EVP_MD_CTX_new()) == NULL || (t->answered = EVP_MD_CTX_new()) == NULL)
        h2o_fatal("no memory");
    t->batch = b;
    t->ref = ref;
    return t;
}

void batch_trace_free(struct batch_trace *t)
{
    if (t == NULL)
        return;
    EVP_MD_CTX_free(t->asked);
    EVP_MD_CTX_free(t->answered);
    free(t);
}

void batch_trace_begin(struct batch *b)
{
    struct batch_trace *t = b->trace;
    if (t == NULL)
        return;
    t->asked_to = t->answered_to = 0;
    t->job.at = INSTANT_NONE;
    t->is_broken = EVP_DigestInit_ex(t->asked, EVP_sha256(), NULL) != 1 ||
                   EVP_DigestInit_ex(t->answered, EVP_sha256(), NULL) != 1;
}

static void bytes_take(struct batch_trace *t, EVP_MD_CTX *hash, const char *bytes, size_t len, size_t *taken)
{
    if (len > *taken && EVP_DigestUpdate(hash, bytes + *taken, len - *taken) != 1)
        t->is_broken = true;
    *taken = len > *taken ? len : *taken;
}

void batch_trace_take(struct batch *b)
{
    struct batch_trace *t = b->trace;
    if (t == NULL)
        return;
    h2o_iovec_t body = call_body(b->attempt.call);
    size_t read = b->all_read ? body.len : (size_t)(b->walk.at - body.base);
    bytes_take(t, t->asked, body.base, read, &t->asked_to);
    bytes_take(t, t->answered, b->out.data, b->out.len, &t->answered_to);
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
    if (e != ERROR_NONE) /* nothing was told, whatever was kept */
        call_problem(call, e == ERROR_OUTCOME_UNKNOWN ? ERROR_UNAVAILABLE : e, NULL, NULL);
    else
        call_answer_buf(call, 200, "application/x-ndjson", &t->batch->out);
}

void batch_trace_answer(struct batch *b)
{
    struct batch_trace *t = b->trace;
    struct trace_keep_job *job = &t->job;
    struct call *call = b->attempt.call;
    char id[UUID_TEXT + 1];
    batch_trace_take(b);
    if (t->is_broken || uuid_v7(job->id) != 0 || EVP_DigestFinal_ex(t->asked, job->sha256, NULL) != 1 ||
        EVP_DigestFinal_ex(t->answered, job->answer_sha256, NULL) != 1) {
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
    call_set_header(call, "trace-id", id);
    trace_keep_job_prepare(job, b->attempt.controller->controller_id);
    job->job.deadline = call->deadline;
    job->job.done = on_kept;
    call->abandon = NULL;
    lane_submit(call->worker->write, &job->job);
}
