/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retention.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/moment.h"
#include "http/attempt.h"
#include "http/idempotency.h"
#include "ledger/free_text.h"
#include "ledger/rights_json.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How long anything is kept: GET /v1/retention/runs, POST /v1/subjects/{id}/retention-events, GET
 * /v1/retention/due. */

/* ---- runs ---- */

struct reporting {
    struct attempt attempt;
    int64_t before, limit;
    struct retention_runs_job job;
};

static void reporting_dispose(void *state)
{
    struct reporting *r = state;
    retention_runs_job_clear(&r->job);
    attempt_end(&r->attempt);
}

static void run_write(struct writer *w, const struct retention_run *run)
{
    writer_object_begin(w, NULL);
    writer_int(w, "run", run->run_no);
    writer_moment(w, "started_at", run->started_at);
    writer_moment(w, "ended_at", run->ended_at);
    writer_int(w, "policy_version", run->policy_version);
    writer_int(w, "events", run->events);
    writer_int(w, "evidence", run->evidence);
    writer_int(w, "states", run->states);
    writer_int(w, "identifiers", run->identifiers);
    writer_raw(w, "by_rule", run->by_rule, strlen(run->by_rule));
    writer_moment(w, "oldest_left", run->oldest_left);
    writer_object_end(w);
}

static void on_runs(struct job *job, enum error e)
{
    struct reporting *r = list_entry(list_entry(job, struct retention_runs_job, job), struct reporting, job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE || r->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (r->job.generation != r->attempt.controller->generation) {
        attempt_again(&r->attempt);
        return;
    }
    size_t limit = (size_t)r->limit, count = r->job.count < limit ? r->job.count : limit;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "runs");
    for (size_t i = 0; i < count; i++)
        run_write(&w, &r->job.runs[i]);
    writer_array_end(&w);
    if (r->job.count > count)
        writer_int(&w, "next", r->job.runs[count - 1].run_no);
    else
        writer_null(&w, "next");
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void reporting_begin(struct call *call)
{
    struct reporting *r = call->state;
    retention_runs_job_clear(&r->job);
    retention_runs_job_init(&r->job, r->attempt.controller->controller_id, (int32_t)r->before,
                            (int32_t)r->limit + 1);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_runs;
    lane_submit(call->worker->slow, &r->job.job);
}

static bool reporting_abandon(struct call *call)
{
    struct reporting *r = call->state;
    lane_cancel(call->worker->slow, &r->job.job);
    attempt_abandon(&r->attempt);
    return true;
}

void handle_retention_runs(struct call *call)
{
    static const char *const allowed[] = {"before", "limit", NULL};
    struct reporting *r = call_alloc(call, sizeof *r);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "before", INT32_MAX, 1, INT32_MAX, &r->before) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &r->limit) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes before=RUN and limit=1..1000, each once.", NULL);
        return;
    }
    call->state = r;
    call->dispose = reporting_dispose;
    call->abandon = reporting_abandon;
    attempt_start(&r->attempt, call, reporting_begin);
}

/* ---- events ---- */

struct telling {
    struct attempt attempt;
    struct reader body;
    h2o_iovec_t id, key; /* key: of idempotency */
    struct retention_tell_job job;
};

static void telling_dispose(void *state)
{
    struct telling *t = state;
    reader_close(&t->body);
    attempt_end(&t->attempt);
}

static void told_answer(struct call *call, const struct telling *t)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_string(&w, "subject_id", t->id.base, t->id.len);
    writer_text(&w, "event", t->job.data_class != NULL ? "deleted" : t->job.event);
    writer_text(&w, "client", t->job.client[0] != '\0' ? t->job.client : NULL);
    writer_text(&w, "purpose", t->job.purpose[0] != '\0' ? t->job.purpose : NULL);
    if (t->job.data_class != NULL)
        writer_text(&w, "data_class", t->job.data_class);
    writer_text(&w, "ref", t->job.ref[0] != '\0' ? t->job.ref : NULL);
    writer_moment(&w, "at", t->job.at);
    writer_object_end(&w);
    call_answer_json(call, 201, &out);
}

/* What the statement knows, told as a fault of the body. */
static void tell_refuse(struct telling *t, const char *member, const char *rule)
{
    struct node root = reader_root(&t->body), n = node_optional(&root, member);
    node_fault(&n, ERROR_INVALID, rule);
    call_bad_body(t->attempt.call, &t->body);
}

static void on_told(struct job *job, enum error e)
{
    struct telling *t = list_entry(list_entry(job, struct retention_tell_job, job), struct telling, job);
    struct call *call = t->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    switch (t->job.outcome) {
    case RETENTION_DONE:
        told_answer(call, t);
        return;
    case RETENTION_NO_SUBJECT:
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    case RETENTION_NO_RULE:
        tell_refuse(t, "event", "is what no such retention rule of the policy counts from (after)");
        return;
    case RETENTION_NO_CLASS:
        tell_refuse(t, "data_class", "is that of no such retention rule of the policy");
        return;
    case RETENTION_KEY_REUSED:
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
        return;
    }
}

/* {"event": "contract_end", "client", "purpose", "ref", "at"}, or {"event": "deleted", "data_class",
 * "client", "purpose", "ref", "at"}. */
static void telling_read(struct telling *t)
{
    static const char *const members[] = {"event", "client", "purpose", "data_class", "ref", "at", NULL};
    struct node root = reader_root(&t->body);
    node_only(&root, members);
    const struct policy *policy = t->attempt.controller->policy;
    struct node event = node_member(&root, "event"), client = node_optional(&root, "client"),
                purpose = node_optional(&root, "purpose"), class = node_optional(&root, "data_class"),
                ref = node_optional(&root, "ref"), at = node_optional(&root, "at");
    size_t len;
    t->job.event = node_string(&event, 1, POLICY_KEY_MAX, &len);
    if (len > 0 && !policy_key_valid(t->job.event, len))
        node_fault(&event, ERROR_INVALID, "must be of a-z, 0-9, _ and -");
    bool gone = strcmp(t->job.event, "deleted") == 0;
    t->job.client = node_present(&client) ? node_string(&client, 1, POLICY_KEY_MAX, NULL) : "";
    if (t->job.client[0] != '\0' && policy_client(policy, t->job.client) == NULL)
        node_fault(&client, ERROR_INVALID, "is none of the policy's clients");
    t->job.purpose = node_present(&purpose) ? node_string(&purpose, 1, POLICY_KEY_MAX, NULL) : "";
    if (t->job.purpose[0] != '\0' && policy_purpose(policy, t->job.purpose) == NULL)
        node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "is none of the policy");
    t->job.data_class = NULL;
    if (gone)
        class = node_member(&root, "data_class");
    if (gone)
        t->job.data_class = node_string(&class, 1, 500, NULL);
    else if (node_present(&class))
        node_fault(&class, ERROR_INVALID, "is told with the event deleted");
    t->job.ref = node_present(&ref) ? reference_read(&t->attempt.call->arena, policy, &ref) : "";
    t->job.at = node_moment(&at);
}

static void telling_begin(struct call *call)
{
    struct telling *t = call->state;
    const struct controller *c = t->attempt.controller;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    int64_t subject_no;
    if (!subject_id_parse(c->ids, t->id.base, t->id.len, &subject_no)) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    }
    reader_close(&t->body);
    h2o_iovec_t body = call_body(call);
    reader_open(&t->body, body.base, body.len);
    telling_read(t);
    if (!reader_ok(&t->body)) {
        attempt_bad_body(&t->attempt, &t->body);
        return;
    }
    t->job.subject_no = subject_no;
    t->job.actor = call->claims.subject;
    t->job.key = idempotency_of(call, c->tagger, t->key);
    retention_tell_job_prepare(&t->job, c->controller_id);
    t->job.job.deadline = call->deadline;
    t->job.job.done = on_told;
    lane_submit(call->worker->write, &t->job.job);
}

void handle_retention_event(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    struct telling *t = call_alloc(call, sizeof *t);
    if (!idempotency_read(call, &t->key))
        return;
    call->state = t;
    call->dispose = telling_dispose;
    t->id = h2o_iovec_init(call_copy(call, call->arguments[0].base, call->arguments[0].len),
                           call->arguments[0].len);
    attempt_current(&t->attempt, call, telling_begin);
}

/* ---- due ---- */

struct owing {
    struct attempt attempt;
    int64_t limit;
    const char *after; /* MICROSECONDS.KEY.SUBJECT_ID, of the last item; NULL: from the beginning */
    struct retention_owed_job job;
};

static void owing_dispose(void *state)
{
    struct owing *o = state;
    retention_owed_job_clear(&o->job);
    attempt_end(&o->attempt);
}

static void item_write(struct writer *w, const struct owing *o, const struct retention_item *i)
{
    retention_item_begin(w, o->attempt.controller->ids, i);
    if (o->job.deleted) {
        writer_moment(w, "deleted_at", i->deleted_at);
        writer_text(w, "deleted_by", i->deleted_by);
        writer_moment(w, "confirmed_at", i->confirmed_at);
    }
    writer_object_end(w);
}

static void due_answer(struct call *call, const struct owing *o)
{
    size_t count = o->job.count <= (size_t)o->limit ? o->job.count : (size_t)o->limit;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "due");
    for (size_t i = 0; i < count; i++)
        item_write(&w, o, &o->job.items[i]);
    writer_array_end(&w);
    if (o->job.count > count) {
        const struct retention_item *last = &o->job.items[count - 1];
        char next[64], subject[SUBJECT_ID_TEXT + 1];
        subject_id_format(o->attempt.controller->ids, last->subject_no, subject);
        snprintf(next, sizeof next, "%" PRId64 ".%016" PRIx64 ".%s", last->due_at, (uint64_t)last->key,
                 subject);
        writer_text(&w, "next", next);
    } else {
        writer_null(&w, "next");
    }
    writer_moment(&w, "as_of", o->job.as_of);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void on_owed(struct job *job, enum error e)
{
    struct owing *o = list_entry(list_entry(job, struct retention_owed_job, job), struct owing, job);
    struct call *call = o->attempt.call;
    if (e != ERROR_NONE || o->job.broken)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (o->job.generation != o->attempt.controller->generation)
        attempt_again(&o->attempt);
    else
        due_answer(call, o);
}

/* Returns false when it is no "next" of this controller's. */
static bool after_read(struct owing *o)
{
    char *end;
    o->job.after_due = o->job.after_subject = o->job.after_key = 0;
    if (o->after == NULL)
        return true;
    size_t digits = strspn(o->after, "0123456789"), key = 0;
    const char *at = o->after + digits;
    if (*at == '.')
        key = strspn(++at, "0123456789abcdef");
    if (digits == 0 || digits > 18 || key != 16 || at[key] != '.')
        return false;
    o->job.after_due = strtoll(o->after, &end, 10);
    o->job.after_key = (int64_t)strtoull(at, &end, 16);
    const char *subject = at + key + 1;
    return subject_id_parse(o->attempt.controller->ids, subject, strlen(subject), &o->job.after_subject);
}

static void owing_begin(struct call *call)
{
    struct owing *o = call->state;
    if (!after_read(o)) {
        call_problem(call, ERROR_INVALID, "after is no next of this list.", NULL);
        return;
    }
    if (o->job.purpose != NULL && policy_purpose(o->attempt.controller->policy, o->job.purpose) == NULL) {
        if (o->attempt.loads == 0)
            attempt_again(&o->attempt); /* a newer policy may have it */
        else
            call_problem(call, ERROR_UNKNOWN_PURPOSE, "The query's purpose is none of the policy.", NULL);
        return;
    }
    retention_owed_job_clear(&o->job);
    o->job.limit = (int32_t)o->limit + 1; /* one more tells whether this page is the last */
    retention_owed_job_prepare(&o->job, o->attempt.controller->controller_id);
    o->job.job.deadline = call->deadline;
    o->job.job.done = on_owed;
    lane_submit(call->worker->slow, &o->job.job);
}

static bool owing_abandon(struct call *call)
{
    struct owing *o = call->state;
    lane_cancel(call->worker->slow, &o->job.job);
    attempt_abandon(&o->attempt);
    return true;
}

/* A time of the query; false where it is none. */
static bool at_read(struct call *call, instant *ret_at)
{
    const char *text = call_query(call, "at");
    *ret_at = INSTANT_NONE;
    return text == NULL || moment_parse(text, strlen(text), ret_at);
}

void handle_retention_due(struct call *call)
{
    static const char *const allowed[] = {"at",      "client", "purpose", "data_class",
                                          "deleted", "after",  "limit",   NULL};
    struct owing *o = call_alloc(call, sizeof *o);
    const char *deleted = call_query(call, "deleted");
    bool is_word = deleted == NULL || strcmp(deleted, "true") == 0 || strcmp(deleted, "false") == 0;
    if (call_query_only(call, allowed) != 0 || !is_word || !at_read(call, &o->job.at) ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &o->limit) != 0) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes at (RFC 3339), client=KEY, purpose=KEY, data_class, deleted=true|false, "
            "after and limit=1..1000, each once.",
            NULL);
        return;
    }
    call->state = o;
    call->dispose = owing_dispose;
    call->abandon = owing_abandon;
    o->job.deleted = deleted != NULL && strcmp(deleted, "true") == 0;
    o->job.client = call_query(call, "client");
    o->job.purpose = call_query(call, "purpose");
    o->job.data_class = call_query(call, "data_class");
    o->after = call_query(call, "after");
    attempt_start(&o->attempt, call, owing_begin);
}
