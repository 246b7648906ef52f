/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/moment.h"
#include "domain/rights.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "ledger/rights_json.h"
#include "store/lane.h"
#include "store/rights.h"

#include <string.h>

/* GET /v1/rights-requests and /v1/rights-requests/{id}: what people asked, and until when. */

static const char *const states[] = {"open", "paused", "done", "refused", NULL};

struct listing {
    struct attempt attempt;
    bool is_one;
    uint8_t id[UUID_SIZE];
    const char *state, *kind, *subject;
    bool overdue;
    instant due_before;
    int64_t after, limit, subject_no;
    struct rights_list_job job;
    struct reading reading;
};

static void listing_dispose(void *state)
{
    struct listing *l = state;
    rights_list_job_clear(&l->job);
    reading_close(&l->reading);
    attempt_end(&l->attempt);
}

static void listing_answer(struct listing *l)
{
    const struct controller *c = l->attempt.controller;
    size_t limit = (size_t)l->limit, count = l->job.count < limit ? l->job.count : limit;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    if (l->is_one) {
        rights_request_write(&w, c->ids, &l->job.rows[0], l->job.as_of);
    } else {
        writer_object_begin(&w, NULL);
        writer_array_begin(&w, "requests");
        for (size_t i = 0; i < count; i++)
            rights_request_write(&w, c->ids, &l->job.rows[i], l->job.as_of);
        writer_array_end(&w);
        if (l->job.count > count)
            writer_int(&w, "next", l->job.rows[count - 1].number);
        else
            writer_null(&w, "next");
        writer_moment(&w, "as_of", l->job.as_of);
        writer_object_end(&w);
    }
    reading_answer(&l->reading, c->controller_id, "rights_requests", l->subject_no, count, &out);
}

static void on_page(struct job *job, enum error e)
{
    struct listing *l = list_entry(list_entry(job, struct rights_list_job, job), struct listing, job);
    if (e != ERROR_NONE || l->job.broken)
        call_problem(l->attempt.call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (l->is_one && l->job.count == 0)
        call_problem(l->attempt.call, ERROR_NOT_FOUND, "There is no such request.", NULL);
    else
        listing_answer(l);
}

static void listing_begin(struct call *call)
{
    struct listing *l = call->state;
    const struct controller *c = l->attempt.controller;
    if (l->subject != NULL && !subject_id_parse(c->ids, l->subject, strlen(l->subject), &l->subject_no)) {
        call_problem(call, ERROR_INVALID, "subject_id is none of this controller's.", NULL);
        return;
    }
    if (!reading_judge(&l->reading, &l->attempt))
        return;
    rights_list_job_clear(&l->job);
    l->job = (struct rights_list_job){.id = l->is_one ? l->id : NULL,
                                      .after = l->after,
                                      .limit = (int32_t)l->limit + 1,
                                      .state = l->state,
                                      .kind = l->kind,
                                      .subject_no = l->subject_no,
                                      .overdue = l->overdue,
                                      .due_before = l->due_before,
                                      .moment = INSTANT_NONE};
    rights_list_job_prepare(&l->job, c->controller_id);
    l->job.job.deadline = call->deadline;
    l->job.job.done = on_page;
    lane_submit(call->worker->slow, &l->job.job);
}

static bool listing_abandon(struct call *call)
{
    struct listing *l = call->state;
    lane_cancel(call->worker->slow, &l->job.job);
    attempt_abandon(&l->attempt);
    return true;
}

/* A word of a closed list out of the query; NULL where it is absent. Returns false where it is none. */
static bool word_take(struct call *call, const char *name, const char *const words[], const char **ret_word)
{
    const char *word = call_query(call, name);
    if (word == NULL)
        return true;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_word = words[i];
            return true;
        }
    }
    return false;
}

static bool filters_take(struct call *call, struct listing *l)
{
    static const char *const allowed[] = {"after",      "limit",   "state",       "kind", "subject_id",
                                          "due_before", "overdue", READING_QUERY, NULL};
    static const char *const flags[] = {"true", NULL};
    const char *before = call_query(call, "due_before"), *overdue = NULL;
    l->due_before = INSTANT_NONE;
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX, &l->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &l->limit) != 0 ||
        !word_take(call, "state", states, &l->state) || !word_take(call, "kind", right_words, &l->kind) ||
        !word_take(call, "overdue", flags, &overdue) || (overdue != NULL && before != NULL) ||
        (before != NULL && !moment_parse(before, strlen(before), &l->due_before)))
        return false;
    l->overdue = overdue != NULL;
    l->subject = call_query(call, "subject_id");
    return true;
}

static void listing_start(struct call *call, struct listing *l)
{
    if (!reading_open(&l->reading, call))
        return;
    call->state = l;
    call->dispose = listing_dispose;
    call->abandon = listing_abandon;
    attempt_current(&l->attempt, call, listing_begin);
}

void handle_rights_requests(struct call *call)
{
    struct listing *l = call_alloc(call, sizeof *l);
    if (!filters_take(call, l))
        call_problem(
            call, ERROR_INVALID,
            "The query takes after=NUMBER, limit=1..1000, subject_id=, due_before= (RFC 3339) or "
            "overdue=true, reason= and on_behalf_of=, each once; state= is open, paused, done or refused, "
            "kind= access, portability, rectification, erasure, restriction, objection, withdrawal or "
            "human_review.",
            NULL);
    else
        listing_start(call, l);
}

void handle_rights_request_get(struct call *call)
{
    struct listing *l = call_alloc(call, sizeof *l);
    l->is_one = true;
    l->limit = 1;
    l->due_before = INSTANT_NONE;
    if (!reading_query_alone(call))
        return;
    if (!uuid_parse(call->arguments[0].base, call->arguments[0].len, l->id))
        call_problem(call, ERROR_NOT_FOUND, "There is no such request.", NULL);
    else
        listing_start(call, l);
}
