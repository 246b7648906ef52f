/* SPDX-License-Identifier: Apache-2.0 */
#include "store/audit.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/moment.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/audit: who looked at whose data, and what was done about a right. Itself recorded. */
struct auditing {
    struct attempt attempt;
    const char *subject, *actor; /* NULL: of all */
    int64_t after, limit;
    instant from, until;
    int64_t subject_no;
    struct audit_list_job job;
    struct reading reading;
};

static void auditing_dispose(void *state)
{
    struct auditing *a = state;
    audit_list_job_clear(&a->job);
    reading_close(&a->reading);
    attempt_end(&a->attempt);
}

static void row_write(struct writer *w, const struct auditing *a, const struct audit_row *row)
{
    char subject[SUBJECT_ID_TEXT + 1];
    if (row->subject_no != 0)
        subject_id_format(a->attempt.controller->ids, row->subject_no, subject);
    writer_object_begin(w, NULL);
    writer_int(w, "number", row->number);
    writer_moment(w, "at", row->at);
    writer_text(w, "actor", row->actor);
    writer_text(w, "token", row->token);
    writer_text(w, "action", row->action);
    writer_text(w, "subject_id", row->subject_no != 0 ? subject : NULL);
    writer_int(w, "found", row->found);
    writer_text(w, "reason", row->reason);
    writer_text(w, "on_behalf_of", row->on_behalf_of);
    if (row->answers)
        writer_uuid(w, "request_id", row->request_id);
    else
        writer_null(w, "request_id");
    writer_object_end(w);
}

static void page_answer(struct auditing *a)
{
    const struct audit_list_job *job = &a->job;
    bool is_full = job->count == (size_t)a->limit;
    int64_t next = is_full ? job->rows[job->count - 1].number : job->through;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "entries");
    for (size_t i = 0; i < job->count; i++)
        row_write(&w, a, &job->rows[i]);
    writer_array_end(&w);
    if (next < job->last)
        writer_int(&w, "next", next);
    else
        writer_null(&w, "next");
    writer_int(&w, "last", job->last);
    writer_object_end(&w);
    reading_answer(&a->reading, a->attempt.controller->controller_id, "audit", a->subject_no, job->count,
                   &out);
}

static void on_audited(struct job *job, enum error e)
{
    struct auditing *a = list_entry(list_entry(job, struct audit_list_job, job), struct auditing, job);
    if (e != ERROR_NONE || a->job.broken)
        call_problem(a->attempt.call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else
        page_answer(a);
}

static void auditing_begin(struct call *call)
{
    struct auditing *a = call->state;
    const struct controller *c = a->attempt.controller;
    if (c == NULL) {
        call_problem(call, ERROR_NO_POLICY, "Apply one first: PUT /v1/policy, or `akkoord apply FILE`.",
                     NULL);
        return;
    }
    if (a->subject != NULL && !subject_id_parse(c->ids, a->subject, strlen(a->subject), &a->subject_no)) {
        call_problem(call, ERROR_INVALID, "subject_id is none of this controller's.", NULL);
        return;
    }
    if (!reading_judge(&a->reading, &a->attempt))
        return;
    a->job = (struct audit_list_job){.after = a->after,
                                     .limit = (int32_t)a->limit,
                                     .subject_no = a->subject_no,
                                     .actor = a->actor,
                                     .from = a->from,
                                     .until = a->until};
    audit_list_job_prepare(&a->job, c->controller_id);
    a->job.job.deadline = call->deadline;
    a->job.job.done = on_audited;
    lane_submit(call->worker->slow, &a->job.job);
}

static bool auditing_abandon(struct call *call)
{
    struct auditing *a = call->state;
    lane_cancel(call->worker->slow, &a->job.job);
    attempt_abandon(&a->attempt);
    return true;
}

/* A moment out of the query; INSTANT_NONE where it is absent. Returns false where it is none. */
static bool moment_take(struct call *call, const char *name, instant *ret_moment)
{
    const char *text = call_query(call, name);
    *ret_moment = INSTANT_NONE;
    return text == NULL || moment_parse(text, strlen(text), ret_moment);
}

void handle_audit(struct call *call)
{
    static const char *const allowed[] = {"after", "limit", "subject_id",  "actor",
                                          "from",  "until", READING_QUERY, NULL};
    struct auditing *a = call_alloc(call, sizeof *a);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX - AUDIT_WINDOW, &a->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &a->limit) != 0 ||
        !moment_take(call, "from", &a->from) || !moment_take(call, "until", &a->until)) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes after=NUMBER, limit=1..1000, subject_id=, actor=, from= and until= (RFC "
            "3339), reason= and on_behalf_of=, each once.",
            NULL);
        return;
    }
    a->subject = call_query(call, "subject_id");
    a->actor = call_query(call, "actor");
    if (a->actor != NULL && !claims_subject_valid(a->actor)) {
        call_problem(call, ERROR_INVALID, "actor is 1 to 128 printable ASCII characters.", NULL);
        return;
    }
    if (!reading_open(&a->reading, call))
        return;
    call->state = a;
    call->dispose = auditing_dispose;
    call->abandon = auditing_abandon;
    attempt_admit(&a->attempt, call, auditing_begin);
}
