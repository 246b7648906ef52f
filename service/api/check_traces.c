/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "store/lane.h"
#include "store/trace.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/check/traces?ref=: the checks that were kept under a reference. Nobody is in them. */
struct tracing {
    struct attempt attempt;
    const char *ref;
    int64_t after, limit;
    struct trace_list_job job;
};

static void tracing_dispose(void *state)
{
    struct tracing *t = state;
    trace_list_job_clear(&t->job);
    attempt_end(&t->attempt);
}

static void row_write(struct writer *w, const struct trace_row *row)
{
    writer_object_begin(w, NULL);
    writer_uuid(w, "trace_id", row->id);
    writer_moment(w, "at", row->at);
    writer_text(w, "actor", row->actor);
    writer_int(w, "revision", row->revision);
    writer_int(w, "policy_version", row->policy_version);
    writer_int(w, "verdicts", row->lines);
    writer_int(w, "allowed", row->allowed);
    writer_sha256(w, "request_hmac", row->mac);
    writer_sha256(w, "answer_hmac", row->answer_mac);
    writer_object_end(w);
}

static void on_listed(struct job *job, enum error e)
{
    struct tracing *t = list_entry(list_entry(job, struct trace_list_job, job), struct tracing, job);
    struct call *call = t->attempt.call;
    size_t limit = (size_t)t->limit, count = t->job.count < limit ? t->job.count : limit;
    if (e != ERROR_NONE || t->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "traces");
    for (size_t i = 0; i < count; i++)
        row_write(&w, &t->job.rows[i]);
    writer_array_end(&w);
    if (t->job.count > count)
        writer_int(&w, "next", t->job.rows[count - 1].number);
    else
        writer_null(&w, "next");
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void tracing_begin(struct call *call)
{
    struct tracing *t = call->state;
    trace_list_job_clear(&t->job);
    t->job = (struct trace_list_job){.ref = t->ref, .after = t->after, .limit = (int32_t)t->limit + 1};
    trace_list_job_prepare(&t->job, t->attempt.controller->controller_id);
    t->job.job.deadline = call->deadline;
    t->job.job.done = on_listed;
    lane_submit(call->worker->slow, &t->job.job);
}

static bool tracing_abandon(struct call *call)
{
    struct tracing *t = call->state;
    lane_cancel(call->worker->slow, &t->job.job);
    attempt_abandon(&t->attempt);
    return true;
}

void handle_check_traces(struct call *call)
{
    static const char *const allowed[] = {"ref", "after", "limit", NULL};
    struct tracing *t = call_alloc(call, sizeof *t);
    t->ref = call_query(call, "ref");
    if (call_query_only(call, allowed) != 0 || t->ref == NULL || strlen(t->ref) > REF_BYTES_MAX ||
        t->ref[0] == '\0' || call_query_int(call, "after", 0, 0, INT64_MAX, &t->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &t->limit) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes ref=, after=NUMBER and limit=1..1000, each once.",
                     NULL);
        return;
    }
    for (const char *at = t->ref; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            call_problem(call, ERROR_INVALID, "ref is printable ASCII.", NULL);
            return;
        }
    }
    call->state = t;
    call->dispose = tracing_dispose;
    call->abandon = tracing_abandon;
    attempt_current(&t->attempt, call, tracing_begin);
}
