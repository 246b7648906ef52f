/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "store/lane.h"
#include "store/undo.h"
#include "wire/writer.h"

#include <string.h>

/* POST /v1/imports/{source}/{batch}/undo: the state is as if the batch had never come. */

/* Before the deadline: what a chunk may take. Who is told that it is not done asks again. */
#define UNDO_SPARED (10 * SECOND)

struct undoing {
    struct attempt attempt;
    struct reader body;
    struct undo_job job;
    bool dry;
    int64_t events, shared; /* of all chunks */
};

static void undoing_dispose(void *state)
{
    struct undoing *u = state;
    reader_close(&u->body);
    attempt_end(&u->attempt);
}

static void undoing_answer(struct undoing *u)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "source", u->job.source);
    writer_text(&w, "batch", u->job.batch);
    writer_bool(&w, "dry_run", u->dry);
    writer_bool(&w, "done", u->job.is_done);
    writer_int(&w, "undone", u->events);
    writer_int(&w, "refusals_kept", u->job.refusals);
    writer_int(&w, "shared", u->shared);
    writer_object_end(&w);
    call_answer_json(u->attempt.call, u->job.is_done ? 200 : 202, &out);
}

static void on_chunk(struct job *job, enum error e)
{
    struct undoing *u = list_entry(list_entry(job, struct undo_job, job), struct undoing, job);
    struct call *call = u->attempt.call;
    if (e != ERROR_NONE || u->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OUTCOME_UNKNOWN,
                     "Send it again: it goes on where it stopped.", NULL);
    } else if (u->job.outcome == STAFF_STALE) {
        attempt_again(&u->attempt);
    } else if (u->job.outcome != STAFF_DONE) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such batch.", NULL);
    } else {
        u->events += u->job.events;
        u->shared += u->job.shared;
        if (u->job.is_done || call->deadline - clock_monotonic() < UNDO_SPARED)
            undoing_answer(u);
        else
            lane_submit(call->worker->write, &u->job.job);
    }
}

static bool body_read(struct undoing *u)
{
    static const char *const members[] = {"also_refusals", NULL};
    h2o_iovec_t body = call_body(u->attempt.call);
    reader_close(&u->body);
    u->body = (struct reader){0};
    u->job.also_refusals = false;
    if (body.len == 0)
        return true;
    reader_open(&u->body, body.base, body.len);
    struct node root = reader_root(&u->body);
    if (node_present(&root)) {
        node_only(&root, members);
        struct node also = node_optional(&root, "also_refusals");
        u->job.also_refusals = node_present(&also) && node_bool(&also);
    }
    return reader_ok(&u->body);
}

static void undoing_begin(struct call *call)
{
    struct undoing *u = call->state;
    const struct controller *c = u->attempt.controller;
    if (call->req == NULL && u->job.source == NULL) { /* nothing was done, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (call->req != NULL && !body_read(u)) {
        call_bad_body(call, &u->body);
        return;
    }
    u->job.generation = c->generation;
    u->job.policy_version = c->policy->version;
    u->job.actor = call->claims.subject;
    u->job.dry_run = u->dry;
    undo_job_prepare(&u->job);
    u->job.job.controller_id = c->controller_id;
    u->job.job.edition = c->generation;
    u->job.job.deadline = call->deadline;
    u->job.job.done = on_chunk;
    lane_submit(call->worker->write, &u->job.job);
}

void handle_import_undo(struct call *call)
{
    static const char *const allowed[] = {"dry_run", NULL};
    struct undoing *u = call_alloc(call, sizeof *u);
    call->state = u;
    call->dispose = undoing_dispose;
    const char *dry = call_query(call, "dry_run");
    bool is_true = dry != NULL && (dry[0] == '\0' || strcmp(dry, "true") == 0 || strcmp(dry, "1") == 0);
    bool is_false = dry == NULL || strcmp(dry, "false") == 0 || strcmp(dry, "0") == 0;
    if (call_query_only(call, allowed) != 0 || (!is_true && !is_false)) {
        call_problem(call, ERROR_INVALID, "The query takes dry_run=true or false, once, and nothing else.",
                     NULL);
        return;
    }
    u->dry = is_true;
    u->job.source = call_argument(call, 0);
    u->job.batch = call_argument(call, 1);
    attempt_start(&u->attempt, call, undoing_begin);
}
