/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/list.h"
#include "loop/loop.h"
#include "net/guard/guard.h"
#include "net/guard/linger.h"
#include "net/token_bucket.h"

/* What connection.c, exchange.c, sweep.c and interpose.c share. A connection is a client's socket; an
 * exchange is a request and its answer on it.
 *
 * A connection is opened by guard_accept and lives until libh2o frees its socket (on_close). Between the two
 * it may be condemned, once and for good: its socket is shut down, libh2o finds that out at its next read or
 * write and frees what belongs to it. Until then it is a connection of which nothing is judged, that costs
 * nobody, and that the sweep passes over.
 *
 * An exchange is made when libh2o initializes a request: on HTTP/1.1 while it waits for one, on HTTP/2 with
 * the stream. It goes with the request's memory. On HTTP/1.1 there is one at a time (two for an instant where
 * `Upgrade` makes one HTTP/2), the first of the list is the one that is read.
 *
 * What holds after each step, of a connection c (connection_check):
 * (1) c->exchange_count is the length of c->exchanges, which are in the order they began.
 * (2) c->live counts those of them with `live`: whose header came on HTTP/2. On HTTP/1.1 it is 0.
 * (3) c->refused counts those of them with a refusal. It is what spares a request the search where nothing
 *     was refused.
 * (4) c->opened <= c->active <= the guard's now. c->header_since and c->frame_since are 0 or not later than
 *     now; c->frame_since is 0 on HTTP/1.1.
 * (5) c->frame_seen <= c->frame_count; c->frames_written <= what the socket has written.
 * (6) c->linger_fd is set by connection_closing alone, on HTTP/1.1, where the answer went before all of the
 *     request came (c->is_unread); c->loop is then set too. on_closed hands it on.
 * (7) c->peer has at least this one connection. c->has_token only after c->has_request.
 * ... of an exchange x (exchange_check):
 * (8) x->live: its stream is known, its time is running, and only then what comes of its body is counted
 *     (x->received).
 * (9) While it is not refused: x->received is within x->allowed and x->declared, and what of it is beyond
 *     HELD_APART_BYTES is counted in the budget of bodies (x->held).
 * (10) x->is_unreadable only with a refusal.
 * ... and of a guard g (guard_check):
 * (11) g->exchanges is the sum of exchange_count of its connections that are not condemned.
 * (12) The sum of all x->held is no more than the budget of bodies holds: other threads hold the rest.
 * (13) g->shut_logged <= g->shut, of each cause.
 *
 * Builds for debugging and the sanitizers (AKKOORD_CHECKS) walk the lists; a release checks what takes no
 * walk. */

enum { HELD_APART_BYTES = 4096 /* of a body, or of input: not counted one by one */ };

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

struct connection {
    struct list link;
    struct guard *guard;
    h2o_socket_t *socket;
    struct peer *peer;
    h2o_socket_cb read; /* what libh2o wants called */
    bool is_http2;      /* from its first frame on */
    bool is_tls;
    bool has_request;    /* one reached its handler */
    bool has_token;      /* ... with a valid token */
    bool condemned;      /* see above; set by connection_shut alone */
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
    size_t frames_requests;  /* requests since frames were last earned */
    uint64_t frames_written; /* what the socket had written then */
    struct token_bucket frames, resets;
    size_t live;    /* exchanges whose header came on HTTP/2 */
    size_t refused; /* exchanges with a refusal */
    struct list exchanges;
    size_t exchange_count;
};

struct exchange {
    struct list link;
    struct connection *connection;
    h2o_req_t *req;
    uint32_t stream_id; /* HTTP/2 */
    bool live;          /* HTTP/2: its header has come */
    int64_t begun;
    int64_t due;     /* the last byte of the answer has gone by then; INT64_MAX: its header has not begun */
    size_t declared; /* content-length; SIZE_MAX: none */
    size_t received; /* bytes of body; HTTP/2 */
    size_t held;     /* bytes counted in the budget of bodies; on HTTP/1.1 with the header */
    size_t allowed;  /* bytes; SIZE_MAX: not judged yet */
    enum error refusal; /* whatever the route says */
    bool is_unreadable;
};

/* ---- connection.c ---- */

/* The connection of a socket, or NULL: not a client's. */
struct connection *connection_of(const h2o_socket_t *socket);
/* The connection whose input libh2o is reading on this thread, or NULL. connection_read sets it and takes it
 * back. Where reading is begun outside of one, connection_reading sets it and the next connection_read takes
 * it back: with `Upgrade` libh2o goes on at once with the HTTP/2 that came behind the request. It is never a
 * connection that is gone. */
struct connection *connection_current(void);

/* A connection of ${socket}, whose ${peer} has been counted. */
struct connection *connection_open(struct guard *g, h2o_socket_t *socket, struct peer *peer);
/* Condemns it. Nothing when it is condemned already. */
void connection_shut(struct connection *c, enum guard_cause cause);
/* Whether nothing is lost when it is shut: no request has come, or not to the end of its header. */
bool connection_is_idle(const struct connection *c);
bool connection_is_old(const struct connection *c);
/* Aborts where (1) to (10) do not hold. */
void connection_check(const struct connection *c);

/* Reading begins: ${read} is to be called. */
void connection_reading(struct connection *c, h2o_socket_cb read);
/* Something has come: calls what reads it, and then looks at what it left. */
void connection_read(struct connection *c, const char *err);
/* libh2o is about to close it. */
void connection_closing(struct connection *c);

/* A frame of HTTP/2 as libh2o has it (h2o/http2_internal.h, which needs a header that Debian does not
 * ship). */
struct guard_frame {
    uint32_t length;
    uint8_t type;
    uint8_t flags;
    uint32_t stream_id;
    const uint8_t *payload;
};
struct guard_payload {
    const uint8_t *data;
    size_t length;
};
/* Frames of HTTP/2 (RFC 9113, 6). */
enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_PING = 6, FRAME_CONTINUATION = 9 };
enum { FLAG_ACK = 1, FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, PING_BYTES = 8 };

/* Each returns false when the connection must end. A frame of an unknown kind becomes one that is ignored in
 * silence. */
bool connection_frame(struct connection *c, struct guard_frame *frame);
bool connection_header_block(struct connection *c, const uint8_t *block, size_t len);
/* Of a frame that carries nothing. */
bool connection_frame_spend(struct connection *c);
/* A stream was reset, by either side. */
void connection_reset(struct connection *c);

/* ---- exchange.c ---- */

/* A request begins, or waits to. */
void connection_request(struct connection *c, h2o_req_t *req);
/* A request (NULL: the one of HTTP/1.1 whose header is being read) cannot be read, or is larger than libh2o
 * takes: so it is answered, and with that a connection of HTTP/1.1 ends. */
void connection_refuse(struct connection *c, const h2o_req_t *req_or_null, enum error e);
/* The header, or the trailer, of ${req} was read on HTTP/2. ${declared} is its content-length, SIZE_MAX:
 * none; it becomes SIZE_MAX: the guard compares it with what came, and answers, where libh2o would reset the
 * stream. */
void connection_header(struct connection *c, h2o_req_t *req, size_t *declared, bool is_trailer);
/* Takes out of ${payload} what is not to be kept. */
void connection_body(struct connection *c, const struct guard_frame *frame, struct guard_payload *payload);
/* The header of a request of HTTP/1.1 has come, with a body of so many bytes; SIZE_MAX: it does not say. */
void connection_declared(struct connection *c, size_t size);
/* Whether its client, who asks first (`Expect: 100-continue`), is to send the body. Else the request has been
 * answered. */
bool connection_continue(struct connection *c);
/* Looks at what libh2o left unread on HTTP/1.1: a header, or a body that is not whole. */
void exchange_inspect_http1(struct connection *c);
/* Whether one has had all the time there is for it. */
bool exchange_is_overdue(const struct exchange *x, int64_t now);
void exchange_check(const struct exchange *x);

/* ---- sweep.c: what is found by looking at all connections ---- */

/* Who is shut where there is no room for another connection: of those who have the most, the one that has
 * been idle longest. NULL: none is idle. */
struct connection *guard_idlest(struct guard *g);
/* Likewise for another stream: of those with more streams than they are sure of, the connection whose first
 * one has been open longest; who takes what they asked for is done with it in an instant. Never NULL while
 * there is such a connection. */
struct connection *guard_longest_open(struct guard *g);
/* One more turned away or shut. */
void guard_count(struct guard *g, enum guard_cause cause);
/* Aborts where (1) to (13) do not hold. */
void guard_check(const struct guard *g);
