/* SPDX-License-Identifier: Apache-2.0 */
#include "api/staffing.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "http/idempotency.h"
#include "ledger/free_text.h"
#include "ledger/person.h"
#include "ledger/rights_json.h"
#include "store/lane.h"

#include <string.h>

static void staffing_dispose(void *state)
{
    struct staffing *s = state;
    reader_close(&s->body);
    staff_job_clear(&s->job);
    attempt_end(&s->attempt);
}

/* ---- the body ---- */

enum identifier_type staffing_identifier(struct staffing *s, const struct node *n)
{
    struct tagged t;
    struct staff_job *job = &s->job;
    if (job->count >= STAFF_IDENTIFIERS_MAX || !tagged_read(n, s->attempt.controller, &t))
        return IDENTIFIER_TYPES;
    for (size_t i = 0; i < job->count; i++) {
        if (memcmp(&job->tags[i], &t.tag, sizeof t.tag) == 0)
            node_fault(n, ERROR_INVALID, "named twice");
    }
    job->rotating = s->attempt.controller->old_tagger != NULL;
    job->tags[job->count] = t.tag;
    job->old_tags[job->count] = t.old_tag;
    job->types[job->count++] = (uint8_t)t.type;
    return t.type;
}

void staffing_reason(struct staffing *s, const struct node *root, struct writer *detail)
{
    struct node reason = node_optional(root, "reason");
    if (node_present(&reason))
        writer_text(detail, "reason",
                    free_text_read(s->env.arena, s->attempt.controller->policy, &reason, GROUNDS_BYTES_MAX));
    struct node behalf = node_optional(root, "on_behalf_of");
    if (!node_present(&behalf))
        return;
    s->job.on_behalf_of =
        free_text_read(s->env.arena, s->attempt.controller->policy, &behalf, REASON_BYTES_MAX);
    writer_text(detail, "on_behalf_of", s->job.on_behalf_of);
}

void staffing_request(struct staffing *s, const struct node *root)
{
    struct node request = node_optional(root, "request");
    if (!node_present(&request))
        return;
    size_t len;
    const char *id = node_string(&request, 1, UUID_TEXT, &len);
    s->job.answers = uuid_parse(id, len, s->job.request_id);
    if (len > 0 && !s->job.answers)
        node_fault(&request, ERROR_INVALID, "no request_id");
}

int64_t staffing_subject(struct staffing *s, const struct node *n)
{
    size_t len;
    int64_t subject_no = 0;
    const char *id = node_string(n, 1, SUBJECT_ID_TEXT, &len);
    if (len > 0 && !subject_id_parse(s->attempt.controller->ids, id, len, &subject_no))
        node_fault(n, ERROR_INVALID, "no subject_id of this controller");
    return subject_no;
}

static void body_read(struct call *call, struct staffing *s)
{
    reader_close(&s->body);
    reader_open(&s->body, s->bytes.base, s->bytes.len);
    struct node root = reader_root(&s->body);
    if (!node_present(&root))
        return;
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    s->kind->read(s, &root, &w);
    writer_object_end(&w);
    bool is_whole = detail.len > 2 && !buf_failed(&detail);
    s->job.detail = is_whole ? arena_copy(&call->arena, detail.data, detail.len) : NULL;
    buf_free(&detail);
}

/* ---- the answer ---- */

static void id_write(const struct staffing *s, struct writer *w)
{
    writer_string(w, "subject_id", s->id.base, s->id.len);
}

static void done_answer(struct call *call, const struct staffing *s)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    id_write(s, &w);
    if (s->job.revision != 0) {
        writer_uuid(&w, "record_id", s->job.record_id);
        writer_int(&w, "revision", s->job.revision);
        writer_moment(&w, "recorded_at", s->job.recorded_at);
    }
    if (s->kind->answer != NULL)
        s->kind->answer(s, &w);
    writer_object_end(&w);
    call_answer_json(call, s->job.outcome == STAFF_ALREADY ? 200 : s->kind->status, &out);
}

/* What is told of an outcome that is none. */
static const struct {
    enum error error;
    const char *detail;
} refusals[] = {
    [STAFF_KEY_REUSED] = {ERROR_KEY_REUSED, "Send the same request again, or another key."},
    [STAFF_NO_SUBJECT] = {ERROR_NOT_FOUND, NO_SUBJECT},
    [STAFF_NO_OTHER] = {ERROR_INVALID, "There is no subject to merge with: look both up again."},
    [STAFF_SAME] = {ERROR_INVALID, "They are one and the same already."},
    [STAFF_NOTHING] = {ERROR_CONFLICT, "There is nothing that this could end."},
    [STAFF_NOT_THEIRS] = {ERROR_INVALID, "The subject has no such identifier, or is nothing but that."},
    [STAFF_OTHERS] =
        {ERROR_CONFLICT,
         "The right address is known already: merge the subjects, or add it and end the wrong one."},
    [STAFF_TOO_MANY] = {ERROR_TOO_MANY_IDENTIFIERS,
                        "with these somebody would have more than 32 identifiers"},
    [STAFF_CUSTOMERS] = {ERROR_INVALID, "Two customer codes are two subjects: merge them."},
    [STAFF_BROWSER] = {ERROR_INVALID, "A browser is nobody: nothing is tied to it."},
};

/* What is wrong with the body, though only the ledger knows it, is told by its pointer. ${member_or_null}:
 * what is at fault. */
static void refuse(struct call *call, struct staffing *s, enum error e, const char *detail,
                   const char *member_or_null)
{
    if (error_status(e) != error_status(ERROR_INVALID) || member_or_null == NULL) {
        call_problem(call, e, detail, NULL);
        return;
    }
    struct node root = reader_root(&s->body), at = node_optional(&root, member_or_null);
    node_fault(&at, e, detail);
    call_bad_body(call, &s->body);
}

static void refusal_answer(struct call *call, struct staffing *s)
{
    const struct staff_kind *kind = s->kind;
    const char *member = s->job.outcome == STAFF_KEY_REUSED                   ? NULL
                         : s->job.outcome == STAFF_SAME && kind->into != NULL ? kind->into
                                                                              : kind->whom;
    refuse(call, s, refusals[s->job.outcome].error, refusals[s->job.outcome].detail, member);
}

static void misfit_answer(struct call *call, struct staffing *s, unsigned answered)
{
    const char *detail;
    enum error e = rights_misfit((enum rights_answered)answered, &detail);
    refuse(call, s, e, detail, "request");
}

static void on_staffed(struct job *job, enum error e)
{
    struct staffing *s = list_entry(list_entry(job, struct staff_job, job), struct staffing, job);
    struct call *call = s->attempt.call;
    if (e != ERROR_NONE || s->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OUTCOME_UNKNOWN, NULL, NULL);
        return;
    }
    switch (s->job.outcome) {
    case STAFF_STALE:
        attempt_again(&s->attempt);
        return;
    case STAFF_DONE:
    case STAFF_REPLAYED:
    case STAFF_ALREADY:
        done_answer(call, s);
        return;
    case STAFF_NO_REQUEST:
    case STAFF_REQUEST_CLOSED:
    case STAFF_REQUEST_KIND:
    case STAFF_REQUEST_OTHERS:
    case STAFF_REQUEST_NOT_THEM:
        misfit_answer(call, s, RIGHTS_UNKNOWN + (s->job.outcome - STAFF_NO_REQUEST));
        return;
    default:
        refusal_answer(call, s);
    }
}

/* ---- the call ---- */

static void staffing_begin(struct call *call)
{
    struct staffing *s = call->state;
    const struct controller *c = s->attempt.controller;
    int64_t subject_no;
    if (call->req == NULL) { /* nothing was written, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (!subject_id_parse(c->ids, s->id.base, s->id.len, &subject_no)) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    }

    /* what is asked for */
    staff_job_clear(&s->job);
    s->env = attempt_env(&s->attempt);
    s->job = (struct staff_job){.generation = c->generation,
                                .policy_version = c->policy->version,
                                .actor = call->claims.subject,
                                .token = call->claims.id[0] != '\0' ? call->claims.id : NULL,
                                .kind = s->kind->act,
                                .subject_no = subject_no};
    body_read(call, s);
    if (!reader_ok(&s->body)) {
        attempt_bad_body(&s->attempt, &s->body);
        return;
    }

    /* and done */
    if (uuid_v7(s->job.record_id) != 0) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    s->job.idempotency = idempotency_of(call, c->tagger, s->key);
    s->job.job =
        (struct job){.controller_id = c->controller_id, .deadline = call->deadline, .done = on_staffed};
    staff_job_prepare(&s->job);
    lane_submit(call->worker->write, &s->job.job);
}

void staffing_start(struct call *call, const struct staff_kind *kind)
{
    if (!call_takes_no_query(call))
        return;
    struct staffing *s = call_alloc(call, sizeof *s);
    if (!idempotency_read(call, &s->key))
        return;
    h2o_iovec_t id = call->arguments[0], body = call_body(call);
    s->kind = kind;
    s->id = h2o_iovec_init(call_copy(call, id.base, id.len), id.len);
    s->bytes = body.len > 0 ? h2o_iovec_init(call_copy(call, body.base, body.len), body.len)
                            : h2o_iovec_init(H2O_STRLIT("{}"));
    call->state = s;
    call->dispose = staffing_dispose;
    attempt_start(&s->attempt, call, staffing_begin);
}
