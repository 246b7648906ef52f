/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "net/budget.h"
#include "net/guard/guard_internal.h"
#include "net/peers.h"

#include <assert.h>

/* ---- what holds; the numbers are those of guard_internal.h ---- */

/* (8) */
static bool life_holds(const struct exchange *x)
{
    bool is_begun = x->connection->is_http2 && x->due != INT64_MAX;
    return x->begun <= x->connection->guard->now && (x->live ? is_begun : x->received == 0);
}

/* (9) (10) */
static bool body_holds(const struct exchange *x)
{
    size_t kept = x->held + HELD_APART_BYTES;
    return x->refusal != ERROR_NONE || (x->received <= x->allowed && x->received <= x->declared &&
                                        x->received <= kept && !x->is_unreadable);
}

void exchange_check(const struct exchange *x)
{
    assert(life_holds(x));
    assert(body_holds(x));
}

/* ---- its life ---- */

static void on_exchange_gone(void *slot)
{
    struct exchange *x = slot;
    struct connection *c = x->connection;
    list_remove(&x->link);
    c->exchange_count--;
    c->guard->exchanges -= !c->condemned;
    c->live -= x->live;
    c->refused -= x->refusal != ERROR_NONE;
    if (x->held > 0)
        budget_release(c->guard->options.bodies, x->held);
    connection_check(c);
}

void connection_request(struct connection *c, h2o_req_t *req)
{
    struct exchange *x = h2o_mem_alloc_shared(&req->pool, sizeof *x, on_exchange_gone);
    *x = (struct exchange){.connection = c,
                           .req = req,
                           .begun = c->guard->now,
                           .due = INT64_MAX,
                           .declared = SIZE_MAX,
                           .allowed = SIZE_MAX};
    list_append(&c->exchanges, &x->link);
    c->exchange_count++;
    c->guard->exchanges += !c->condemned;
    connection_check(c);
}

/* The newest first: it is the one that is asked for most. */
static struct exchange *exchange_of(const struct connection *c, const h2o_req_t *req)
{
    for (struct list *node = c->exchanges.prev; node != &c->exchanges; node = node->prev) {
        struct exchange *x = list_entry(node, struct exchange, link);
        if (x->req == req)
            return x;
    }
    return NULL;
}

static struct exchange *exchange_of_stream(const struct connection *c, uint32_t stream_id)
{
    for (struct list *node = c->exchanges.prev; node != &c->exchanges; node = node->prev) {
        struct exchange *x = list_entry(node, struct exchange, link);
        if (x->stream_id == stream_id && x->live)
            return x;
    }
    return NULL;
}

/* ---- judging: what is refused stays so ---- */

static void exchange_refuse(struct exchange *x, enum error e)
{
    x->connection->refused += x->refusal == ERROR_NONE;
    x->refusal = e;
}

/* Whether the body may go on, now that ${size} bytes of it are there or announced: its route, token and size
 * are looked at. */
static bool exchange_judge(struct exchange *x, size_t size)
{
    const struct guard *guard = x->connection->guard;
    if (x->refusal != ERROR_NONE)
        return false;
    if (x->allowed == SIZE_MAX)
        x->allowed = guard->options.body_max(guard->options.cookie, x->req);
    if (size > x->allowed)
        exchange_refuse(x, ERROR_TOO_LARGE);
    return x->refusal == ERROR_NONE;
}

/* Counts what is there of a body, beyond a little that everybody has. */
static bool exchange_hold(struct exchange *x, size_t size)
{
    if (size <= x->held + HELD_APART_BYTES)
        return true;
    if (!budget_hold(x->connection->guard->options.bodies, size - x->held, false))
        return false;
    x->held = size;
    return true;
}

void connection_refuse(struct connection *c, const h2o_req_t *req_or_null, enum error e)
{
    if (list_empty(&c->exchanges))
        return;
    struct exchange *x = req_or_null != NULL ? exchange_of(c, req_or_null)
                                             : list_entry(c->exchanges.next, struct exchange, link);
    if (x == NULL)
        return;
    exchange_refuse(x, e);
    x->is_unreadable = e != ERROR_TOO_LARGE;
    c->is_unread = true;
    connection_check(c);
}

/* ---- HTTP/1.1 ---- */

/* Answers before the body is there, the way libh2o does it where a body is too large for it: the handler
 * refuses, and the connection ends with the answer. */
static void refuse_http1(struct exchange *x, enum error e)
{
    h2o_socket_t *socket = x->connection->socket;
    if (socket->_cb.write != NULL)
        return; /* "100 Continue" is on its way: when more has come */
    exchange_refuse(x, e);
    x->connection->is_unread = true;
    connection_check(x->connection);
    h2o_socket_read_stop(socket);
    x->req->http1_is_persistent = 0;
    h2o_process_request(x->req);
}

void connection_declared(struct connection *c, size_t size)
{
    c->linger_bytes = size <= DROPPED_BODY_BYTES_MAX ? size : LINGER_BYTES_MAX;
    if (!list_empty(&c->exchanges))
        list_entry(c->exchanges.next, struct exchange, link)->declared = size;
}

bool connection_continue(struct connection *c)
{
    struct exchange *x =
        list_empty(&c->exchanges) ? NULL : list_entry(c->exchanges.next, struct exchange, link);
    if (x == NULL || exchange_judge(x, x->declared != SIZE_MAX ? x->declared : 1))
        return true;
    refuse_http1(x, x->refusal);
    return false;
}

/* libh2o keeps all of a request in its input until it is whole. A body whose length is too large is refused
 * with its header. */
void exchange_inspect_http1(struct connection *c)
{
    connection_check(c);
    if (list_empty(&c->exchanges))
        return; /* TLS is being spoken */
    struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    size_t size = c->socket->input->size;
    bool is_reading = h2o_socket_is_reading(c->socket),
         is_body = x->req->timestamps.request_body_begin_at.tv_sec != 0;
    size_t expected = x->declared;
    if (expected == SIZE_MAX)
        expected = size > HEADER_BLOCK_BYTES_MAX ? size - HEADER_BLOCK_BYTES_MAX : 0;
    bool fits = exchange_hold(x, size);
    if (!is_reading || x->refusal != ERROR_NONE)
        return;

    if (!is_body && (size > HEADER_BLOCK_BYTES_MAX || !fits))
        connection_shut(c, fits ? GUARD_HEADER : GUARD_BODIES);
    else if (is_body && !fits)
        refuse_http1(x, ERROR_OVERLOADED);
    else if (is_body && expected > UNJUDGED_BODY_BYTES && !exchange_judge(x, expected))
        refuse_http1(x, ERROR_TOO_LARGE);
}

/* ---- HTTP/2 ---- */

/* RFC 9113, 8.1.1: content-length is the sum of the DATA. */
static void body_ended(struct exchange *x)
{
    if (x->refusal == ERROR_NONE && x->declared != SIZE_MAX && x->received != x->declared)
        exchange_refuse(x, ERROR_BAD_REQUEST);
}

void connection_header(struct connection *c, h2o_req_t *req, size_t *declared, bool is_trailer)
{
    struct exchange *x = exchange_of(c, req);
    if (x == NULL)
        return;
    if (is_trailer) {
        body_ended(x);
        return;
    }

    /* The stream is open, and its time runs. */
    x->live = true;
    c->live++;
    c->frames_requests++;
    c->active = c->guard->now;
    x->due = c->guard->now + EXCHANGE_MS * INT64_C(1000);
    x->stream_id = c->header_stream;
    x->declared = *declared;
    *declared = SIZE_MAX;
    connection_check(c);
}

/* A body that was refused is read on and dropped: its client hears the answer when it has sent all (RFC 9113,
 * 8.1), and one that goes on for ever is shut. */
void connection_body(struct connection *c, const struct guard_frame *frame, struct guard_payload *payload)
{
    struct exchange *x = exchange_of_stream(c, frame->stream_id);
    if (x == NULL) { /* answered or reset already */
        connection_frame_spend(c);
        return;
    }
    x->received += payload->length;
    if (x->received > x->declared && x->refusal == ERROR_NONE)
        exchange_refuse(x, ERROR_BAD_REQUEST);

    /* What is announced is taken at once: of those who come together some get their way, where all would be
     * refused half-way. */
    bool is_little = x->received <= UNJUDGED_BODY_BYTES;
    size_t expected = x->declared != SIZE_MAX && !is_little ? x->declared : x->received;
    if ((is_little || exchange_judge(x, expected)) && x->refusal == ERROR_NONE && !exchange_hold(x, expected))
        exchange_refuse(x, ERROR_OVERLOADED);
    if (x->refusal != ERROR_NONE)
        payload->length = 0;

    if (x->received > DROPPED_BODY_BYTES_MAX)
        connection_shut(c, GUARD_ENDLESS);
    if ((frame->flags & FLAG_END_STREAM) != 0)
        body_ended(x);
    connection_check(c);
}

/* ---- what the routes ask ---- */

static struct connection *connection_of_req(const h2o_req_t *req)
{
    return connection_of(req->conn->callbacks->get_socket(req->conn));
}

static size_t header_size(const h2o_req_t *req)
{
    size_t size = req->input.path.len + req->input.authority.len;
    for (size_t i = 0; i < req->headers.size; i++)
        size += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
    return size;
}

enum error guard_refusal(h2o_req_t *req)
{
    struct connection *c = connection_of_req(req);
    if (c != NULL)
        c->has_request = true;
    if (header_size(req) > HEADER_BYTES_MAX)
        return ERROR_HEADERS_TOO_LARGE;
    if (c == NULL)
        return ERROR_NONE;
    if (connection_is_old(c))
        req->http1_is_persistent = 0;
    if (c->refused == 0)
        return ERROR_NONE;
    const struct exchange *x = exchange_of(c, req);
    return x != NULL ? x->refusal : ERROR_NONE;
}

void guard_authorized(const h2o_req_t *req)
{
    struct connection *c = connection_of_req(req);
    if (c == NULL || c->has_token)
        return;
    c->has_token = true;
    peers_arrival_return(c->guard->options.peers, c->peer, c->guard->now);
}

bool guard_is_unreadable(h2o_req_t *req)
{
    const struct connection *c = connection_of_req(req);
    const struct exchange *x = c != NULL && c->refused > 0 ? exchange_of(c, req) : NULL;
    return x != NULL && x->is_unreadable;
}

void guard_answering(const h2o_req_t *req, size_t len)
{
    const struct connection *c = connection_of_req(req);
    struct exchange *x = c != NULL ? exchange_of(c, req) : NULL;
    if (x != NULL && x->due != INT64_MAX)
        x->due += (int64_t)(len / ANSWER_BYTES_PER_MS) * 1000;
}

/* ---- what time tells ---- */

/* Whether room is taken for a body of HTTP/2 that does not come (slow POST). */
static bool is_body_behind(const struct exchange *x, int64_t now)
{
    int64_t ms = (now - x->begun) / 1000 - BODY_START_MS;
    return x->live && x->held > x->received && ms > 0 &&
           (int64_t)x->received < (int64_t)x->held * ms / BODY_TIMEOUT_MS;
}

bool exchange_is_overdue(const struct exchange *x, int64_t now)
{
    return now > x->due || is_body_behind(x, now);
}
