/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/acts.h"
#include "http/handlers.h"
#include "http/receipt.h"
#include "http/route.h"
#include "http/turn.h"

#include <string.h>

/* POST /v1/consents and POST /v1/withdraw: acts go into the ledger, a receipt comes back. */
struct recording {
    struct turn turn;
    struct reader body;
    bool is_withdrawal;
    struct acts acts;
    struct record_job job;
    h2o_iovec_t key; /* of idempotency; {NULL, 0}: none was sent */
};

static void recording_reset(struct recording *r)
{
    reader_close(&r->body);
    acts_free(&r->acts);
    record_job_clear(&r->job);
}

static void recording_dispose(void *state)
{
    struct recording *r = state;
    recording_reset(r);
    turn_end(&r->turn);
}

static void recording_answer(struct call *call, struct recording *r)
{
    const char *context = r->job.outcome == RECORD_REPLAYED ? r->job.first_context : r->acts.context.data;
    if (r->job.broken || r->job.event_count == 0) {
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    int status = receipt_write(&out, context, r->job.events, r->job.event_count, r->turn.controller);
    if (status == 0) {
        buf_free(&out);
        call_problem(call, ERROR_GONE,
                     "It was recorded; what is left of it does not give the first answer again.", NULL);
        return;
    }
    if (buf_failed(&out)) {
        buf_free(&out);
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL); /* it is written, and this cannot say so */
        return;
    }
    call_answer_json(call, status, &out);
}

static void recording_in_future(struct call *call, struct recording *r)
{
    struct node root = reader_root(&r->body);
    size_t act = (size_t)r->job.faulty_act;
    struct node object =
        r->acts.body_is_array && act < r->acts.count ? node_at(&root, r->acts.objects[act]) : root;
    struct node at = node_optional(&object, "event_time");
    node_fault(&at, ERROR_EVENT_IN_FUTURE, "more than 60 seconds ahead of the server's clock");
    call_bad_body(call, &r->body);
}

static void on_recorded(struct job *job, enum error e)
{
    struct recording *r = list_entry(list_entry(job, struct record_job, job), struct recording, job);
    struct call *call = r->turn.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    switch (r->job.outcome) {
    case RECORD_DONE:
    case RECORD_REPLAYED:
        recording_answer(call, r);
        return;
    case RECORD_KEY_REUSED:
        call_problem(call, ERROR_KEY_REUSED, "Send the same body again, or another key.", NULL);
        return;
    case RECORD_IN_FUTURE:
        recording_in_future(call, r);
        return;
    case RECORD_STALE:
        turn_again(&r->turn);
        return;
    case RECORD_AGAIN:
        lane_submit(call->worker->write, &r->job.job);
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

static void refuse_scope(struct call *call, const char *scope)
{
    char challenge[128], detail[64];
    snprintf(challenge, sizeof challenge, "Bearer realm=\"akkoord\", error=\"insufficient_scope\", scope=\"%s\"", scope);
    snprintf(detail, sizeof detail, "This needs the scope %s.", scope);
    call_set_header(call, "www-authenticate", challenge);
    call_problem(call, ERROR_INSUFFICIENT_SCOPE, detail, NULL);
}

/* Key and body leave no trace but their keyed hashes. */
static void key_hash(struct call *call, struct recording *r)
{
    struct tagger *tagger = r->turn.controller->tagger;
    const char *client = call->claims.subject, *path = call->route->path;
    size_t client_len = strlen(client) + 1, path_len = strlen(path) + 1;
    h2o_iovec_t body = call_body(call);
    char *named = call_alloc(call, client_len + r->key.len);
    memcpy(named, client, client_len);
    memcpy(named + client_len, r->key.base, r->key.len);
    tagger_hash(tagger, "idempotency key", named, client_len + r->key.len, r->job.key_hash);
    char *asked = call_alloc(call, path_len + body.len);
    memcpy(asked, path, path_len);
    memcpy(asked + path_len, body.base, body.len);
    tagger_hash(tagger, "idempotency body", asked, path_len + body.len, r->job.fingerprint);
    r->job.has_key = true;
}

static void recording_submit(struct call *call, struct recording *r)
{
    const struct controller *c = r->turn.controller;
    r->job = (struct record_job){.controller_id = c->controller_id,
                                 .generation = c->generation,
                                 .policy_version = c->policy->version,
                                 .accepted = call->accepted,
                                 .context = r->acts.context.data,
                                 .actor = call->claims.subject,
                                 .count = r->acts.count,
                                 .acts = r->acts.list};
    buf_byte(&r->acts.context, '\0');
    if (buf_failed(&r->acts.context)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    r->job.context = r->acts.context.data;
    if (r->key.base != NULL)
        key_hash(call, r);
    record_job_prepare(&r->job);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_recorded;
    lane_submit(call->worker->write, &r->job.job);
}

static void recording_begin(struct call *call)
{
    struct recording *r = call->state;
    if (call->req == NULL) { /* nothing was written, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    recording_reset(r);
    h2o_iovec_t body = call_body(call);
    reader_open(&r->body, body.base, body.len);
    (r->is_withdrawal ? withdraw_read : consents_read)(call, &r->body, r->turn.controller, &r->acts);
    if (!reader_ok(&r->body)) {
        turn_bad_body(&r->turn, &r->body);
        return;
    }
    const char *lacking = r->is_withdrawal ? NULL : scope_lacking(call, &r->acts);
    if (lacking != NULL) {
        refuse_scope(call, lacking);
        return;
    }
    recording_submit(call, r);
}

/* Bare or quoted (a structured-field string). Returns false when the header is there and is none. */
static bool key_read(struct call *call, h2o_iovec_t *ret_key)
{
    h2o_iovec_t key = call_header(call, "idempotency-key");
    *ret_key = key;
    if (key.base == NULL)
        return true;
    if (key.len >= 2 && key.base[0] == '"' && key.base[key.len - 1] == '"')
        key.base++, key.len -= 2;
    for (size_t i = 0; i < key.len; i++) {
        if (key.base[i] <= 0x20 || key.base[i] >= 0x7f || key.base[i] == '"')
            return false;
    }
    *ret_key = key;
    return key.len >= 1 && key.len <= IDEMPOTENCY_KEY_MAX;
}

static void recording_start(struct call *call, bool is_withdrawal)
{
    struct recording *r = call_alloc(call, sizeof *r);
    call->state = r;
    call->dispose = recording_dispose;
    r->is_withdrawal = is_withdrawal;
    h2o_iovec_t key;
    if (!key_read(call, &key)) {
        call_problem(call, ERROR_BAD_REQUEST,
                     "Idempotency-Key is 1 to 255 printable characters, bare or quoted.", NULL);
        return;
    }
    if (key.base != NULL)
        r->key = h2o_iovec_init(call_copy(call, key.base, key.len), key.len);
    turn_start(&r->turn, call, recording_begin);
}

void handle_record(struct call *call)
{
    recording_start(call, false);
}

void handle_withdraw(struct call *call)
{
    recording_start(call, true);
}
