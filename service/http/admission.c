/* SPDX-License-Identifier: Apache-2.0 */
#include "http/admission.h"

#include "auth/token.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/counters.h"
#include "http/rate_limit.h"
#include "http/route.h"
#include "net/guard/guard.h"

#include <ctype.h>
#include <string.h>

static bool is(h2o_iovec_t text, const char *word)
{
    return h2o_memis(text.base, text.len, word, strlen(word));
}

static const char *const media_types[][4] = {
    [MEDIA_NONE] = {NULL},
    [MEDIA_JSON] = {"application/json", NULL},
    [MEDIA_NDJSON] = {"application/x-ndjson", NULL},
    [MEDIA_MASKABLE] = {"text/plain", "application/json", "application/x-ndjson", NULL},
};

static void header_add(h2o_req_t *req, const h2o_token_t *token, const char *value)
{
    h2o_iovec_t copy = h2o_strdup(&req->pool, value, SIZE_MAX);
    h2o_add_header(&req->pool, &req->res.headers, token, NULL, copy.base, copy.len);
}

static void refuse(struct worker *worker, h2o_req_t *req, const struct route *route, enum error e,
                   const char *detail)
{
    counters_request(worker->counters, route, error_status(e), 0);
    problem_answer(req, e, detail, NULL, route != NULL && route->is_check);
}

static const char address_spent[] = "This address has asked too often without a valid token.";

/* Takes one of the address's rate limit; else the problem has been answered. */
static bool charge_address(struct worker *worker, h2o_req_t *req, const struct route *route)
{
    if (rate_limit_address(worker, req))
        return true;
    refuse(worker, req, route, ERROR_TOO_MANY_REQUESTS, address_spent);
    return false;
}

/* No route has both this path and this method. */
static void refuse_unrouted(struct worker *worker, h2o_req_t *req, h2o_iovec_t path)
{
    if (!charge_address(worker, req, NULL))
        return;
    char allow[64];
    route_methods(worker->options->routes, path, allow, sizeof allow);
    if (allow[0] == '\0') {
        refuse(worker, req, NULL, ERROR_NOT_FOUND, "There is no such path.");
        return;
    }
    header_add(req, H2O_TOKEN_ALLOW, allow);
    if (is(req->method, "OPTIONS")) {
        counters_request(worker->counters, NULL, 204, 0);
        answer_write(req, 204, NULL, "", 0);
        return;
    }
    refuse(worker, req, NULL, ERROR_METHOD_NOT_ALLOWED, "The header Allow names the methods of this path.");
}

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
    return remembered_find(worker->tokens, worker->keys, token.base, token.len, clock_wall(), ret_claims);
}

static enum token_fault token_check(struct worker *worker, h2o_iovec_t token, struct claims *ret_claims)
{
    enum token_fault fault = token_verify(worker->keys, token.base, token.len, clock_wall(), ret_claims);
    if (fault == TOKEN_OK)
        remembered_put(worker->tokens, worker->keys, token.base, token.len, ret_claims);
    return fault;
}

/* RFC 6750, 3: without a token no error is named. */
static void refuse_token(struct worker *worker, h2o_req_t *req, const struct route *route, const char *fault)
{
    char challenge[256];
    if (fault == NULL)
        snprintf(challenge, sizeof challenge, "Bearer realm=\"akkoord\"");
    else
        snprintf(challenge, sizeof challenge,
                 "Bearer realm=\"akkoord\", error=\"invalid_token\", error_description=\"%s\"", fault);
    counters_token_refused(worker->counters);
    if (!charge_address(worker, req, route))
        return;
    header_add(req, H2O_TOKEN_WWW_AUTHENTICATE, challenge);
    refuse(worker, req, route, ERROR_INVALID_TOKEN,
           fault != NULL ? fault : "Send `Authorization: Bearer <token>`.");
}

static void refuse_scope(struct worker *worker, h2o_req_t *req, const struct route *route)
{
    char words[SCOPES_TEXT], challenge[256];
    scopes_format(route->scopes, words);
    snprintf(challenge, sizeof challenge,
             "Bearer realm=\"akkoord\", error=\"insufficient_scope\", scope=\"%s\"", words);
    header_add(req, H2O_TOKEN_WWW_AUTHENTICATE, challenge);
    char detail[256];
    snprintf(detail, sizeof detail, "This needs the scope %s.", words);
    refuse(worker, req, route, ERROR_INSUFFICIENT_SCOPE, detail);
}

static bool scopes_suffice(const struct route *route, uint32_t scopes)
{
    uint32_t granted = scopes & route->scopes;
    return route->needs_all_scopes ? granted == route->scopes : granted != 0;
}

/* Whether the token lets this through; else the problem has been answered. */
static bool admit(struct worker *worker, h2o_req_t *req, const struct route *route, struct claims *ret_claims)
{
    h2o_iovec_t token = bearer_of(req);
    if (token.len == 0) {
        refuse_token(worker, req, route, NULL);
        return false;
    }
    bool known = is_remembered(worker, token, ret_claims);
    /* A token nobody knows costs more to verify than to send. */
    if (!known && rate_limit_address_is_spent(worker, req) && !charge_address(worker, req, route))
        return false;
    enum token_fault fault = known ? TOKEN_OK : token_check(worker, token, ret_claims);
    if (fault == TOKEN_NO_MEMORY) {
        refuse(worker, req, route, ERROR_OVERLOADED, NULL);
        return false;
    }
    if (fault != TOKEN_OK) {
        refuse_token(worker, req, route, token_fault_text(fault));
        return false;
    }
    guard_authorized(req);
    if (!scopes_suffice(route, ret_claims->scopes)) {
        refuse_scope(worker, req, route);
        return false;
    }
    return true;
}

static bool charset_is_utf8(h2o_iovec_t parameters)
{
    if (parameters.len == 0)
        return true;
    char text[64];
    size_t len = 0;
    for (size_t i = 0; i < parameters.len && len < sizeof text - 1; i++) {
        char c = parameters.base[i];
        if (c != ' ' && c != '"' && c != ';' && c != '\t')
            text[len++] = c;
    }
    text[len] = '\0';
    return len == 0 || strcasecmp(text, "charset=utf-8") == 0 || strcasecmp(text, "charset=utf8") == 0 ||
           strcasecmp(text, "charset=us-ascii") == 0;
}

static bool media_fits(const h2o_req_t *req, enum media media)
{
    if (media == MEDIA_NONE)
        return true;
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    if (at < 0 || h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_ENCODING, -1) >= 0)
        return false;
    h2o_iovec_t value = req->headers.entries[at].value;
    const char *semicolon = memchr(value.base, ';', value.len);
    size_t len = semicolon != NULL ? (size_t)(semicolon - value.base) : value.len;
    while (len > 0 && value.base[len - 1] == ' ')
        len--;
    for (const char *const *type = media_types[media]; *type != NULL; type++) {
        if (strlen(*type) == len && strncasecmp(*type, value.base, len) == 0)
            return semicolon == NULL ||
                   charset_is_utf8(h2o_iovec_init(semicolon, value.len - (size_t)(semicolon - value.base)));
    }
    return false;
}

/* Whether each percent sign has its two digits (RFC 3986, 2.1). */
static bool path_is_whole(h2o_iovec_t path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.base[i] == '%' && (i + 2 >= path.len || !isxdigit((unsigned char)path.base[i + 1]) ||
                                    !isxdigit((unsigned char)path.base[i + 2])))
            return false;
    }
    return true;
}

/* As admit, without a word. */
static bool lets_in(struct worker *worker, const h2o_req_t *req, const struct route *route)
{
    struct claims claims;
    h2o_iovec_t token = bearer_of(req);
    return token.len > 0 &&
           (is_remembered(worker, token, &claims) ||
            (!rate_limit_address_is_spent(worker, req) && token_check(worker, token, &claims) == TOKEN_OK)) &&
           scopes_suffice(route, claims.scopes);
}

/* ---- the body of a request whose header is there ---- */

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

/* ---- the request ---- */

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

static const char *refusal_detail(enum error e)
{
    return e == ERROR_BAD_REQUEST  ? "The body is not as long as Content-Length says."
           : e == ERROR_TOO_LARGE  ? "The body is larger than is taken here."
           : e == ERROR_OVERLOADED ? "Too many large bodies at a time."
                                   : NULL;
}

void admission_request(struct worker *worker, h2o_req_t *req)
{
    h2o_iovec_t path =
        h2o_iovec_init(req->path.base, req->query_at != SIZE_MAX ? req->query_at : req->path.len);
    h2o_iovec_t argument = {NULL, 0};
    const struct route *route = route_find(worker->options->routes, req->method, path, &argument);
    if (path.len >= 4 && memcmp(path.base, "/v1/", 4) == 0)
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
    enum error refusal = guard_refusal(req);
    if (refusal == ERROR_HEADERS_TOO_LARGE || guard_is_unreadable(req)) {
        refuse(worker, req, route, refusal,
               refusal == ERROR_BAD_REQUEST ? "The request cannot be read." : NULL);
        return;
    }
    if (!path_is_whole(path)) {
        refuse(worker, req, NULL, ERROR_BAD_REQUEST, "The path has a percent sign without its two digits.");
        return;
    }
    if (route == NULL) {
        refuse_unrouted(worker, req, path);
        return;
    }
    struct claims claims;
    if (route->scopes != SCOPE_NONE && !admit(worker, req, route, &claims))
        return;
    if (route->cost == COST_ADDRESS && !charge_address(worker, req, route))
        return;
    if (route->cost == COST_CALL && !rate_limit_client(worker, req, &claims, 1)) {
        refuse(worker, req, route, ERROR_TOO_MANY_REQUESTS, rate_limit_client_spent);
        return;
    }
    if (!media_fits(req, route->media)) {
        refuse(worker, req, route, ERROR_UNSUPPORTED_MEDIA_TYPE,
               route->media == MEDIA_JSON ? "Send Content-Type: application/json, in UTF-8, not encoded."
                                          : "Send a content type of this route, in UTF-8, not encoded.");
        return;
    }
    if (refusal != ERROR_NONE) {
        refuse(worker, req, route, refusal, refusal_detail(refusal));
        return;
    }
    if (req->entity.len > route->body_max && route->media != MEDIA_NONE) {
        char detail[80];
        snprintf(detail, sizeof detail, "At most %zu bytes are taken here.", route->body_max);
        refuse(worker, req, route, ERROR_TOO_LARGE, detail);
        return;
    }
    call_start(worker, req, route, route->scopes != SCOPE_NONE ? &claims : NULL, argument,
               route->admits ? attempt_first : route->handle);
}
