/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "ledger/consents_json.h"
#include "ledger/event_json.h"
#include "ledger/person.h"
#include "store/history.h"
#include "store/lane.h"
#include "store/subject.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a person: POST /v1/subjects/lookup, GET /v1/subjects/{id}/consents and .../history. */

/* ---- lookup ---- */

struct looking {
    struct attempt attempt;
    struct reader body;
    struct person person;
    struct tag tags[2 * IDENTIFIERS_MAX];
    struct lookup_job job;
    struct reading reading;
};

static void looking_dispose(void *state)
{
    struct looking *l = state;
    reader_close(&l->body);
    reading_close(&l->reading);
    attempt_end(&l->attempt);
}

static void subject_write(struct writer *w, const struct looking *l, int64_t subject_no)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(l->attempt.controller->ids, subject_no, id);
    writer_text(w, "subject_id", id);
}

/* An address may be several persons': all are told, none is picked. */
static void looking_write(struct writer *w, const struct looking *l)
{
    writer_object_begin(w, NULL);
    subject_write(w, l, l->job.subject_no);
    writer_array_begin(w, "also");
    for (size_t i = 0; i < l->job.also_count; i++) {
        writer_object_begin(w, NULL);
        subject_write(w, l, l->job.also[i].subject_no);
        writer_text(w, "via", identifier_type_word((enum identifier_type)l->job.also[i].via));
        writer_object_end(w);
    }
    writer_array_end(w);
    if (l->job.also_many)
        writer_bool(w, "many", true);
    writer_object_end(w);
}

/* Recorded of each whom it tells of: mostly of one, whose entry leaves with those of others. */
static void looking_tell(struct looking *l, int32_t controller_id, struct buf *out)
{
    size_t count = 1 + l->job.also_count;
    if (count == 1) {
        reading_answer(&l->reading, controller_id, "lookup", l->job.subject_no, 1, out);
        return;
    }
    struct audit_told *told = call_alloc(l->attempt.call, count * sizeof *told);
    told[0] = (struct audit_told){.subject_no = l->job.subject_no, .found = 1};
    for (size_t i = 1; i < count; i++)
        told[i] = (struct audit_told){.subject_no = l->job.also[i - 1].subject_no, .found = 1};
    reading_answer_persons(&l->reading, controller_id, "lookup", told, count, out);
}

static void on_looked_up(struct job *job, enum error e)
{
    struct looking *l = list_entry(list_entry(job, struct lookup_job, job), struct looking, job);
    struct call *call = l->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    if (l->job.generation !=
        l->attempt.controller->generation) { /* the tags may be those of a key that has gone */
        attempt_again(&l->attempt);
        return;
    }
    int32_t controller_id = l->attempt.controller->controller_id;
    if (l->job.subject_no == 0) {
        reading_problem(&l->reading, controller_id, "lookup", ERROR_NOT_FOUND,
                        "Nobody is known by these identifiers.");
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    looking_write(&w, l);
    looking_tell(l, controller_id, &out);
}

static void looking_begin(struct call *call)
{
    static const char *const members[] = {"subject", NULL};
    struct looking *l = call->state;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }

    /* whom they ask about */
    reader_close(&l->body);
    h2o_iovec_t body = call_body(call);
    reader_open(&l->body, body.base, body.len);
    struct node root = reader_root(&l->body);
    if (node_present(&root)) {
        node_only(&root, members);
        person_read_leniently(&root, l->attempt.controller, &l->person);
    }
    if (!reader_ok(&l->body)) {
        attempt_bad_body(&l->attempt, &l->body);
        return;
    }

    if (!reading_judge(&l->reading, &l->attempt))
        return;

    /* under all the tags that may stand for them */
    size_t count = 0;
    for (size_t i = 0; i < l->person.count; i++) {
        l->tags[count++] = l->person.tags[i];
        if (l->person.rotating)
            l->tags[count++] = l->person.old_tags[i];
    }
    lookup_job_init(&l->job, l->attempt.controller->controller_id, l->tags, count);
    l->job.job.deadline = call->deadline;
    l->job.job.done = on_looked_up;
    lane_submit(call->worker->read, &l->job.job);
}

static bool looking_abandon(struct call *call)
{
    struct looking *state = call->state;
    lane_cancel(call->worker->read, &state->job.job);
    attempt_abandon(&state->attempt);
    return true;
}

void handle_lookup(struct call *call)
{
    h2o_iovec_t type = call_header(call, "content-type");
    if (media_is_lines(type)) {
        handle_lookup_batch(call);
        return;
    }
    if (call_body(call).len > BODY_BYTES_MAX) {
        call_problem(call, ERROR_TOO_LARGE, "At most 262144 bytes are taken here of what is no NDJSON.",
                     NULL);
        return;
    }
    if (!call_charge(call, 1))
        return;
    struct looking *l = call_alloc(call, sizeof *l);
    if (!reading_query_alone(call) || !reading_open(&l->reading, call))
        return;
    call->state = l;
    call->dispose = looking_dispose;
    call->abandon = looking_abandon;
    attempt_start(&l->attempt, call, looking_begin);
}

/* ---- consents ---- */

struct viewing {
    struct attempt attempt;
    h2o_iovec_t id;
    int64_t subject_no;
    struct states_job job;
    struct reading reading;
};

static void viewing_dispose(void *state)
{
    struct viewing *v = state;
    states_job_clear(&v->job);
    reading_close(&v->reading);
    attempt_end(&v->attempt);
}

static void viewing_write(struct writer *w, const struct viewing *v)
{
    writer_object_begin(w, NULL);
    writer_string(w, "subject_id", v->id.base, v->id.len);
    writer_moment(w, "as_of", v->job.as_of);
    writer_text(w, "supervisory_authority", v->attempt.controller->policy->authority);
    consents_members(w, v->attempt.controller, &v->job);
    writer_object_end(w);
}

static void on_states(struct job *job, enum error e)
{
    struct viewing *v = list_entry(list_entry(job, struct states_job, job), struct viewing, job);
    struct call *call = v->attempt.call;
    if (e != ERROR_NONE || v->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    } else if (v->job.generation != v->attempt.controller->generation) {
        attempt_again(&v->attempt);
    } else if (!v->job.found) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
    } else {
        struct buf out;
        buf_init(&out, ANSWER_BYTES_MAX);
        struct writer w = writer_of(&out);
        viewing_write(&w, v);
        reading_answer(&v->reading, v->attempt.controller->controller_id, "consents", v->subject_no,
                       v->job.count, &out);
    }
}

static void viewing_begin(struct call *call)
{
    struct viewing *v = call->state;
    if (!subject_id_parse(v->attempt.controller->ids, v->id.base, v->id.len, &v->subject_no)) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    }
    if (!reading_judge(&v->reading, &v->attempt))
        return;
    states_job_clear(&v->job);
    states_job_init(&v->job, v->attempt.controller->controller_id, v->subject_no);
    v->job.job.deadline = call->deadline;
    v->job.job.done = on_states;
    lane_submit(call->worker->read, &v->job.job);
}

static bool viewing_abandon(struct call *call)
{
    struct viewing *state = call->state;
    lane_cancel(call->worker->read, &state->job.job);
    attempt_abandon(&state->attempt);
    return true;
}

void handle_consents(struct call *call)
{
    struct viewing *v = call_alloc(call, sizeof *v);
    if (!reading_query_alone(call) || !reading_open(&v->reading, call))
        return;
    call->state = v;
    call->dispose = viewing_dispose;
    call->abandon = viewing_abandon;
    v->id = h2o_iovec_init(call_copy(call, call->arguments[0].base, call->arguments[0].len),
                           call->arguments[0].len);
    attempt_start(&v->attempt, call, viewing_begin);
}

/* ---- history ---- */

struct retelling {
    struct attempt attempt;
    h2o_iovec_t id;
    int64_t after;
    int64_t limit;
    struct history_job job;
    struct reading reading;
};

static void retelling_dispose(void *state)
{
    struct retelling *r = state;
    history_job_clear(&r->job);
    reading_close(&r->reading);
    attempt_end(&r->attempt);
}

static void page_answer(struct retelling *r)
{
    size_t limit = (size_t)r->limit, count = r->job.count < limit ? r->job.count : limit;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "events");
    for (size_t i = 0; i < count; i++)
        entry_write(&w, &r->job.entries[i], r->attempt.controller);
    writer_array_end(&w);
    if (r->job.count > count)
        writer_int(&w, "next", r->job.entries[count - 1].revision);
    else
        writer_null(&w, "next");
    writer_text(&w, "supervisory_authority", r->attempt.controller->policy->authority);
    writer_object_end(&w);
    reading_answer(&r->reading, r->attempt.controller->controller_id, "history", r->job.subject_no, count,
                   &out);
}

static void on_retold(struct job *job, enum error e)
{
    struct retelling *r = list_entry(list_entry(job, struct history_job, job), struct retelling, job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE || r->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (r->job.generation != r->attempt.controller->generation) {
        attempt_again(&r->attempt);
        return;
    }
    if (r->after > r->job.head)
        call_problem(call, ERROR_INVALID, "after lies beyond the ledger's head.", NULL);
    else if (r->job.count == 0 && r->after == 0)
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
    else
        page_answer(r);
}

static void retelling_begin(struct call *call)
{
    struct retelling *r = call->state;
    const struct controller *c = r->attempt.controller;
    int64_t subject_no;
    if (!subject_id_parse(c->ids, r->id.base, r->id.len, &subject_no)) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    }
    if (!reading_judge(&r->reading, &r->attempt))
        return;
    history_job_clear(&r->job);
    r->job = (struct history_job){.job.controller_id = c->controller_id,
                                  .subject_no = subject_no,
                                  .after = r->after,
                                  .limit = (int32_t)r->limit +
                                           1}; /* one more tells whether this page is the last */
    history_job_prepare(&r->job);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_retold;
    lane_submit(call->worker->slow, &r->job.job);
}

static bool retelling_abandon(struct call *call)
{
    struct retelling *state = call->state;
    lane_cancel(call->worker->slow, &state->job.job);
    attempt_abandon(&state->attempt);
    return true;
}

void handle_history(struct call *call)
{
    static const char *const allowed[] = {"after", "limit", READING_QUERY, NULL};
    struct retelling *r = call_alloc(call, sizeof *r);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX, &r->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &r->limit) != 0) {
        call_problem(call, ERROR_INVALID,
                     "The query takes after=REVISION, limit=1..1000, reason= and on_behalf_of=, each once.",
                     NULL);
        return;
    }
    if (!reading_open(&r->reading, call))
        return;
    call->state = r;
    call->dispose = retelling_dispose;
    call->abandon = retelling_abandon;
    r->id = h2o_iovec_init(call_copy(call, call->arguments[0].base, call->arguments[0].len),
                           call->arguments[0].len);
    attempt_start(&r->attempt, call, retelling_begin);
}
