/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/guard.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "loop/loop.h"
#include "net/door.h"
#include "net/guard/hpack_count.h"
#include "net/guard/linger.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames of HTTP/2 (RFC 9113, 6). */
enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_PING = 6, FRAME_CONTINUATION = 9 };
enum { FLAG_ACK = 1, FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, PING_BYTES = 8 };

enum {
    SWEEP_MS = 1000,
    HELD_APART_BYTES = 4096 /* of a body, or of input: not counted one by one */
};

struct guard {
    struct guard_options options;
    struct loop_pulse pulse;
    struct list connections; /* in the order they came */
    int64_t now;             /* of clock_monotonic, as of the last beat: times here are of seconds */
    int64_t swept;
    size_t exchanges, exchanges_max;          /* of this thread, but for those of condemned connections */
    _Atomic uint64_t shut[GUARD_CAUSE_COUNT]; /* written by this thread alone */
    uint64_t shut_logged[GUARD_CAUSE_COUNT];  /* of these, when the log last told */
    struct linger_list lingering;
};

/* What may be spent at once, and comes back with time. */
struct bucket {
    uint32_t left;
    int64_t filled; /* when */
};

struct connection {
    struct list link;
    struct guard *guard;
    h2o_socket_t *socket;
    struct peer *peer;
    h2o_socket_cb read; /* what libh2o wants called */
    bool is_http2;
    bool is_tls;
    bool has_asked; /* a request reached its handler */
    bool condemned;
    bool is_unread;      /* answered before all of the request has come */
    size_t linger_bytes; /* bytes that may be left of it */
    int linger_fd;       /* its descriptor once more, when it is about to be closed and is_unread; else -1 */
    h2o_loop_t *loop;    /* where linger_fd is set */
    int64_t opened;
    int64_t active;          /* a request began; on HTTP/1.1: an answer ended */
    int64_t header_since;    /* a header is being read; 0: none */
    int64_t frame_since;     /* likewise a frame */
    uint64_t frame_count;    /* frames that came */
    uint64_t frame_seen;     /* ... when frame_since was set */
    size_t header_bytes;     /* of the block being read */
    uint32_t header_stream;  /* its stream */
    size_t requests_earning; /* since the bucket of frames was filled */
    size_t written_earning;  /* bytes_written then */
    struct bucket frames, resets;
    size_t live;   /* exchanges whose header has come */
    size_t marked; /* exchanges with a refusal */
    struct list exchanges;
    size_t exchange_count;
};

/* A request and its answer. It lives in the request's pool, and goes with it. */
struct exchange {
    struct list link;
    struct connection *connection;
    h2o_req_t *req;
    uint32_t stream_id;
    bool live;
    int64_t begun;
    int64_t due;        /* the last byte of the answer has gone by then */
    size_t declared;    /* content-length; SIZE_MAX: none */
    size_t came;        /* bytes of body */
    size_t held;        /* ... of these, as counted at the door; on HTTP/1.1 with the header */
    size_t allowed;     /* bytes; SIZE_MAX: not judged yet */
    enum error refusal; /* whatever the route says */
    bool is_unreadable;
};

static __thread struct connection *current;

/* ---- shutting ---- */

static void turned_away(struct guard *g, enum guard_cause cause)
{
    atomic_fetch_add_explicit(&g->shut[cause], 1, memory_order_relaxed);
}

uint64_t guard_shut_count(const struct guard *g, enum guard_cause cause)
{
    return atomic_load_explicit(&g->shut[cause], memory_order_relaxed);
}

static bool is_attack(enum guard_cause cause)
{
    return cause == GUARD_HEADER || cause == GUARD_RESETS || cause == GUARD_FRAMES ||
           cause == GUARD_STREAMS || cause == GUARD_ENDLESS;
}

/* libh2o finds it out at the next read or write, and frees what belongs to it. */
static void shut(struct connection *c, enum guard_cause cause)
{
    if (c->condemned)
        return;
    c->condemned = true;
    c->guard->exchanges -= c->exchange_count;
    turned_away(c->guard, cause);
    if (is_attack(cause))
        door_fine(c->guard->options.door, c->peer, ARRIVALS_PER_FLOOD, clock_monotonic());
    shutdown(h2o_socket_get_fd(c->socket), SHUT_RDWR);
}

static bool bucket_take(struct bucket *b, uint32_t max, uint32_t per_second, size_t earned, int64_t now)
{
    if (b->left == 0) {
        uint64_t refill = (uint64_t)(now - b->filled) * per_second / SECOND + earned;
        b->left = refill < max ? (uint32_t)refill : max;
        b->filled = now;
    }
    if (b->left == 0)
        return false;
    b->left--;
    return true;
}

/* A frame that carries nothing. */
static bool frame_spend(struct connection *c)
{
    size_t earned = 0;
    if (c->frames.left == 0) {
        earned = c->requests_earning * FRAMES_PER_REQUEST +
                 (c->socket->bytes_written - c->written_earning) / ANSWER_BYTES_PER_FRAME;
        c->requests_earning = 0;
        c->written_earning = c->socket->bytes_written;
    }
    if (bucket_take(&c->frames, FRAMES_MAX, FRAMES_PER_SECOND, earned, c->guard->now))
        return true;
    shut(c, GUARD_FRAMES);
    return false;
}

/* ---- exchanges ---- */

static void on_exchange_gone(void *slot)
{
    struct exchange *x = slot;
    struct connection *c = x->connection;
    list_remove(&x->link);
    c->exchange_count--;
    c->guard->exchanges -= !c->condemned;
    c->live -= x->live;
    c->marked -= x->refusal != ERROR_NONE;
    if (x->held > 0)
        door_release(c->guard->options.door, x->held);
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

static void exchange_refuse(struct exchange *x, enum error e)
{
    x->connection->marked += x->refusal == ERROR_NONE;
    x->refusal = e;
}

/* Whether the body may go on, now that ${came} bytes of it are there. */
static bool exchange_judge(struct exchange *x, size_t came)
{
    const struct guard *guard = x->connection->guard;
    if (x->refusal != ERROR_NONE)
        return false;
    if (came > UNJUDGED_BODY_BYTES && x->allowed == SIZE_MAX)
        x->allowed = guard->options.body_max(guard->options.cookie, x->req);
    if (came > x->allowed)
        exchange_refuse(x, ERROR_TOO_LARGE);
    return x->refusal == ERROR_NONE;
}

/* Counts what is there of a body, beyond a little that everybody has. */
static bool exchange_hold(struct exchange *x, size_t size)
{
    if (size <= x->held + HELD_APART_BYTES)
        return true;
    if (!door_hold(x->connection->guard->options.door, size - x->held))
        return false;
    x->held = size;
    return true;
}

/* ---- HTTP/1.1 ---- */

/* Answers before the body is there, the way libh2o does it where a body is too large for it: the handler refuses, and the
 * connection ends with the answer. */
static void http1_refuse(struct exchange *x, enum error e)
{
    h2o_socket_t *socket = x->connection->socket;
    if (socket->_cb.write != NULL)
        return; /* "100 Continue" is on its way: when more has come */
    exchange_refuse(x, e);
    x->connection->is_unread = true;
    h2o_socket_read_stop(socket);
    x->req->http1_is_persistent = 0;
    h2o_process_request(x->req);
}

void connection_refuse(struct connection *c, const h2o_req_t *req_or_null, enum error e)
{
    if (list_empty(&c->exchanges))
        return;
    struct exchange *x = req_or_null != NULL ? exchange_of(c, req_or_null)
                                             : list_entry(c->exchanges.next, struct exchange, link);
    if (x == NULL)
        return;
    x->is_unreadable = e != ERROR_TOO_LARGE;
    c->is_unread = true;
    exchange_refuse(x, e);
}

void connection_declared(struct connection *c, size_t size)
{
    c->linger_bytes = size <= DROPPED_BODY_BYTES_MAX ? size : LINGER_BYTES_MAX;
}

void connection_closing(struct connection *c)
{
    if (!c->is_unread || c->is_http2 || c->condemned || c->linger_fd >= 0)
        return;
    c->loop = h2o_socket_get_loop(c->socket);
    c->linger_fd = fcntl(h2o_socket_get_fd(c->socket), F_DUPFD_CLOEXEC, 0);
}

/* After libh2o has looked at all that came. */
static void http1_look(struct connection *c)
{
    if (list_empty(&c->exchanges))
        return; /* TLS is being spoken */
    struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    size_t size = c->socket->input->size;
    bool is_reading = h2o_socket_is_reading(c->socket),
         is_body = x->req->timestamps.request_body_begin_at.tv_sec != 0;
    bool fits = exchange_hold(x, size);
    if (!is_reading || x->refusal != ERROR_NONE)
        return;
    if (!is_body && (size > HEADER_BLOCK_BYTES_MAX || !fits))
        shut(c, fits ? GUARD_HEADER : GUARD_BODIES);
    else if (is_body && !fits)
        http1_refuse(x, ERROR_OVERLOADED);
    else if (is_body && size > UNJUDGED_BODY_BYTES + HEADER_BLOCK_BYTES_MAX &&
             !exchange_judge(x, size - HEADER_BLOCK_BYTES_MAX))
        http1_refuse(x, ERROR_TOO_LARGE);
}

/* ---- HTTP/2 ---- */

static void http2_look(struct connection *c)
{
    if (c->socket->input->size == 0)
        c->frame_since = 0;
    else if (c->frame_since == 0 || c->frame_seen != c->frame_count)
        c->frame_since = c->guard->now;
    c->frame_seen = c->frame_count;
}

/* libh2o prints a line on stderr for each frame that it does not know. An answer to a PING it passes over in silence. */
static void frame_silence(struct guard_frame *frame)
{
    static const uint8_t payload[PING_BYTES];
    *frame =
        (struct guard_frame){.length = PING_BYTES, .type = FRAME_PING, .flags = FLAG_ACK, .payload = payload};
}

/* Of those with more streams than they are sure of, the connection whose first one has been open longest: who takes what he asked for is
 * done with it in an instant. Never NULL while there is such a connection. */
static struct connection *hoarder_find(struct guard *g)
{
    struct connection *found = NULL;
    int64_t oldest = INT64_MAX;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        if (c->condemned || c->exchange_count < EXCHANGES_SPARED)
            continue;
        int64_t begun = list_entry(c->exchanges.next, struct exchange, link)->begun;
        if (begun >= oldest)
            continue;
        found = c;
        oldest = begun;
    }
    return found;
}

/* Room for one more stream of ${c}, which may be the one that has to go. */
static bool stream_fits(struct connection *c)
{
    struct guard *g = c->guard;
    if (g->exchanges >= g->exchanges_max && c->exchange_count >= EXCHANGES_SPARED)
        shut(hoarder_find(g), GUARD_STREAMS);
    return !c->condemned;
}

static bool header_frame(struct connection *c, const struct guard_frame *frame)
{
    if (frame->type == FRAME_HEADERS) {
        c->header_bytes = 0;
        c->header_since = c->guard->now;
        c->header_stream = frame->stream_id;
        if (!stream_fits(c))
            return false;
    }
    c->header_bytes += frame->length;
    if ((frame->flags & FLAG_END_HEADERS) != 0)
        c->header_since = 0;
    if (c->header_bytes > HEADER_BLOCK_BYTES_MAX) {
        shut(c, GUARD_HEADER);
        return false;
    }
    return frame->type == FRAME_HEADERS || frame_spend(c);
}

bool connection_frame(struct connection *c, struct guard_frame *frame)
{
    if (!c->is_http2)
        c->header_since = 0; /* of the request that the first line might have been */
    c->is_http2 = true;
    c->frame_count++;
    if (c->condemned)
        return false;
    if (frame->type == FRAME_HEADERS || frame->type == FRAME_CONTINUATION)
        return header_frame(c, frame);
    if (frame->type == FRAME_DATA && (frame->length > 0 || (frame->flags & FLAG_END_STREAM) != 0))
        return true;
    if (frame->type > FRAME_CONTINUATION)
        frame_silence(frame);
    return frame_spend(c);
}

bool connection_header_block(struct connection *c, const uint8_t *block, size_t len)
{
    if (hpack_count(block, len, HEADER_FIELDS_MAX) <= HEADER_FIELDS_MAX)
        return true;
    shut(c, GUARD_HEADER);
    return false;
}

static void body_ended(struct exchange *x)
{
    if (x->refusal == ERROR_NONE && x->declared != SIZE_MAX && x->came != x->declared)
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
    x->live = true;
    c->live++;
    c->requests_earning++;
    c->active = c->guard->now;
    x->due = c->guard->now + EXCHANGE_MS * INT64_C(1000);
    x->stream_id = c->header_stream;
    x->declared = *declared;
    *declared = SIZE_MAX;
}

void connection_body(struct connection *c, const struct guard_frame *frame, struct guard_payload *payload)
{
    struct exchange *x = exchange_of_stream(c, frame->stream_id);
    if (x == NULL) { /* answered or reset already */
        frame_spend(c);
        return;
    }
    x->came += payload->length;
    /* What is announced is taken at once: of those who come together some get their way, where all would be refused half-way. */
    size_t coming = x->declared != SIZE_MAX && x->came > UNJUDGED_BODY_BYTES ? x->declared : x->came;
    if (exchange_judge(x, x->came) && exchange_judge(x, coming) && !exchange_hold(x, coming))
        exchange_refuse(x, ERROR_OVERLOADED);
    if (x->refusal != ERROR_NONE)
        payload->length = 0;
    if (x->came > DROPPED_BODY_BYTES_MAX)
        shut(c, GUARD_ENDLESS);
    if ((frame->flags & FLAG_END_STREAM) != 0)
        body_ended(x);
}

void connection_reset(struct connection *c)
{
    if (!c->condemned && !bucket_take(&c->resets, RESETS_MAX, RESETS_PER_SECOND, 0, c->guard->now))
        shut(c, GUARD_RESETS);
}

/* ---- connections ---- */

struct connection *connection_current(void)
{
    return current;
}

static void on_closed(void *data)
{
    struct connection *c = data;
    if (current == c)
        current = NULL;
    list_remove(&c->link);
    if (c->is_tls && !c->has_asked)
        door_fine(c->guard->options.door, c->peer, ARRIVALS_PER_HANDSHAKE, c->guard->now);
    door_leave(c->guard->options.door, c->peer);
    if (c->linger_fd >= 0)
        linger_take(&c->guard->lingering, c->loop, c->linger_fd, c->linger_bytes, c->guard->now);
    free(c);
}

struct connection *connection_of(const h2o_socket_t *socket)
{
    return socket != NULL && socket->on_close.cb == on_closed ? socket->on_close.data : NULL;
}

void connection_reading(struct connection *c, h2o_socket_cb read)
{
    c->read = read;
    c->is_tls = c->socket->ssl != NULL;
    if (current == NULL)
        current =
            c; /* HTTP/2 by way of `Upgrade` goes on with what came behind the request, outside of connection_read */
    if (c->is_http2 || list_empty(&c->exchanges))
        return;
    struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    if (x->due == INT64_MAX) {
        c->active = c->header_since = c->guard->now;
        x->due = c->guard->now + EXCHANGE_MS * INT64_C(1000);
    }
}

void connection_read(struct connection *c, const char *err)
{
    current = c;
    c->read(c->socket, err);
    if (current == NULL)
        return; /* it is closed */
    current = NULL;
    if (c->condemned || err != NULL)
        return;
    if (c->is_http2)
        http2_look(c);
    else
        http1_look(c);
}

/* Whether nothing is lost when it is shut: no request has come, or not to the end of its header. */
static bool is_idle(const struct connection *c)
{
    if (c->is_http2 || list_empty(&c->exchanges))
        return c->live == 0;
    const struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    return h2o_socket_is_reading(c->socket) && x->req->timestamps.request_body_begin_at.tv_sec == 0;
}

/* Of whom has the most connections, the one that has been idle longest. */
static struct connection *eviction_find(struct guard *g)
{
    struct connection *found = NULL;
    unsigned most = 0;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        unsigned of_peer = peer_connections(c->peer);
        if (c->condemned || !is_idle(c) || of_peer < most)
            continue;
        if (found == NULL || of_peer > most || c->active < found->active)
            found = c;
        most = of_peer;
    }
    return found;
}

static enum door_answer enter(struct guard *g, const struct sockaddr *address, struct peer **ret_peer)
{
    struct door *door = g->options.door;
    enum door_answer answer = door_enter(door, address, g->now, false, ret_peer);
    struct connection *idle = answer == DOOR_FULL ? eviction_find(g) : NULL;
    if (idle == NULL)
        return answer;
    shut(idle, GUARD_EVICTED);
    return door_enter(door, address, g->now, true, ret_peer);
}

static void welcome(struct guard *g, h2o_socket_t *socket, struct peer *peer)
{
    struct connection *c = h2o_mem_alloc(sizeof *c);
    *c = (struct connection){.guard = g,
                             .socket = socket,
                             .peer = peer,
                             .linger_bytes = LINGER_BYTES_MAX,
                             .linger_fd = -1,
                             .opened = g->now,
                             .active = g->now,
                             .frames = {FRAMES_MAX, g->now},
                             .resets = {RESETS_MAX, g->now}};
    list_init(&c->exchanges);
    list_append(&g->connections, &c->link);
    socket->on_close.cb = on_closed;
    socket->on_close.data = c;
}

/* As h2o_evloop_socket_accept; who may not stay costs no more than this. */
bool guard_accept(struct guard *g, h2o_socket_t *listener, h2o_socket_t **ret_socket)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr *address = (struct sockaddr *)&storage;
    socklen_t len = sizeof storage;
    int fd = accept4(h2o_socket_get_fd(listener), address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    struct peer *peer;
    enum door_answer answer = enter(g, address, &peer);
    if (answer == DOOR_OPEN) {
        *ret_socket = h2o_evloop_socket_create(h2o_socket_get_loop(listener), fd,
                                               H2O_SOCKET_FLAG_IS_ACCEPTED_CONNECTION);
        h2o_socket_setpeername(*ret_socket, address, len);
        welcome(g, *ret_socket, peer);
    } else {
        close(fd);
        *ret_socket = NULL;
        turned_away(g, answer == DOOR_FULL ? GUARD_FULL : GUARD_ADDRESS);
    }
    return true;
}

/* ---- what the routes ask ---- */

static bool is_old(const struct connection *c)
{
    return c->guard->now - c->opened > CONNECTION_AGE_MS * INT64_C(1000);
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
    struct connection *c = connection_of(req->conn->callbacks->get_socket(req->conn));
    if (c != NULL)
        c->has_asked = true;
    if (header_size(req) > HEADER_BYTES_MAX)
        return ERROR_HEADERS_TOO_LARGE;
    if (c == NULL)
        return ERROR_NONE;
    if (is_old(c))
        req->http1_is_persistent = 0;
    if (c->marked == 0)
        return ERROR_NONE;
    const struct exchange *x = exchange_of(c, req);
    return x != NULL ? x->refusal : ERROR_NONE;
}

bool guard_is_unreadable(h2o_req_t *req)
{
    const struct connection *c = connection_of(req->conn->callbacks->get_socket(req->conn));
    const struct exchange *x = c != NULL && c->marked > 0 ? exchange_of(c, req) : NULL;
    return x != NULL && x->is_unreadable;
}

void guard_answering(const h2o_req_t *req, size_t len)
{
    const struct connection *c = connection_of(req->conn->callbacks->get_socket(req->conn));
    struct exchange *x = c != NULL ? exchange_of(c, req) : NULL;
    if (x != NULL && x->due != INT64_MAX)
        x->due += (int64_t)(len / ANSWER_BYTES_PER_MS) * 1000;
}

/* ---- what time tells ---- */

static bool is_over(int64_t since, int64_t now, int64_t max_ms)
{
    return since != 0 && now - since > max_ms * 1000;
}

/* Whether room is taken for a body of HTTP/2 that does not come. */
static bool is_body_behind(const struct exchange *x, int64_t now)
{
    int64_t ms = (now - x->begun) / 1000 - BODY_START_MS;
    return x->live && x->held > x->came && ms > 0 &&
           (int64_t)x->came < (int64_t)x->held * ms / BODY_TIMEOUT_MS;
}

static bool is_exchange_overdue(const struct connection *c)
{
    list_each(node, &c->exchanges)
    {
        const struct exchange *x = list_entry(node, struct exchange, link);
        if (c->guard->now > x->due || is_body_behind(x, c->guard->now))
            return true;
    }
    return false;
}

static void connection_sweep(struct connection *c, int64_t now)
{
    bool idle = is_idle(c);
    if ((c->is_http2 || idle) &&
        (is_over(c->header_since, now, HEADER_TIMEOUT_MS) || is_over(c->frame_since, now, HEADER_TIMEOUT_MS)))
        shut(c, GUARD_SLOW_HEADER);
    else if (is_exchange_overdue(c))
        shut(c, GUARD_SLOW_EXCHANGE);
    else if (idle && is_over(c->active, now, PING_ONLY_MS))
        shut(c, GUARD_IDLE);
    else if (idle && is_old(c))
        shut(c, GUARD_OLD);
}

static void shut_log(struct guard *g)
{
    char text[320];
    int len = 0;
    for (size_t i = 0; i < GUARD_CAUSE_COUNT; i++) {
        uint64_t all = guard_shut_count(g, (enum guard_cause)i), fresh = all - g->shut_logged[i];
        if (fresh > 0)
            len += snprintf(text + len, sizeof text - (size_t)len, "%s%s=%llu", len > 0 ? " " : "",
                            guard_cause_word((enum guard_cause)i), (unsigned long long)fresh);
        g->shut_logged[i] = all;
    }
    if (len > 0)
        log_warn("guard.shut", "%s", text);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct guard *g = list_entry(pulse, struct guard, pulse);
    g->now = clock_monotonic();
    if (g->now - g->swept < SWEEP_MS * 1000)
        return;
    g->swept = g->now;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        if (!c->condemned)
            connection_sweep(c, g->now);
    }
    linger_sweep(&g->lingering, g->now);
    shut_log(g);
}

struct guard *guard_create(const struct guard_options *options)
{
    struct guard *g = h2o_mem_alloc(sizeof *g);
    *g = (struct guard){.options = *options,
                        .now = clock_monotonic(),
                        .exchanges_max = EXCHANGES_MAX / (options->threads > 0 ? options->threads : 1)};
    list_init(&g->connections);
    linger_init(&g->lingering);
    loop_pulse_start(options->loop, &g->pulse, on_beat);
    return g;
}

void guard_destroy(struct guard *g)
{
    loop_pulse_stop(&g->pulse);
    linger_end(&g->lingering);
}
