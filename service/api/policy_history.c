/* SPDX-License-Identifier: Apache-2.0 */
#include "store/policy_history.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/policy/versions: each version with when, by whom, and what changed. GET /v1/policy/changes?since=:
 * what is new since one, and who is to be told of it. */

enum { VERSIONS_MAX = 100 };

struct versions {
    struct attempt attempt;
    int64_t after, limit;
    struct policy_versions_job job;
};

static void versions_dispose(void *state)
{
    struct versions *v = state;
    policy_versions_job_clear(&v->job);
    attempt_end(&v->attempt);
}

static void on_versions(struct job *job, enum error e)
{
    struct versions *v = list_entry(list_entry(job, struct policy_versions_job, job), struct versions, job);
    struct call *call = v->attempt.call;
    size_t limit = (size_t)v->limit, count = v->job.count < limit ? v->job.count : limit;
    if (e != ERROR_NONE || v->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, POLICY_BODY_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "versions");
    for (size_t i = 0; i < count; i++) {
        const struct policy_version_row *row = &v->job.rows[i];
        writer_object_begin(&w, NULL);
        writer_int(&w, "version", row->version);
        writer_moment(&w, "applied_at", row->applied);
        writer_text(&w, "applied_by", row->by);
        writer_sha256(&w, "sha256", row->sha256);
        writer_raw(&w, "changes", row->changes, strlen(row->changes));
        writer_object_end(&w);
    }
    writer_array_end(&w);
    if (v->job.count > count)
        writer_int(&w, "next", v->job.rows[count - 1].version);
    else
        writer_null(&w, "next");
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void versions_begin(struct call *call)
{
    struct versions *v = call->state;
    policy_versions_job_clear(&v->job);
    v->job = (struct policy_versions_job){
        .controller = call->claims.controller, .after = (int32_t)v->after, .limit = (int32_t)v->limit + 1};
    policy_versions_job_prepare(&v->job);
    v->job.job.deadline = call->deadline;
    v->job.job.done = on_versions;
    lane_submit(call->worker->slow, &v->job.job);
}

static bool versions_abandon(struct call *call)
{
    struct versions *v = call->state;
    lane_cancel(call->worker->slow, &v->job.job);
    attempt_abandon(&v->attempt);
    return true;
}

void handle_policy_versions(struct call *call)
{
    static const char *const allowed[] = {"after", "limit", NULL};
    struct versions *v = call_alloc(call, sizeof *v);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT32_MAX, &v->after) != 0 ||
        call_query_int(call, "limit", VERSIONS_MAX, 1, VERSIONS_MAX, &v->limit) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes after=VERSION and limit=1..100, each once.", NULL);
        return;
    }
    call->state = v;
    call->dispose = versions_dispose;
    call->abandon = versions_abandon;
    attempt_current(&v->attempt, call, versions_begin);
}

/* ---- what is new ---- */

struct telling {
    struct attempt attempt;
    const char *cursor;
    int64_t since, limit;
    struct policy_changes_job job;
    struct reading reading;
};

static void telling_dispose(void *state)
{
    struct telling *t = state;
    policy_changes_job_clear(&t->job);
    reading_close(&t->reading);
    attempt_end(&t->attempt);
}

static void changes_answer(struct telling *t)
{
    const struct controller *c = t->attempt.controller;
    const struct policy_changes_job *job = &t->job;
    bool full = job->count == (size_t)t->limit;
    int64_t next = full ? job->told[job->count - 1].subject_no : job->through;
    char id[SUBJECT_ID_TEXT + 1];
    struct buf out;
    buf_init(&out, POLICY_BODY_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "since", t->since);
    writer_int(&w, "version", job->version);
    writer_raw(&w, "changes", job->changes, strlen(job->changes));
    writer_array_begin(&w, "subjects");
    for (size_t i = 0; i < job->count; i++) {
        subject_id_format(c->ids, job->told[i].subject_no, id);
        writer_object_begin(&w, NULL);
        writer_text(&w, "subject_id", id);
        writer_text(&w, "ref", job->told[i].ref);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    if (next < job->last)
        subject_id_format(c->ids, next, id);
    writer_text(&w, "next", next < job->last ? id : NULL);
    writer_object_end(&w);
    reading_answer(&t->reading, c->controller_id, "policy_changes", 0, job->count, &out);
}

static void on_changes(struct job *job, enum error e)
{
    struct telling *t = list_entry(list_entry(job, struct policy_changes_job, job), struct telling, job);
    struct call *call = t->attempt.call;
    if (e != ERROR_NONE || t->job.broken)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (t->job.version == 0)
        call_problem(call, ERROR_NOT_FOUND, "There never was that version.", NULL);
    else
        changes_answer(t);
}

static void telling_begin(struct call *call)
{
    struct telling *t = call->state;
    const struct controller *c = t->attempt.controller;
    int64_t after = 0;
    if (t->cursor != NULL && !subject_id_parse(c->ids, t->cursor, strlen(t->cursor), &after)) {
        call_problem(call, ERROR_INVALID, "after takes what an answer gave as next.", NULL);
        return;
    }
    if (!reading_judge(&t->reading, &t->attempt))
        return;
    policy_changes_job_clear(&t->job);
    t->job =
        (struct policy_changes_job){.since = (int32_t)t->since, .after = after, .limit = (int32_t)t->limit};
    policy_changes_job_prepare(&t->job, c->controller_id);
    t->job.job.deadline = call->deadline;
    t->job.job.done = on_changes;
    lane_submit(call->worker->slow, &t->job.job);
}

static bool telling_abandon(struct call *call)
{
    struct telling *t = call->state;
    lane_cancel(call->worker->slow, &t->job.job);
    attempt_abandon(&t->attempt);
    return true;
}

void handle_policy_changes(struct call *call)
{
    static const char *const allowed[] = {"since", "after", "limit", READING_QUERY, NULL};
    struct telling *t = call_alloc(call, sizeof *t);
    if (call_query_only(call, allowed) != 0 || call_query(call, "since") == NULL ||
        call_query_int(call, "since", 1, 1, INT32_MAX, &t->since) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &t->limit) != 0) {
        call_problem(call, ERROR_INVALID,
                     "The query takes since=VERSION, after=SUBJECT_ID, limit=1..1000, reason= and "
                     "on_behalf_of=, each once.",
                     NULL);
        return;
    }
    t->cursor = call_query(call, "after");
    if (!reading_open(&t->reading, call))
        return;
    call->state = t;
    call->dispose = telling_dispose;
    call->abandon = telling_abandon;
    attempt_current(&t->attempt, call, telling_begin);
}
