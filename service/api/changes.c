/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/waiters.h"
#include "ledger/event_json.h"
#include "store/history.h"
#include "store/lane.h"

#include <string.h>

/* GET /v1/changes: the ledger in order, for a tool that keeps its own list. */
struct following {
    struct attempt attempt;
    int64_t after;
    int64_t limit;
    int64_t wait_until; /* of clock_monotonic */
    const char *purpose;
    struct purpose_set purposes; /* its numbers, and those of standing Noes, which belong to each */
    struct waiter waiter;
    struct history_job job;
};

static void following_dispose(void *state)
{
    struct following *f = state;
    waiter_cancel(&f->waiter);
    history_job_clear(&f->job);
    attempt_end(&f->attempt);
}

/* The verdict now on an event's subject and purpose. A standing No is told as what it is: no purpose is
 * allowed by it. What is none of the policy's any more is retired. */
static enum reason reason_now(const struct history_job *job, const struct entry *e,
                              const struct policy *policy)
{
    struct states states = history_states(job, e);
    if (states.count == 0)
        return REASON_SUPPRESSED; /* the person was erased */
    if (e->purpose <= PURPOSE_ALL)
        return rank_state(e->rank) == EVENT_OBJECTED ? REASON_OBJECTED : REASON_WITHDRAWN;
    int entity;
    const struct purpose *purpose = policy_purpose_numbered(policy, e->purpose, &entity);
    return purpose != NULL ? verdict_of(policy, purpose, entity, &states, job->as_of).reason : REASON_RETIRED;
}

/* Whose verdicts it may have changed beside. */
static void recheck_write(struct writer *w, const struct entry *e, const struct controller *c)
{
    char subject[SUBJECT_ID_TEXT + 1];
    writer_array_begin(w, "recheck");
    for (size_t i = 0; i < e->recheck_count; i++) {
        subject_id_format(c->ids, e->recheck[i], subject);
        writer_text(w, NULL, subject);
    }
    writer_array_end(w);
    if (e->recheck_many)
        writer_bool(w, "many", true);
}

static void change_write(struct writer *w, const struct history_job *job, const struct entry *e,
                         const struct controller *c)
{
    char subject[SUBJECT_ID_TEXT + 1];
    enum reason reason = reason_now(job, e, c->policy);
    subject_id_format(c->ids, e->subject_no, subject);
    writer_object_begin(w, NULL);
    writer_int(w, "revision", e->revision);
    writer_uuid(w, "record_id", e->record_id);
    writer_text(w, "subject_id", subject);
    writer_text(w, "ref", e->ref);
    purpose_write(w, c, e->purpose);
    writer_text(w, "event_state", event_state_word(rank_state(e->rank)));
    writer_moment(w, "event_time", rank_time(e->rank));
    writer_moment(w, "recorded_at", e->recorded_at);
    writer_bool(w, "allow", reason_allows(reason));
    writer_text(w, "reason", reason_word(reason));
    recheck_write(w, e, c);
    writer_object_end(w);
}

static void changes_write(struct call *call, struct following *f)
{
    const struct history_job *job = &f->job;
    /* A page that is not full has seen its whole window, whatever purpose was asked for. */
    int64_t end = job->until < job->head ? job->until : job->head;
    int64_t next = (int64_t)job->count == f->limit ? job->entries[job->count - 1].revision : end;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "changes");
    for (size_t i = 0; i < job->count; i++)
        change_write(&w, job, &job->entries[i], f->attempt.controller);
    writer_array_end(&w);
    writer_int(&w, "next", next > f->after ? next : f->after);
    writer_int(&w, "head", job->head);
    writer_moment(&w, "as_of", job->as_of);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void following_begin(struct call *call);

static void on_grown(struct waiter *waiter)
{
    struct following *f = list_entry(waiter, struct following, waiter);
    following_begin(f->attempt.call);
}

static void on_changes(struct job *job, enum error e)
{
    struct following *f = list_entry(list_entry(job, struct history_job, job), struct following, job);
    struct call *call = f->attempt.call;
    if (e != ERROR_NONE || f->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    } else if (f->job.generation != f->attempt.controller->generation) {
        attempt_again(&f->attempt);
    } else if (f->after > f->job.head) {
        call_problem(call, ERROR_INVALID, "after lies beyond the ledger's head.", NULL);
    } else if (f->job.count == 0 && f->job.until >= f->job.head && clock_monotonic() < f->wait_until &&
               call->req != NULL && !call->worker->draining) {
        f->after = f->job.head; /* what was looked at is not looked at again */
        waiter_wait(call->worker->waiters, &f->waiter, f->attempt.controller->controller_id, f->job.head,
                    f->wait_until);
    } else {
        changes_write(call, f);
    }
}

static void following_begin(struct call *call)
{
    struct following *f = call->state;
    const struct controller *c = f->attempt.controller;
    const struct purpose *purpose = f->purpose != NULL ? policy_purpose(c->policy, f->purpose) : NULL;
    if (f->purpose != NULL && purpose == NULL) {
        if (f->attempt.loads == 0)
            attempt_again(&f->attempt); /* a newer policy may have it */
        else
            call_problem(call, ERROR_UNKNOWN_PURPOSE, "The query's purpose is none of the policy.", NULL);
        return;
    }
    f->purposes = (struct purpose_set){.count = 1, .numbers = {PURPOSE_ALL}};
    if (purpose != NULL) {
        f->purposes.numbers[f->purposes.count++] = purpose_of_channel((int)purpose->channel);
        purpose_set_add(&f->purposes, c->policy, purpose);
    }
    history_job_clear(&f->job);
    f->job = (struct history_job){.job.controller_id = c->controller_id,
                                  .after = f->after,
                                  .until = f->after + CHANGES_WINDOW,
                                  .limit = (int32_t)f->limit,
                                  .only = purpose != NULL ? &f->purposes : NULL};
    history_job_prepare(&f->job);
    f->job.job.deadline = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    f->job.job.done = on_changes;
    lane_submit(call->worker->slow, &f->job.job);
}

static bool following_abandon(struct call *call)
{
    struct following *state = call->state;
    lane_cancel(call->worker->slow, &state->job.job);
    attempt_abandon(&state->attempt);
    return true;
}

void handle_changes(struct call *call)
{
    static const char *const allowed[] = {"after", "purpose", "limit", "wait", NULL};
    struct following *f = call_alloc(call, sizeof *f);
    int64_t wait;
    waiter_init(&f->waiter, on_grown);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX, &f->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &f->limit) != 0 ||
        call_query_int(call, "wait", 0, 0, LONG_POLL_SECONDS_MAX, &wait) != 0) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes after=REVISION, purpose=KEY, limit=1..1000 and wait=0..30 (seconds), each once.",
            NULL);
        return;
    }
    call->state = f;
    call->dispose = following_dispose;
    call->abandon = following_abandon;
    f->purpose = call_query(call, "purpose");
    f->wait_until = call->accepted + wait * SECOND;
    attempt_start(&f->attempt, call, following_begin);
}
