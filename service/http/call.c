/* SPDX-License-Identifier: Apache-2.0 */
#include "http/call.h"

#include "base/hex.h"
#include "base/limits.h"
#include "http/challenge.h"
#include "http/counters.h"
#include "http/rate_limit.h"
#include "http/route.h"
#include "net/budget.h"
#include "net/guard/guard.h"
#include "wire/problem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void call_end(struct call *call);

/* h2o keeps this beside the request and disposes of it with the request. */
struct tie {
    struct call *call; /* NULL: the call has ended */
};

/* Held after each step. */
static void call_check(const struct call *call)
{
    assert(call->phase != CALL_ENDED);                                       /* (1) */
    assert(call->req == NULL || call->tie->call == call);                    /* (2) */
    assert((call->phase == CALL_REFUSING) == (call->refusal != ERROR_NONE)); /* (4) */
    assert(call->phase != CALL_REFUSING || call->vouch == NULL);             /* (4) */
    assert(call->held % HOLD_STEP_BYTES == 0);                               /* (5) */
}

static void on_req_disposed(void *slot)
{
    struct tie *tie = slot;
    struct call *call = tie->call;
    if (call == NULL)
        return;
    call_check(call);
    call->req = NULL; /* nobody to answer; a write that was begun goes on */
    if (call->abandon != NULL && call->abandon(call))
        call_end(call);
}

void *call_alloc(struct call *call, size_t size)
{
    return arena_zeroed(&call->arena, size);
}

char *call_copy(struct call *call, const char *bytes, size_t len)
{
    return arena_copy(&call->arena, bytes, len);
}

void call_start(const struct call_options *o)
{
    struct arena arena = {.vital = true};
    struct call *call = arena_need(&arena, sizeof *call);
    memset(call, 0, sizeof *call);
    call->arena = arena;
    call->worker = o->worker;
    call->req = o->req;
    call->route = o->route;
    if (o->claims != NULL)
        call->claims = *o->claims;
    memcpy(call->arguments, o->arguments, sizeof call->arguments);
    call->vouch = o->vouch;
    call->accepted = clock_monotonic();
    call->deadline = call->accepted + o->route->deadline_ms * INT64_C(1000);
    list_append(&o->worker->calls, &call->link);

    struct tie *tie = h2o_mem_alloc_shared(&o->req->pool, sizeof *tie, on_req_disposed);
    tie->call = call;
    call->tie = tie;
    call_check(call);
    if (o->refusal == ERROR_NONE)
        o->begin(call);
    else
        call_problem(call, o->refusal, o->detail, NULL);
}

bool call_hold(struct call *call, size_t bytes)
{
    if (bytes <= call->held + HOLD_STEP_BYTES)
        return true;
    size_t more = (bytes - call->held) / HOLD_STEP_BYTES * HOLD_STEP_BYTES;
    if (!budget_hold(call->worker->answers, more, false))
        return false;
    call->held += more;
    call_check(call);
    return true;
}

static void call_let_go(struct call *call)
{
    if (call->held > 0)
        budget_release(call->worker->answers, call->held);
    call->held = 0;
}

static void call_end(struct call *call)
{
    call_check(call);
    call->phase = CALL_ENDED;
    call_let_go(call);
    counters_request(call->worker->counters, call->route, call->status, clock_monotonic() - call->accepted);
    if (call->req != NULL)
        call->tie->call = NULL;
    if (call->dispose != NULL)
        call->dispose(call->state);
    list_remove(&call->link);
    struct arena arena = call->arena;
    arena_free(&arena);
}

/* ---- what came ---- */

static char *percent_decode(struct call *call, const char *bytes, size_t len, char plus)
{
    char *out = call_copy(call, bytes, len), *to = out;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '%' && i + 2 < len && hex_read(bytes + i + 1, to, 1)) {
            to++;
            i += 2;
        } else {
            *to++ = bytes[i] == '+' ? plus : bytes[i];
        }
    }
    *to = '\0';
    return out;
}

const char *call_argument(struct call *call, size_t place)
{
    return percent_decode(call, call->arguments[place].base, call->arguments[place].len, '+');
}

/* The next name=value of the query. */
static bool query_next(h2o_iovec_t *rest, h2o_iovec_t *ret_name, h2o_iovec_t *ret_value)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->base, '&', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->base) : rest->len;
    const char *equals = memchr(rest->base, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - rest->base) : len;
    *ret_name = h2o_iovec_init(rest->base, name_len);
    *ret_value = equals != NULL ? h2o_iovec_init(equals + 1, len - name_len - 1) : h2o_iovec_init(NULL, 0);
    size_t step = len + (end != NULL);
    rest->base += step;
    rest->len -= step;
    return true;
}

static h2o_iovec_t query_of(const struct call *call)
{
    const h2o_req_t *req = call->req;
    if (req->query_at == SIZE_MAX)
        return h2o_iovec_init(NULL, 0);
    return h2o_iovec_init(req->path.base + req->query_at + 1, req->path.len - req->query_at - 1);
}

int call_query_only(struct call *call, const char *const allowed[])
{
    h2o_iovec_t rest = query_of(call), name, value;
    uint32_t seen = 0;
    while (query_next(&rest, &name, &value)) {
        size_t i = 0;
        while (allowed[i] != NULL && !h2o_memis(name.base, name.len, allowed[i], strlen(allowed[i])))
            i++;
        if (allowed[i] == NULL || (seen & 1u << i) != 0)
            return -1;
        seen |= 1u << i;
    }
    return 0;
}

bool call_takes_no_query(struct call *call)
{
    static const char *const nothing[] = {NULL};
    if (call_query_only(call, nothing) == 0)
        return true;
    call_problem(call, ERROR_INVALID, "This takes no query.", NULL);
    return false;
}

const char *call_query(struct call *call, const char *name)
{
    h2o_iovec_t rest = query_of(call), found, value;
    while (query_next(&rest, &found, &value)) {
        if (h2o_memis(found.base, found.len, name, strlen(name)))
            return value.base != NULL ? percent_decode(call, value.base, value.len, ' ') : "";
    }
    return NULL;
}

int call_query_int(struct call *call, const char *name, int64_t fallback, int64_t min, int64_t max,
                   int64_t *ret_value)
{
    const char *text = call_query(call, name);
    int64_t value = fallback;
    if (text != NULL) {
        char *end;
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 18 || text[digits] != '\0')
            return -1;
        value = strtoll(text, &end, 10);
        if (value < min || value > max)
            return -1;
    }
    *ret_value = value;
    return 0;
}

static ssize_t header_find(const struct call *call, const char *name, ssize_t after)
{
    if (call->req == NULL)
        return -1;
    size_t len = strlen(name);
    const h2o_token_t *token = h2o_lookup_token(name, len);
    const h2o_headers_t *headers = &call->req->headers;
    return token != NULL ? h2o_find_header(headers, token, after)
                         : h2o_find_header_by_str(headers, name, len, after);
}

h2o_iovec_t call_header(const struct call *call, const char *name)
{
    ssize_t at = header_find(call, name, -1);
    return at >= 0 ? call->req->headers.entries[at].value : h2o_iovec_init(NULL, 0);
}

bool call_header_is_repeated(const struct call *call, const char *name)
{
    ssize_t at = header_find(call, name, -1);
    return at >= 0 && header_find(call, name, at) >= 0;
}

bool call_charge(struct call *call, size_t amount)
{
    if (call->charged || call->req == NULL)
        return true;
    call->charged = true;
    if (rate_limit_client(call->worker, call->req, &call->claims, amount > 0 ? amount : 1))
        return true;
    call_problem(call, ERROR_TOO_MANY_REQUESTS, rate_limit_client_spent, NULL);
    return false;
}

/* ---- what goes back ---- */

/* The phrases of RFC 9110, 15, and RFC 6585, of what is answered here. */
static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *status_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return ""; /* RFC 9112, 4: it may be empty */
}

void call_set_header(struct call *call, const char *name, const char *value)
{
    if (call->req == NULL)
        return;
    h2o_iovec_t copy = h2o_strdup(&call->req->pool, value, SIZE_MAX);
    h2o_add_header_by_str(&call->req->pool, &call->req->res.headers, name, strlen(name), 1, NULL, copy.base,
                          copy.len);
}

void answer_write(h2o_req_t *req, int status, const char *content_type, const char *bytes, size_t len)
{
    req->res.status = status;
    req->res.reason = status_reason(status);
    req->res.content_length = status == 204 || status == 304 ? SIZE_MAX : len;
    if (content_type != NULL)
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, content_type,
                       strlen(content_type));
    h2o_send_inline(req, bytes, len);
}

/* An answer larger than this is handed over and not copied. */
enum { COPY_MAX = 4096 };

/* An answer that is handed over, until its reader has it. */
struct handed {
    struct budget *answers;
    char *bytes;
    size_t len;
};

static void on_handed_gone(void *slot)
{
    struct handed *handed = slot;
    budget_release(handed->answers, handed->len);
    free(handed->bytes);
}

/* From here on its answer alone ends the call, whatever becomes of the request meanwhile. */
static void call_answering(struct call *call, int status)
{
    call->status = status;
    call->abandon = NULL;
}

/* ${bytes} stay where they are. */
static void answer_send(struct call *call, int status, const char *content_type, h2o_iovec_t bytes)
{
    static h2o_generator_t generator; /* all is sent at once: nothing to proceed with */
    h2o_req_t *req = call->req;
    call_answering(call, status);
    guard_answering(req, bytes.len);
    req->res.status = status;
    req->res.reason = status_reason(status);
    req->res.content_length = bytes.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, content_type,
                   strlen(content_type));
    h2o_start_response(req, &generator);
    h2o_send(req, &bytes, 1, H2O_SEND_STATE_FINAL);
    call_end(call);
}

void call_answer_begins(struct call *call, int status)
{
    assert(call->req != NULL && call->status == 0);
    call->status = status;
    call->req->res.status = status;
    call->req->res.reason = status_reason(status);
}

void call_answer_ends(struct call *call)
{
    assert(call->status != 0);
    call_end(call);
}

static bool is_copied(const struct call *call, size_t len)
{
    const h2o_req_t *req = call->req;
    return req == NULL || len <= COPY_MAX ||
           h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));
}

void call_answer(struct call *call, int status, const char *content_type, const char *bytes, size_t len)
{
    if (!is_copied(call, len)) {
        struct buf copy;
        buf_init(&copy, len);
        buf_append(&copy, bytes, len);
        if (buf_failed(&copy))
            h2o_fatal("no memory");
        call_answer_buf(call, status, content_type, &copy);
        buf_free(&copy);
        return;
    }
    call_answering(call, status);
    if (call->req != NULL)
        answer_write(call->req, status, content_type, bytes, len);
    call_end(call);
}

void call_answer_static(struct call *call, int status, const char *content_type, const char *bytes,
                        size_t len)
{
    if (is_copied(call, len))
        call_answer(call, status, content_type, bytes, len);
    else
        answer_send(call, status, content_type, (h2o_iovec_t){(char *)(uintptr_t)bytes, len});
}

void call_answer_buf(struct call *call, int status, const char *content_type, struct buf *body)
{
    struct budget *answers = call->worker->answers;
    if (is_copied(call, body->len)) {
        call_answer(call, status, content_type, body->data != NULL ? body->data : "", body->len);
        return;
    }
    call_let_go(call); /* all that is left is the answer */
    if (!budget_hold(answers, body->len, route_writes(call->route))) {
        call_problem(call, ERROR_OVERLOADED, "Too many large answers wait to be read.", NULL);
        return;
    }
    struct handed *handed = h2o_mem_alloc_shared(&call->req->pool, sizeof *handed, on_handed_gone);
    *handed = (struct handed){answers, body->data, body->len};
    body->data = NULL;
    body->len = body->capacity = 0;
    answer_send(call, status, content_type, h2o_iovec_init(handed->bytes, handed->len));
}

void call_answer_json(struct call *call, int status, struct buf *body)
{
    if (buf_failed(body)) {
        buf_free(body);
        call_problem(call, ERROR_INTERNAL, "The answer does not fit.", NULL);
        return;
    }
    struct buf own = *body; /* where body lives may go with the call */
    buf_init(body, 0);
    call_answer_buf(call, status, "application/json", &own);
    buf_free(&own);
}

/* ---- problems ---- */

static h2o_iovec_t problem_bytes(struct buf *body, enum error e, const char *detail,
                                 const struct reader *faults, bool deny)
{
    buf_init(body, PROBLEM_MAX);
    (deny ? problem_write_deny : problem_write)(body, e, detail, faults);
    return buf_failed(body) ? h2o_iovec_init(H2O_STRLIT("")) : h2o_iovec_init(body->data, body->len);
}

/* With 429 http/rate_limit has told when. */
static void retry_tell(h2o_req_t *req, enum error e)
{
    if (error_status(e) == 503)
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_RETRY_AFTER, NULL, H2O_STRLIT("1"));
}

static void problem_send(h2o_req_t *req, enum error e, h2o_iovec_t bytes)
{
    int status = error_status(e);
    retry_tell(req, e);
    answer_write(req, status, "application/problem+json", bytes.base, bytes.len);
}

void problem_answer(h2o_req_t *req, enum error e, const char *detail, const struct reader *faults, bool deny)
{
    struct buf body;
    problem_send(req, e, problem_bytes(&body, e, detail, faults, deny));
    buf_free(&body);
}

void route_problem_answer(struct worker *worker, h2o_req_t *req, const struct route *route_or_null,
                          enum error e, const char *detail, const struct reader *faults)
{
    if (route_or_null != NULL && route_or_null->problem_headers != NULL)
        route_or_null->problem_headers(worker, req);
    if (route_or_null == NULL || route_or_null->problem == NULL) {
        problem_answer(req, e, detail, faults, route_or_null != NULL && route_or_null->is_check);
        return;
    }
    retry_tell(req, e);
    route_or_null->problem(worker, req, e);
}

/* Whether ${e} is a refusal before which the token must be vouched for. Not a limit: who is over it
 * must not cause a statement each. */
static bool needs_vouching(const struct call *call, enum error e)
{
    int status = error_status(e);
    return call->vouch != NULL && call->req != NULL && status >= 400 && status < 500 &&
           e != ERROR_INVALID_TOKEN && e != ERROR_TOO_MANY_REQUESTS;
}

/* Keeps what is to be said, and asks. */
static void call_refuse_later(struct call *call, enum error e, const char *detail,
                              const struct reader *faults)
{
    void (*vouch)(struct call * call) = call->vouch;
    struct buf body;
    h2o_iovec_t bytes = problem_bytes(&body, e, detail, faults, call->route->is_check);
    call->refusal_body = h2o_iovec_init(call_copy(call, bytes.base, bytes.len), bytes.len);
    buf_free(&body);
    call->refusal = e;
    call->phase = CALL_REFUSING;
    call->vouch = NULL;
    call_check(call);
    vouch(call);
}

void call_refuse(struct call *call)
{
    assert(call->phase == CALL_REFUSING);
    call_check(call);
    call_answering(call, error_status(call->refusal));
    if (call->req != NULL)
        problem_send(call->req, call->refusal, call->refusal_body);
    call_end(call);
}

void call_problem(struct call *call, enum error e, const char *detail, const struct reader *faults)
{
    call_check(call);
    if (call->phase == CALL_REFUSING && e != ERROR_INVALID_TOKEN) {
        call_refuse(call); /* nobody can be asked: what is wrong with the request stays so */
        return;
    }
    if (needs_vouching(call, e)) {
        call_refuse_later(call, e, detail, faults);
        return;
    }
    call_answering(call, error_status(e));
    if (call->req != NULL)
        route_problem_answer(call->worker, call->req, call->route, e, detail, faults);
    call_end(call);
}

void call_problem_untold(struct call *call, enum error e)
{
    call_problem(call, e == ERROR_OUTCOME_UNKNOWN ? ERROR_UNAVAILABLE : e, NULL, NULL);
}

void call_refuse_scope(struct call *call, const char *scopes)
{
    const char *detail = call->req != NULL ? challenge_scope(call->req, scopes) : NULL;
    call_problem(call, ERROR_INSUFFICIENT_SCOPE, detail, NULL);
}

void call_bad_body(struct call *call, const struct reader *faults)
{
    call_problem(call, reader_error(faults), NULL, faults);
}
