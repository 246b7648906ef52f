/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/waiters.h"
#include "ledger/change_json.h"
#include "store/history.h"
#include "store/lane.h"

#include <stdio.h>
#include <string.h>

enum { POLICY_STATE_TEXT = 32 };

/* GET /v1/changes: the ledger in order, for a tool that keeps its own list. */
struct following {
    struct attempt attempt;
    int64_t after;
    int64_t limit;
    int64_t wait_until; /* of clock_monotonic */
    const char *purpose;
    const char *policy;          /* the state of the policy that its caller knows; NULL: none */
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

/* By which the policy is known: it is another one when a version was applied, or words of it took effect. */
static void policy_state(const struct following *f, char ret_text[POLICY_STATE_TEXT])
{
    const struct policy *policy = f->attempt.controller->policy;
    snprintf(ret_text, POLICY_STATE_TEXT, "%d.%lld", policy->version,
             (long long)(policy_words_since(policy, f->job.as_of) / SECOND));
}

static bool policy_has_changed(const struct following *f)
{
    char state[POLICY_STATE_TEXT];
    policy_state(f, state);
    return f->policy != NULL && strcmp(f->policy, state) != 0;
}

/* All that it says may be otherwise now. */
static void policy_write(struct writer *w, const struct following *f)
{
    const struct policy *policy = f->attempt.controller->policy;
    bool changed = policy_has_changed(f);
    char state[POLICY_STATE_TEXT];
    policy_state(f, state);
    writer_object_begin(w, "policy");
    writer_text(w, "state", state);
    writer_bool(w, "changed", changed);
    writer_array_begin(w, "purposes");
    for (size_t i = 0; changed && i < policy->purpose_count; i++) {
        const char *key = policy->purposes[i].key;
        if (f->purpose == NULL || strcmp(f->purpose, key) == 0)
            writer_text(w, NULL, key);
    }
    writer_array_end(w);
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
    policy_write(&w, f);
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
               !policy_has_changed(f) && call->req != NULL && !call->worker->draining) {
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
    f->purposes = (struct purpose_set){.count = 0};
    if (purpose != NULL) {
        purpose_set_standing(&f->purposes, c->policy, purpose);
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
    static const char *const allowed[] = {"after", "purpose", "limit", "wait", "policy", NULL};
    struct following *f = call_alloc(call, sizeof *f);
    int64_t wait;
    waiter_init(&f->waiter, on_grown);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX, &f->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &f->limit) != 0 ||
        call_query_int(call, "wait", 0, 0, LONG_POLL_SECONDS_MAX, &wait) != 0) {
        call_problem(call, ERROR_INVALID,
                     "The query takes after=REVISION, purpose=KEY, limit=1..1000, wait=0..30 (seconds) and "
                     "policy=STATE, "
                     "each once.",
                     NULL);
        return;
    }
    call->state = f;
    call->dispose = following_dispose;
    call->abandon = following_abandon;
    f->purpose = call_query(call, "purpose");
    f->policy = call_query(call, "policy");
    f->wait_until = call->accepted + wait * SECOND;
    attempt_start(&f->attempt, call, following_begin);
}
