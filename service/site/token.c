/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/collection_token.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/route.h"
#include "site/handlers.h"
#include "site/request.h"

/* POST /v1/sites/{controller}/token, and the preflight of all that pages send. */

struct asking {
    struct attempt attempt;
    struct site_page page;
    struct reader body;
};

static void asking_dispose(void *state)
{
    struct asking *a = state;
    reader_close(&a->body);
    attempt_end(&a->attempt);
}

static bool asking_abandon(struct call *call)
{
    struct asking *a = call->state;
    attempt_abandon(&a->attempt);
    return true;
}

/* Under the policy in force. */
static void asking_start(struct call *call, void (*begin)(struct call *call))
{
    struct asking *a = call_alloc(call, sizeof *a);
    a->page = site_page_of(call);
    call->state = a;
    call->dispose = asking_dispose;
    call->abandon = asking_abandon;
    attempt_admit(&a->attempt, call, begin);
}

/* ---- the token ---- */

static void token_answer(struct call *call, const struct asking *a, const char *visitor, const char *notice)
{
    const struct collection c = {call->claims.controller, a->page.origin, a->page.origin_len, visitor,
                                 notice};
    instant expires = (worker_now(call->worker) / SECOND + COLLECTION_TOKEN_SECONDS) * SECOND;
    char token[COLLECTION_TOKEN_TEXT + 1];
    if (collection_token_make(&call->worker->options->link_keys->numbered, &c, expires, token) != 0) {
        call_problem(call, ERROR_INTERNAL, NULL, NULL);
        return;
    }
    struct buf *out = &call->worker->scratch;
    buf_clear(out);
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "token", token);
    writer_moment(&w, "expires_at", expires);
    writer_object_end(&w);
    if (buf_failed(out))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        call_answer(call, 200, "application/json", out->data, out->len);
}

static void token_begin(struct call *call)
{
    static const char *const members[] = {"visitor", "notice", NULL};
    struct asking *a = call->state;
    const struct controller *controller = a->attempt.controller;
    if (call->req == NULL || controller == NULL) {
        call_problem(call, call->req == NULL ? ERROR_UNAVAILABLE : ERROR_NOT_FOUND, NULL, NULL);
        return;
    }
    h2o_iovec_t body = call_body(call);
    if (body.len == 0) /* of nobody, for no notice */
        body = h2o_iovec_init(H2O_STRLIT("{}"));
    reader_close(&a->body);
    reader_open(&a->body, body.base, body.len);
    struct node root = reader_root(&a->body);
    const char *visitor = "", *notice = "";
    if (node_present(&root) && site_of_page(controller->policy, &a->page, &root) != NULL) {
        site_allow(call, &a->page);
        node_only(&root, members);
        visitor = site_visitor_read(&root);
        notice = site_notice_read(&root);
    }
    if (reader_ok(&a->body))
        token_answer(call, a, visitor, notice);
    else
        call_bad_body(call, &a->body);
}

static void token_start(struct call *call)
{
    asking_start(call, token_begin);
}

void handle_site_token(struct call *call)
{
    if (call_takes_no_query(call))
        site_begin(call, token_start);
}

/* ---- the preflight ---- */

static void preflight_answer(struct call *call)
{
    char allow[64];
    h2o_iovec_t path = h2o_iovec_init(
        call->req->path.base, call->req->query_at != SIZE_MAX ? call->req->query_at : call->req->path.len);
    route_methods(call->worker->options->routes, path, allow, sizeof allow);
    call_set_header(call, "allow", allow);
    call_answer(call, 204, NULL, "", 0);
}

static void preflight_begin(struct call *call)
{
    const struct asking *a = call->state;
    const struct controller *controller = a->attempt.controller;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (controller != NULL && policy_site(controller->policy, a->page.origin, a->page.origin_len) != NULL) {
        site_allow(call, &a->page);
        call_set_header(call, "access-control-allow-methods", "POST");
        call_set_header(call, "access-control-allow-headers", "content-type, idempotency-key");
        call_set_header(call, "access-control-max-age", "7200");
    }
    preflight_answer(call);
}

static void preflight_start(struct call *call)
{
    asking_start(call, preflight_begin);
}

void handle_site_preflight(struct call *call)
{
    site_begin(call, preflight_start);
}
