/* SPDX-License-Identifier: Apache-2.0 */
#include "http/admission.h"

#include "auth/api_key.h"
#include "auth/token.h"
#include "base/hex.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/challenge.h"
#include "http/controllers.h"
#include "http/counters.h"
#include "http/key_lookup.h"
#include "http/rate_limit.h"
#include "http/route.h"
#include "net/guard/guard.h"

#include <string.h>

/* A request on its way through the gates. */
struct admission {
    struct worker *worker;
    h2o_req_t *req;
    h2o_iovec_t path;                           /* without the query */
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX]; /* what stands in it for the route's braces */
    const struct route *route;                  /* NULL: no route has both its path and its method */
    enum error refusal;                         /* the guard's */
    struct claims claims;                       /* behind gate_token, where the route asks for one */
    size_t next;                                /* of the gates */
};

/* One that waits until its API key has been looked up. */
struct awaited {
    struct key_lookup lookup;
    struct admission admission;
};

/* ---- what becomes of it ---- */

static void admission_end(void *attempt)
{
    attempt_end(attempt);
}

static void on_admitted(struct call *call)
{
    attempt_end(call->state);
    call->state = NULL;
    call->dispose = NULL;
    if (call->req != NULL)
        call->route->handle(call);
    else
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
}

/* That the token was not revoked is asked first. */
static void attempt_first(struct call *call)
{
    struct attempt *attempt = call_alloc(call, sizeof *attempt);
    call->state = attempt;
    call->dispose = admission_end;
    attempt_admit(attempt, call, on_admitted);
}

/* Refused, as ${refusal} says, or with that ERROR_NONE: begun. */
static void admit(const struct admission *a, enum error refusal, const char *detail)
{
    bool has_claims = a->route->scopes != SCOPE_NONE;
    call_start(&(struct call_options){.worker = a->worker,
                                      .req = a->req,
                                      .route = a->route,
                                      .claims = has_claims ? &a->claims : NULL,
                                      .arguments = {a->arguments[0], a->arguments[1]},
                                      .vouch = has_claims && a->claims.id[0] != '\0' ? attempt_vouch : NULL,
                                      .begin = a->route->admits ? attempt_first : a->route->handle,
                                      .refusal = refusal,
                                      .detail = detail});
}

static void refuse(struct admission *a, enum error e, const char *detail)
{
    counters_request(a->worker->counters, a->route, error_status(e), 0);
    route_problem_answer(a->worker, a->req, a->route, e, detail, NULL);
}

/* As refuse, where there is no such route: as the reader of a page sees it, where it is nearly one's. */
static void refuse_unrouted(struct admission *a, enum error e, const char *detail)
{
    const struct route *near = route_near(a->worker->options->routes, a->path);
    counters_request(a->worker->counters, NULL, error_status(e), 0);
    route_problem_answer(a->worker, a->req, near != NULL && near->problem != NULL ? near : NULL, e, detail,
                         NULL);
}

/* As refuse, of what only the token's client may learn. */
static void refuse_client(struct admission *a, enum error e, const char *detail)
{
    if (a->refusal == ERROR_NONE)
        admit(a, e, detail);
    else
        refuse(a, e, detail); /* the guard wants its answer now: the body is not to be waited for */
}

/* Takes one of the address's rate limit; else the problem has been answered. */
static bool charge_address(struct admission *a)
{
    if (rate_limit_address(a->worker, a->req))
        return true;
    refuse(a, ERROR_TOO_MANY_REQUESTS, "This address has asked too often without a valid token.");
    return false;
}

/* ---- tokens ---- */

/* What stands behind "Bearer ", or {NULL, 0}. */
static h2o_iovec_t bearer_of(const h2o_req_t *req)
{
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_AUTHORIZATION, -1);
    if (at < 0 || h2o_find_header(&req->headers, H2O_TOKEN_AUTHORIZATION, at) >= 0)
        return h2o_iovec_init(NULL, 0); /* none, or two: which one counts must not be a guess */
    h2o_iovec_t value = req->headers.entries[at].value;
    if (value.len < 8 || strncasecmp(value.base, "Bearer ", 7) != 0)
        return h2o_iovec_init(NULL, 0);
    value.base += 7, value.len -= 7;
    while (value.len > 0 && value.base[0] == ' ')
        value.base++, value.len--;
    return value;
}

static bool is_remembered(struct worker *worker, h2o_iovec_t token, struct claims *ret_claims)
{
    return remembered_find(worker->tokens, worker->keys.tokens, token.base, token.len, clock_wall(),
                           ret_claims);
}

static enum token_fault token_check(struct worker *worker, h2o_iovec_t token, struct claims *ret_claims)
{
    enum token_fault fault =
        token_verify(worker->keys.tokens, token.base, token.len, clock_wall(), ret_claims);
    if (fault == TOKEN_OK)
        remembered_put(worker->tokens, worker->keys.tokens, token.base, token.len, ret_claims);
    return fault;
}

static bool scopes_suffice(const struct route *route, uint32_t scopes)
{
    uint32_t granted = scopes & route->scopes;
    return route->needs_all_scopes ? granted == route->scopes : granted != 0;
}

static void refuse_token(struct admission *a, const char *fault_or_null, const char *detail)
{
    counters_token_refused(a->worker->counters);
    if (!charge_address(a))
        return;
    challenge_token(a->req, fault_or_null);
    refuse(a, ERROR_INVALID_TOKEN, detail);
}

/* ---- API keys ---- */

static bool gate_body(struct admission *a);
static void gates_pass(struct admission *a);

/* What it cost the address has been charged. */
static void refuse_key(struct admission *a, enum token_fault fault)
{
    counters_token_refused(a->worker->counters);
    challenge_token(a->req, token_fault_text(fault));
    refuse(a, ERROR_INVALID_TOKEN, token_fault_text(fault));
}

static void on_key_found(struct key_lookup *lookup, enum error e, const struct claims *claims)
{
    struct admission a = list_entry(lookup, struct awaited, lookup)->admission;
    if (e != ERROR_NONE) {
        refuse(&a, e, NULL);
    } else if (claims == NULL) {
        refuse_key(&a, TOKEN_NO_SUCH_KEY);
    } else {
        a.claims = *claims;
        gates_pass(&a);
    }
}

static void on_awaited_gone(void *slot)
{
    struct awaited *w = slot;
    key_lookup_end(&w->lookup);
}

/* A key that this thread does not remember. Each look-up costs the address one, so that made-up keys cause no
 * more of them than it may send requests without a valid token; a key that is misspelled causes none. */
static bool gate_key(struct admission *a, h2o_iovec_t token)
{
    struct api_key key;
    if (!api_key_read(token.base, token.len, &key)) {
        refuse_token(a, token_fault_text(TOKEN_MISSPELT_KEY), token_fault_text(TOKEN_MISSPELT_KEY));
        return false;
    }
    if (a->refusal != ERROR_NONE)
        return gate_body(
            a); /* the guard wants its answer now, and says nothing that is not in the contract */
    if (!rate_limit_address_take(a->worker, a->req) && !charge_address(a))
        return false;
    struct awaited *w = h2o_mem_alloc_shared(&a->req->pool, sizeof *w, on_awaited_gone);
    w->admission = *a;
    key_lookup_start(&w->lookup, a->worker, token, &key, a->route->deadline_ms, on_key_found);
    return false;
}

/* ---- the gates ---- */

/* Each returns whether the request may go on; else it has been answered, or goes on later. */

/* Where its header cannot be read, nothing is known of it. */
static bool gate_header(struct admission *a)
{
    if (a->refusal != ERROR_HEADERS_TOO_LARGE && !guard_is_unreadable(a->req))
        return true;
    refuse(a, a->refusal, a->refusal == ERROR_BAD_REQUEST ? "The request cannot be read." : NULL);
    return false;
}

/* Each percent sign has its two digits (RFC 3986, 2.1). */
static bool gate_path(struct admission *a)
{
    const char *end = a->path.base + a->path.len;
    for (const char *at = a->path.base; (at = memchr(at, '%', (size_t)(end - at))) != NULL; at++) {
        if (end - at > 2 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0)
            continue;
        a->route = NULL;
        refuse(a, ERROR_BAD_REQUEST, "The path has a percent sign without its two digits.");
        return false;
    }
    return true;
}

static void options_answer(struct admission *a)
{
    if (media_is_encoded(a->req)) {
        refuse(a, ERROR_UNSUPPORTED_MEDIA_TYPE, media_encoded);
        return;
    }
    counters_request(a->worker->counters, NULL, 204, 0);
    answer_write(a->req, 204, NULL, "", 0);
}

static bool gate_route(struct admission *a)
{
    if (a->route != NULL)
        return true;
    if (!charge_address(a))
        return false;
    char allow[64];
    route_methods(a->worker->options->routes, a->path, allow, sizeof allow);
    if (allow[0] == '\0') {
        refuse_unrouted(a, ERROR_NOT_FOUND, "There is no such path.");
        return false;
    }
    h2o_iovec_t copy = h2o_strdup(&a->req->pool, allow, SIZE_MAX);
    h2o_add_header(&a->req->pool, &a->req->res.headers, H2O_TOKEN_ALLOW, NULL, copy.base, copy.len);
    if (h2o_memis(a->req->method.base, a->req->method.len, H2O_STRLIT("OPTIONS")))
        options_answer(a);
    else
        refuse_unrouted(a, ERROR_METHOD_NOT_ALLOWED, "The header Allow names the methods of this path.");
    return false;
}

static bool gate_token(struct admission *a)
{
    if (a->route->scopes == SCOPE_NONE)
        return true;
    h2o_iovec_t token = bearer_of(a->req);
    if (token.len == 0) {
        refuse_token(a, NULL, "Send `Authorization: Bearer <token>`.");
        return false;
    }
    if (is_remembered(a->worker, token, &a->claims))
        return true;

    if (api_key_is(token.base, token.len))
        return gate_key(a, token);

    /* A token nobody knows costs more to verify than to send. */
    if (rate_limit_address_is_spent(a->worker, a->req) && !charge_address(a))
        return false;
    enum token_fault fault = token_check(a->worker, token, &a->claims);
    if (fault == TOKEN_NO_MEMORY)
        refuse(a, ERROR_OVERLOADED, NULL);
    else if (fault != TOKEN_OK)
        refuse_token(a, token_fault_text(fault), token_fault_text(fault));
    return fault == TOKEN_OK;
}

/* As far as this worker knows. What it does not know yet the call learns before it says anything (promise 2):
 * what only the client may learn comes behind this gate. */
static bool gate_revoked(struct admission *a)
{
    if (a->route->scopes == SCOPE_NONE)
        return true;
    if (controllers_know_revoked(a->worker->controllers, &a->claims)) {
        refuse_token(a, "revoked", "The token has been revoked.");
        return false;
    }
    guard_authorized(a->req);
    return true;
}

static bool gate_scope(struct admission *a)
{
    if (a->route->scopes == SCOPE_NONE || scopes_suffice(a->route, a->claims.scopes))
        return true;
    char words[SCOPES_TEXT];
    scopes_format(a->route->scopes, words);
    refuse_client(a, ERROR_INSUFFICIENT_SCOPE, challenge_scope(a->req, words));
    return false;
}

static bool gate_rate(struct admission *a)
{
    if (a->route->cost == COST_ADDRESS)
        return charge_address(a);
    if (a->route->cost != COST_CALL || rate_limit_client(a->worker, a->req, &a->claims, 1))
        return true;
    refuse(a, ERROR_TOO_MANY_REQUESTS, rate_limit_client_spent);
    return false;
}

/* Elsewhere nobody reads a query. */
static bool is_versioned(h2o_iovec_t path)
{
    return path.len >= 4 && memcmp(path.base, "/v1/", 4) == 0;
}

/* "%00" would end a value before its end. No other three bytes stand for it: a
 * percent sign is no hex digit. */
static bool gate_query(struct admission *a)
{
    if (!is_versioned(a->path))
        return true;
    h2o_iovec_t query = h2o_iovec_init(a->path.base + a->path.len, a->req->path.len - a->path.len);
    if (memmem(query.base, query.len, "%00", 3) == NULL && memchr(query.base, '\0', query.len) == NULL)
        return true;
    refuse_client(a, ERROR_INVALID, "The query has a byte 0 in it.");
    return false;
}

static bool gate_media(struct admission *a)
{
    if (media_fits(a->req, a->route->media))
        return true;
    bool is_json = a->route->media == MEDIA_JSON || a->route->media == MEDIA_JSON_OR_NONE;
    refuse_client(a, ERROR_UNSUPPORTED_MEDIA_TYPE,
                  media_is_encoded(a->req) ? media_encoded
                  : is_json                ? "Send Content-Type: application/json, in UTF-8."
                                           : "Send a content type of this route, in UTF-8.");
    return false;
}

/* What the guard found while the body came. */
static bool gate_body(struct admission *a)
{
    if (a->refusal == ERROR_NONE)
        return true;
    refuse(a, a->refusal,
           a->refusal == ERROR_BAD_REQUEST  ? "The body is not as long as Content-Length says."
           : a->refusal == ERROR_TOO_LARGE  ? "The body is larger than is taken here."
           : a->refusal == ERROR_OVERLOADED ? "Too many large bodies at a time."
                                            : NULL);
    return false;
}

static bool gate_size(struct admission *a)
{
    if (a->route->media == MEDIA_NONE || a->req->entity.len <= a->route->body_max)
        return true;
    char detail[80];
    snprintf(detail, sizeof detail, "At most %zu bytes are taken here.", a->route->body_max);
    refuse_client(a, ERROR_TOO_LARGE, detail);
    return false;
}

/* In this order: the first that refuses answers. What is said to everybody comes before the token, what is
 * said of the request to its client alone comes after. */
static bool (*const gates[])(struct admission *a) = {
    gate_header, gate_path,  gate_route, gate_token, gate_revoked, gate_scope,
    gate_rate,   gate_query, gate_media, gate_body,  gate_size,
};

static void gates_pass(struct admission *a)
{
    while (a->next < sizeof gates / sizeof *gates) {
        if (!gates[a->next++](a))
            return;
    }
    admit(a, ERROR_NONE, NULL);
}

/* ---- the request ---- */

void admission_request(struct worker *worker, h2o_req_t *req)
{
    struct admission a = {.worker = worker, .req = req, .refusal = guard_refusal(req)};
    a.path = h2o_iovec_init(req->path.base, req->query_at != SIZE_MAX ? req->query_at : req->path.len);
    a.route = route_find(worker->options->routes, req->method, a.path, a.arguments);
    if (is_versioned(a.path))
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
    gates_pass(&a);
}

/* ---- the body of a request whose header is there ---- */

/* As the gates would have it, without a word. What a key that is not remembered may do, nobody knows yet: its
 * body may come. */
static bool lets_in(struct worker *worker, const h2o_req_t *req, const struct route *route)
{
    struct claims claims;
    struct api_key key;
    h2o_iovec_t token = bearer_of(req);
    bool known = token.len > 0 && is_remembered(worker, token, &claims);
    if (token.len == 0 || (!known && rate_limit_address_is_spent(worker, req)))
        return false;
    if (!known && api_key_is(token.base, token.len))
        return api_key_read(token.base, token.len, &key);
    return (known || token_check(worker, token, &claims) == TOKEN_OK) &&
           !controllers_know_revoked(worker->controllers, &claims) && scopes_suffice(route, claims.scopes);
}

size_t admission_body_max(void *cookie, const h2o_req_t *req)
{
    struct worker *worker = cookie;
    const struct route *route = route_asked(worker->options->routes, req);
    if (route == NULL || route->media == MEDIA_NONE || !media_fits(req, route->media))
        return 0;
    if (route->scopes != SCOPE_NONE && !lets_in(worker, req, route))
        return 0;
    return route->body_max;
}
