/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/policy_body.h"
#include "base/limits.h"
#include "ledger/rehearsal.h"
#include "store/lane.h"
#include "wire/policy_document.h"

/* POST /v1/policy/rehearse: what would this document change? */

enum {
    STARTS_MAX = 4
}; /* a policy that changes more often while its ledger is walked is being changed in a loop */

struct rehearsing {
    struct call *call;
    struct reader body;
    struct policy *policy;
    struct buf document;
    uint8_t sha256[POLICY_HASH_SIZE];
    struct policy_apply_job conflict;
    struct controller_job current;
    struct rehearsal rehearsal;
    struct walk_job walk;
    unsigned starts;
};

static void rehearsing_dispose(void *state)
{
    struct rehearsing *r = state;
    walk_job_clear(&r->walk);
    policy_apply_job_clear(&r->conflict);
    rehearsal_close(&r->rehearsal);
    controller_job_clear(&r->current);
    policy_free(r->policy);
    buf_free(&r->document);
    reader_close(&r->body);
}

static void rehearsing_answer(struct call *call, struct rehearsing *r)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    rehearsal_write(&r->rehearsal, &r->conflict, &w);
    call_answer_json(call, 200, &out);
}

static void current_ask(struct call *call, struct rehearsing *r);
static void on_stretch(struct job *job, enum error e);

static void stretch_ask(struct call *call, struct rehearsing *r, int64_t after)
{
    walk_job_clear(&r->walk);
    rehearsal_walk(&r->rehearsal, after, &r->walk);
    r->walk.job.deadline = call->deadline;
    r->walk.job.done = on_stretch;
    lane_submit(call->worker->slow, &r->walk.job);
}

static void on_stretch(struct job *job, enum error e)
{
    struct rehearsing *r = list_entry(list_entry(job, struct walk_job, job), struct rehearsing, walk);
    struct call *call = r->call;

    /* whether there is time for it */
    bool late = clock_monotonic() >= call->deadline;
    if (late || call->worker->draining) {
        call_problem(
            call, ERROR_OVERLOADED,
            late ? "The ledger is too large to be walked in a call's 60 s: use `akkoord apply --rehearse "
                   "FILE`, which takes its time."
                 : NULL,
            NULL);
        return;
    }

    /* whether it is of the policy that is compared with */
    if (e != ERROR_NONE || r->walk.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (r->walk.generation != r->rehearsal.generation) {
        current_ask(call, r);
        return;
    }

    /* counted, and on */
    rehearsal_count(&r->rehearsal, &r->walk);
    int64_t next = walk_next(&r->walk);
    if (next == INT64_MAX)
        rehearsing_answer(call, r);
    else
        stretch_ask(call, r, next);
}

static void on_current(struct job *job, enum error e)
{
    struct rehearsing *r =
        list_entry(list_entry(job, struct controller_job, job), struct rehearsing, current);
    struct call *call = r->call;
    if (e == ERROR_NONE)
        e = rehearsal_open(&r->rehearsal, &r->current, &r->body, r->policy);
    if (e != ERROR_NONE)
        call_problem(call, e, NULL, NULL);
    else if (r->current.found)
        stretch_ask(call, r, 0);
    else
        rehearsing_answer(call, r); /* the first policy of all: there is no ledger yet */
}

static void current_ask(struct call *call, struct rehearsing *r)
{
    if (r->starts++ == STARTS_MAX) {
        call_problem(call, ERROR_UNAVAILABLE, "The policy changes faster than it can be read.", NULL);
        return;
    }
    rehearsal_close(&r->rehearsal);
    controller_job_clear(&r->current);
    controller_job_init(&r->current, call->claims.controller);
    r->current.job.deadline = call->deadline;
    r->current.job.done = on_current;
    lane_submit(call->worker->slow, &r->current.job);
}

static void on_conflict(struct job *job, enum error e)
{
    struct rehearsing *r =
        list_entry(list_entry(job, struct policy_apply_job, job), struct rehearsing, conflict);
    if (e != ERROR_NONE)
        call_problem(r->call, e, NULL, NULL);
    else if (r->conflict.outcome == APPLY_DONE || r->conflict.outcome == APPLY_SAME)
        current_ask(r->call, r);
    else
        policy_body_conflict(r->call, &r->body, &r->conflict);
}

static bool rehearsing_abandon(struct call *call)
{
    struct rehearsing *r = call->state;
    lane_cancel(call->worker->slow, &r->conflict.job);
    lane_cancel(call->worker->slow, &r->current.job);
    lane_cancel(call->worker->slow, &r->walk.job);
    return true;
}

static bool document_write(struct rehearsing *r)
{
    policy_document_canonical(&r->body, &r->document, r->sha256);
    buf_byte(&r->document, '\0');
    return !buf_failed(&r->document);
}

void handle_policy_rehearse(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    struct rehearsing *r = call_alloc(call, sizeof *r);
    call->state = r;
    call->dispose = rehearsing_dispose;
    call->abandon = rehearsing_abandon;
    r->call = call;
    buf_init(&r->document, POLICY_BODY_BYTES_MAX + 1);
    if (!policy_body_read(call, &r->body, &r->policy))
        return;
    if (!document_write(r)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    r->conflict =
        (struct policy_apply_job){.policy = r->policy, .document = r->document.data, .sha256 = r->sha256};
    policy_apply_job_rehearse(&r->conflict);
    r->conflict.job.deadline = call->deadline;
    r->conflict.job.done = on_conflict;
    lane_submit(call->worker->slow, &r->conflict.job);
}
