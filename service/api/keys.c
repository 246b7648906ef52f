/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "auth/api_key.h"
#include "base/limits.h"
#include "domain/moment.h"
#include "http/challenge.h"
#include "store/api_key.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <stdlib.h>
#include <string.h>

/* POST and GET /v1/keys, DELETE /v1/keys/{id}: the API keys of the token's controller. Nobody makes a key
 * that may more than they may themselves, or for longer: its scopes are looked at here, its end and whether
 * its maker still stands in the statement, and another controller cannot be named. */

static void scopes_write(struct writer *w, uint32_t scopes)
{
    writer_array_begin(w, "scopes");
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if ((scopes & UINT32_C(1) << i) != 0)
            writer_text(w, NULL, scope_word((enum scope)(UINT32_C(1) << i)));
    }
    writer_array_end(w);
}

/* ---- POST ---- */

struct key_adding {
    struct call *call;
    struct reader body;
    uint32_t scopes;
    char words[SCOPES_TEXT];
    char text[API_KEY_TEXT_MAX + 1];
    struct api_key key;
    struct api_key_add_job job;
};

static void adding_dispose(void *state)
{
    struct key_adding *k = state;
    explicit_bzero(k->text, sizeof k->text);
    reader_close(&k->body);
}

static void added_answer(struct call *call, const struct key_adding *k)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "id", k->key.id);
    writer_text(&w, "key", k->text);
    writer_text(&w, "name", k->job.name);
    scopes_write(&w, k->scopes);
    writer_moment(&w, "created_at", k->job.created);
    writer_moment(&w, "expires_at", k->job.ends);
    writer_object_end(&w);
    call_answer_json(call, 201, &out);
}

static void on_added(struct job *job, enum error e)
{
    struct key_adding *k = list_entry(list_entry(job, struct api_key_add_job, job), struct key_adding, job);
    struct call *call = k->call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }

    /* as the database decided */
    switch (k->job.outcome) {
    case API_KEY_ADDED:
        added_answer(call, k);
        return;
    case API_KEY_NO_CONTROLLER:
        call_problem(call, ERROR_NO_POLICY, "Apply one first: PUT /v1/policy, or `akkoord apply FILE`.",
                     NULL);
        return;
    case API_KEY_MAKER_GONE:
        if (call->req != NULL)
            challenge_token(call->req, "revoked");
        call_problem(call, ERROR_INVALID_TOKEN, "What this was asked with has ended, or was revoked.", NULL);
        return;
    case API_KEY_OUTLASTS:
        reader_member_fault(&k->body, "expires_at", "a key ends no later than what makes it");
        call_bad_body(call, &k->body);
        return;
    case API_KEY_PAST:
        reader_member_fault(&k->body, "expires_at", "has passed");
        call_bad_body(call, &k->body);
        return;
    case API_KEY_FULL:
        call_problem(call, ERROR_CONFLICT, "This controller has 100 keys: revoke one first.", NULL);
        return;
    }
}

static uint32_t scopes_read(const struct node *array)
{
    const char *words[SCOPE_COUNT + 1] = {NULL};
    uint32_t scopes = SCOPE_NONE;
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        words[i] = scope_word((enum scope)(UINT32_C(1) << i));
    size_t count = node_elements(array, 1, SCOPE_COUNT);
    for (size_t i = 0; i < count; i++) {
        struct node word = node_at(array, i);
        int at = node_word(&word, words);
        if (at >= 0)
            scopes |= UINT32_C(1) << at;
    }
    if ((scopes & SCOPE_KEYS_WRITE) != 0)
        node_fault(array, ERROR_INVALID, "keys:write is given by `akkoord key add` alone.");
    return scopes;
}

static void adding_read(struct key_adding *k)
{
    static const char *const members[] = {"name", "scopes", "expires_at", NULL};
    struct node root = reader_root(&k->body);
    node_only(&root, members);
    struct node name = node_member(&root, "name"), scopes = node_member(&root, "scopes"),
                expires = node_optional(&root, "expires_at");
    k->job.name = node_string(&name, 1, CLAIMS_SUBJECT_MAX, NULL);
    if (k->job.name[0] != '\0' && !claims_subject_valid(k->job.name))
        node_fault(&name, ERROR_INVALID, "Must be 1 to 128 printable ASCII characters.");
    k->scopes = scopes_read(&scopes);
    k->job.expires = node_kind(&expires) == NODE_NULL ? INSTANT_NONE : node_moment(&expires);
}

static void adding_send(struct call *call, struct key_adding *k)
{
    const struct claims *maker = &call->claims;
    scopes_format(k->scopes, k->words);
    k->job.controller = maker->controller;
    k->job.id = k->key.id;
    k->job.hash = k->key.hash;
    k->job.scopes = k->words;
    k->job.actor = maker->subject;
    k->job.maker_key = maker->is_api_key ? maker->id + sizeof API_KEY_MARK - 1 : NULL;
    k->job.maker_token = maker->id[0] != '\0' ? maker->id : NULL;
    k->job.maker_ends = maker->is_api_key ? INSTANT_NONE : maker->expires;
    api_key_add_job_prepare(&k->job);
    k->job.job.deadline = call->deadline;
    k->job.job.done = on_added;
    lane_submit(call->worker->write, &k->job.job);
}

void handle_key_add(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    if (call_header(call, "idempotency-key").base != NULL) {
        call_problem(call, ERROR_INVALID, "This takes no Idempotency-Key: its answer is not kept.", NULL);
        return;
    }

    /* what is asked for */
    struct key_adding *k = call_alloc(call, sizeof *k);
    call->state = k;
    call->dispose = adding_dispose;
    k->call = call;
    h2o_iovec_t body = call_body(call);
    reader_open(&k->body, body.base, body.len);
    adding_read(k);
    if (!reader_ok(&k->body)) {
        call_bad_body(call, &k->body);
        return;
    }

    /* no more than its maker may */
    uint32_t beyond = k->scopes & ~call->claims.scopes;
    if (beyond != SCOPE_NONE) {
        scopes_format(beyond, k->words);
        call_refuse_scope(call, k->words);
    } else if (api_key_make(k->text, &k->key) != 0) {
        call_problem(call, ERROR_INTERNAL, NULL, NULL);
    } else {
        adding_send(call, k);
    }
}

/* ---- GET ---- */

struct key_listing {
    struct call *call;
    struct api_key_list_job job;
};

static void listing_dispose(void *state)
{
    struct key_listing *l = state;
    api_key_list_job_clear(&l->job);
}

static void row_write(struct writer *w, const struct api_key_row *key)
{
    writer_object_begin(w, NULL);
    writer_text(w, "id", key->id);
    writer_text(w, "name", key->name);
    scopes_write(w, scopes_parse(key->scopes, NULL));
    writer_moment(w, "created_at", key->created);
    writer_text(w, "created_by", key->created_by);
    writer_moment(w, "expires_at", key->expires);
    if (key->last_used == INSTANT_NONE) {
        writer_null(w, "last_used_on");
    } else {
        char day[MOMENT_TEXT + 1];
        moment_format(key->last_used, day);
        writer_string(w, "last_used_on", day, strlen("2026-11-21"));
    }
    writer_object_end(w);
}

static void on_listed(struct job *job, enum error e)
{
    struct key_listing *l =
        list_entry(list_entry(job, struct api_key_list_job, job), struct key_listing, job);
    struct call *call = l->call;
    if (e != ERROR_NONE || l->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "keys");
    for (size_t i = 0; i < l->job.count; i++)
        row_write(&w, &l->job.rows[i]);
    writer_array_end(&w);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static bool listing_abandon(struct call *call)
{
    struct key_listing *l = call->state;
    lane_cancel(call->worker->read, &l->job.job);
    return true;
}

void handle_keys(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    struct key_listing *l = call_alloc(call, sizeof *l);
    call->state = l;
    call->dispose = listing_dispose;
    call->abandon = listing_abandon;
    l->call = call;
    api_key_list_job_init(&l->job, call->claims.controller);
    l->job.job.deadline = call->deadline;
    l->job.job.done = on_listed;
    lane_submit(call->worker->read, &l->job.job);
}

/* ---- DELETE ---- */

struct key_revoking {
    struct call *call;
    struct api_key_revoke_job job;
};

static void on_revoked(struct job *job, enum error e)
{
    struct key_revoking *r =
        list_entry(list_entry(job, struct api_key_revoke_job, job), struct key_revoking, job);
    if (e != ERROR_NONE)
        call_problem(r->call, e, NULL, NULL);
    else if (!r->job.found)
        call_problem(r->call, ERROR_NOT_FOUND, "There is no such key.", NULL);
    else
        call_answer(r->call, 204, NULL, "", 0);
}

void handle_key_revoke(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    if (!api_key_id_valid(call->arguments[0].base, call->arguments[0].len)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such key.", NULL);
        return;
    }
    struct key_revoking *r = call_alloc(call, sizeof *r);
    call->state = r;
    r->call = call;
    const char *id = call_copy(call, call->arguments[0].base, call->arguments[0].len);
    api_key_revoke_job_init(&r->job, call->claims.controller, id);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_revoked;
    lane_submit(call->worker->write, &r->job.job);
}
