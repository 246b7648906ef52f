/* SPDX-License-Identifier: Apache-2.0 */
#include "http/recording.h"

#include "base/limits.h"
#include "http/idempotency.h"
#include "ledger/receipt.h"
#include "store/lane.h"
#include "store/writers.h"

/* What is composed of a page's form. */
static bool is_page(const struct recording_kind *kind)
{
    return kind->compose != NULL && !kind->has_body;
}

static struct idempotency kept_key(struct call *call, const struct recording *r)
{
    struct tagger *tagger = r->attempt.controller->tagger;
    return (is_page(r->kind) ? idempotency_of_page : idempotency_of)(call, tagger, r->key);
}

static void recording_reset(struct recording *r)
{
    reader_close(&r->body);
    buf_free(&r->context);
    record_job_clear(&r->job);
    if (r->kind->forget != NULL)
        r->kind->forget(r);
}

static void recording_dispose(void *state)
{
    struct recording *r = state;
    loop_task_cancel(&r->step);
    recording_reset(r);
    attempt_end(&r->attempt);
}

/* As receipt_write: from what was read, or, the first answer again, from what was kept. A
 * failed ${out}: memory ran out. */
static int answer_write_from(struct recording *r, struct buf *out)
{
    struct ledger_env env = attempt_env(&r->attempt);
    struct receipt_context first;
    if (r->job.outcome == RECORD_DONE || r->job.outcome == RECORD_CONFIRMED)
        return receipt_write(out, &r->acts.context, r->job.events, r->job.event_count, &env);
    struct reader reader;
    int status = 0;
    if (receipt_context_read(&reader, r->job.first_context, env.arena, &first))
        status = receipt_write(out, &first, r->job.events, r->job.event_count, &env);
    out->failed = out->failed || reader_error(&reader) == ERROR_OVERLOADED;
    reader_close(&reader);
    return status;
}

static void receipt_answer(struct call *call, struct recording *r)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    int status = answer_write_from(r, &out);
    if (buf_failed(&out)) {
        buf_free(&out);
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL); /* it is written, and this cannot say so */
        return;
    }
    if (status == 0) {
        buf_free(&out);
        call_problem(call, ERROR_GONE,
                     "It was recorded; what is left of it does not give the first answer again.", NULL);
        return;
    }
    call_answer_json(call, r->job.outcome == RECORD_CONFIRMED ? 200 : status, &out);
}

static void recording_answer(struct call *call, struct recording *r)
{
    bool is_first = r->job.outcome == RECORD_DONE || r->job.outcome == RECORD_CONFIRMED;
    if (r->job.broken || (is_first ? r->job.event_count == 0 : r->job.first_context == NULL)) {
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
        return;
    }
    if (r->job.outcome == RECORD_DONE && r->job.events[0].effect != EFFECT_REPEATED)
        worker_clock(call->worker, r->job.events[0].recorded_at);
    if (r->kind->answer != NULL)
        r->kind->answer(r);
    else
        receipt_answer(call, r);
}

static void recording_gone(struct call *call, struct recording *r, enum gone gone)
{
    if (r->kind->gone != NULL)
        r->kind->gone(r, gone);
    else
        call_problem(call, ERROR_GONE, gone_text(gone), NULL);
}

/* An act that only the ledger could find fault with. */
static void recording_fault(struct call *call, struct recording *r, const char *member, enum error e,
                            const char *detail)
{
    struct node root = reader_root(&r->body);
    size_t act = (size_t)r->job.faulty_act;
    struct node object =
        r->acts.body_is_array && act < r->acts.count ? node_at(&root, r->acts.objects[act]) : root;
    struct node at = node_optional(&object, member);
    node_fault(&at, e, detail);
    call_bad_body(call, &r->body);
}

/* The first answer is read apart, on a lane that reads. It was written: that it cannot be
 * read does not make it unwritten. */
static void on_replayed(struct job *job, enum error e)
{
    struct recording *r = list_entry(list_entry(job, struct record_job, job), struct recording, job);
    if (e != ERROR_NONE)
        call_problem(r->attempt.call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else
        recording_answer(r->attempt.call, r);
}

static void recording_replay(struct call *call, struct recording *r)
{
    record_job_replay(&r->job);
    r->job.job.done = on_replayed;
    lane_submit(call->worker->read, &r->job.job);
}

static void on_recorded(struct job *job, enum error e)
{
    struct recording *r = list_entry(list_entry(job, struct record_job, job), struct recording, job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    switch (r->job.outcome) {
    case RECORD_DONE:
    case RECORD_CONFIRMED:
        recording_answer(call, r);
        return;
    case RECORD_REPLAYED:
        recording_replay(call, r);
        return;
    case RECORD_KEY_REUSED:
        call_problem(call, ERROR_KEY_REUSED, "Send the same body again, or another key.", NULL);
        return;
    case RECORD_IN_FUTURE:
        recording_fault(call, r, "event_time", ERROR_EVENT_IN_FUTURE,
                        "more than 60 seconds ahead of the server's clock");
        return;
    case RECORD_TOO_MANY:
        recording_fault(call, r, "subject", ERROR_TOO_MANY_IDENTIFIERS,
                        "with these somebody would have more than 32 identifiers");
        return;
    case RECORD_NO_OBJECTION:
        recording_fault(call, r, "purpose", ERROR_NO_OBJECTION,
                        "no objection to it stands that was not weighed yet");
        return;
    case RECORD_EXPIRED:
        recording_gone(call, r, GONE_EXPIRED);
        return;
    case RECORD_OVERTAKEN:
        recording_gone(call, r, GONE_OVERTAKEN);
        return;
    case RECORD_GONE:
        recording_gone(call, r, GONE_LOST);
        return;
    case RECORD_STALE:
        attempt_again(&r->attempt);
        return;
    case RECORD_AGAIN:
        writer_submit(call->worker->writer, &r->job.job);
    }
}

/* The token's scopes must cover what the body turned out to hold. Returns NULL, or the scope that lacks. */
static const char *scope_lacking(const struct call *call, const struct acts *acts)
{
    if (acts->needs_import && (call->claims.scopes & SCOPE_CONSENT_IMPORT) == 0)
        return "consent:import";
    if (acts->needs_record && (call->claims.scopes & SCOPE_CONSENT_RECORD) == 0)
        return "consent:record";
    return NULL;
}

/* What a body that is at fault, or a token that is none of ours, is told. */
static void recording_refuse(struct call *call, struct recording *r)
{
    if (!reader_ok(&r->body))
        attempt_bad_body(&r->attempt, &r->body);
    else
        recording_gone(call, r, r->acts.gone);
}

static void on_recalled(struct job *job, enum error e)
{
    struct recording *r = list_entry(list_entry(job, struct record_job, job), struct recording, job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE)
        call_problem(call, e, NULL, NULL);
    else if (r->job.broken || r->job.first_context != NULL)
        recording_answer(call, r);
    else
        recording_refuse(call, r);
}

/* What is a fault now need not have been one when the key came first: a purpose
 * may have left the policy since. */
static void recording_recall(struct call *call, struct recording *r)
{
    const struct controller *c = r->attempt.controller;
    r->job = (struct record_job){.job.controller_id = c->controller_id, .idempotency = kept_key(call, r)};
    record_job_replay(&r->job);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_recalled;
    lane_submit(call->worker->read, &r->job.job);
}

static void recording_submit(struct call *call, struct recording *r)
{
    const struct controller *c = r->attempt.controller;
    r->job = (struct record_job){.job.controller_id = c->controller_id,
                                 .generation = c->generation,
                                 .policy_version = c->policy->version,
                                 .idempotency = kept_key(call, r),
                                 .accepted = call->accepted,
                                 .actor = call->claims.subject,
                                 .count = r->acts.count,
                                 .acts = r->acts.list};
    if (r->job.idempotency.present) {
        buf_init(&r->context, ANSWER_BYTES_MAX);
        receipt_context_write(&r->context, &r->acts.context);
        buf_byte(&r->context, '\0');
        if (buf_failed(&r->context)) {
            call_problem(call, ERROR_OVERLOADED, NULL, NULL);
            return;
        }
        r->job.context = r->context.data;
    }
    if (r->kind->confirms)
        record_job_confirm(&r->job, &r->acts.confirmation);
    else
        record_job_prepare(&r->job);
    if (r->acts.body_is_array)
        call->deadline = call->accepted + ARRAY_DEADLINE_MS * INT64_C(1000);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_recorded;
    writer_submit(call->worker->writer, &r->job.job);
}

/* The body is parsed, or refused. */
static void recording_read(struct call *call, struct recording *r)
{
    struct ledger_env env = attempt_env(&r->attempt);
    if (r->kind->compose != NULL)
        r->kind->compose(r, &env, &r->acts);
    else
        r->kind->read(&env, &r->body, &r->acts);
    bool refused = !reader_ok(&r->body) || r->acts.count == 0; /* no act: a token that is none of ours */
    bool recalled = refused && r->key.base != NULL && reader_syntax(&r->body) == NULL;
    if ((reader_ok(&r->body) || recalled) && !call_charge(call, r->acts.count))
        return;
    if (refused) {
        (recalled ? recording_recall : recording_refuse)(call, r);
        return;
    }
    const char *lacking = scope_lacking(call, &r->acts);
    if (lacking != NULL) {
        call_refuse_scope(call, lacking);
        return;
    }
    recording_submit(call, r);
}

/* What a large body becomes: its tree, the acts with their evidence, and the statement's parameters. */
static bool memory_suffices(struct call *call, const struct recording *r)
{
    return call_hold(call, r->body.arena.held + 2 * call_body(call).len);
}

static void on_step(struct loop_task *task)
{
    struct recording *r = list_entry(task, struct recording, step);
    struct call *call = r->attempt.call;
    if (call->req == NULL) { /* the body has gone with it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    bool more = reader_array_go_on(&r->large, PARSE_SLICE_BYTES);
    if (!memory_suffices(call, r))
        call_problem(call, ERROR_OVERLOADED, "Too many large bodies at a time.", NULL);
    else if (more)
        loop_task_post(call->worker->loop, &r->step);
    else
        recording_read(call, r);
}

void recording_go_on(struct recording *r)
{
    if (r->attempt.call->req == NULL) /* the body has gone with it, and nothing was written */
        call_problem(r->attempt.call, ERROR_UNAVAILABLE, NULL, NULL);
    else
        recording_read(r->attempt.call, r);
}

static void recording_begin(struct call *call)
{
    struct recording *r = call->state;
    if (call->req == NULL) { /* nothing was written, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    recording_reset(r);
    h2o_iovec_t body = is_page(r->kind) ? h2o_iovec_init(H2O_STRLIT("{}")) : call_body(call);
    if (body.len <= BODY_BYTES_MAX) {
        reader_open(&r->body, body.base, body.len);
        (r->kind->ask != NULL ? r->kind->ask : recording_go_on)(r);
    } else if (reader_array_open(&r->large, &r->body, body.base, body.len, RECORDS_MAX, BODY_BYTES_MAX)) {
        loop_task_post(call->worker->loop, &r->step);
    } else {
        call_problem(call, ERROR_TOO_LARGE, "At most 262144 bytes are taken here of what is no array.", NULL);
    }
}

void recording_start(struct recording *r, struct call *call, const struct recording_kind *kind)
{
    call->state = r;
    call->dispose = recording_dispose;
    r->kind = kind;
    loop_task_init(&r->step, on_step);
    bool is_free = is_page(kind); /* mail programs add a query to links */
    if (!is_free && (!call_takes_no_query(call) || !idempotency_read(call, &r->key)))
        return;
    attempt_start(&r->attempt, call, recording_begin);
}
