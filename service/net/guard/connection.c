/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/guard/guard_internal.h"
#include "net/guard/hpack_count.h"
#include "net/peers.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct token_rate frames_rate = TOKEN_RATE(FRAMES_MAX, FRAMES_MAX / FRAMES_PER_SECOND * SECOND),
                               resets_rate = TOKEN_RATE(RESETS_MAX, RESETS_MAX / RESETS_PER_SECOND * SECOND);

static __thread struct connection *current;

/* ---- what holds; the numbers are those of guard_internal.h ---- */

#ifdef AKKOORD_CHECKS
static void exchanges_check(const struct connection *c)
{
    size_t count = 0, live = 0, refused = 0;
    list_each(node, &c->exchanges)
    {
        const struct exchange *x = list_entry(node, struct exchange, link);
        assert(x->connection == c);
        exchange_check(x);
        count++;
        live += x->live;
        refused += x->refusal != ERROR_NONE;
    }
    assert(count == c->exchange_count && live == c->live && refused == c->refused); /* (1) (2) (3) */
}
#else
static void exchanges_check(const struct connection *c)
{
    (void)c;
}
#endif

/* (1) (2) (3), as far as no walk is needed. */
static bool counts_hold(const struct connection *c)
{
    return (c->exchange_count == 0) == list_empty(&c->exchanges) &&
           c->live <= (c->is_http2 ? c->exchange_count : 0) && c->refused <= c->exchange_count;
}

/* (4) */
static bool times_hold(const struct connection *c)
{
    int64_t now = c->guard->now;
    return c->opened <= c->active && c->active <= now && c->header_since <= now && c->frame_since <= now &&
           (c->is_http2 || c->frame_since == 0);
}

/* (5) */
static bool frames_hold(const struct connection *c)
{
    return c->frame_seen <= c->frame_count && c->frames_written <= c->socket->bytes_written;
}

/* (6) */
static bool linger_holds(const struct connection *c)
{
    return c->linger_fd < 0 || (c->is_unread && !c->is_http2 && c->loop != NULL);
}

/* (7) */
static bool peer_holds(const struct connection *c)
{
    return peer_connections(c->peer) >= 1 && (!c->has_token || c->has_request);
}

void connection_check(const struct connection *c)
{
    assert(counts_hold(c));
    assert(times_hold(c));
    assert(frames_hold(c));
    assert(linger_holds(c));
    assert(peer_holds(c));
    exchanges_check(c);
}

/* ---- its life ---- */

static bool is_attack(enum guard_cause cause)
{
    return cause == GUARD_HEADER || cause == GUARD_RESETS || cause == GUARD_FRAMES ||
           cause == GUARD_STREAMS || cause == GUARD_ENDLESS;
}

void connection_shut(struct connection *c, enum guard_cause cause)
{
    struct guard *g = c->guard;
    if (c->condemned)
        return;
    c->condemned = true;
    g->exchanges -= c->exchange_count;
    guard_count(g, cause);
    if (is_attack(cause))
        peers_fine(g->options.peers, c->peer, PEER_FLOOD, g->now);
    shutdown(h2o_socket_get_fd(c->socket), SHUT_RDWR);
    connection_check(c);
}

static void on_closed(void *data)
{
    struct connection *c = data;
    struct guard *g = c->guard;
    if (current == c)
        current = NULL;
    list_remove(&c->link);
    if (c->is_tls && !c->has_request)
        peers_fine(g->options.peers, c->peer, PEER_HANDSHAKE, g->now);
    peers_remove(g->options.peers, c->peer);
    if (c->linger_fd >= 0)
        linger_take(&g->lingering, c->loop, c->linger_fd, c->linger_bytes, g->now);
    free(c);
}

struct connection *connection_open(struct guard *g, h2o_socket_t *socket, struct peer *peer)
{
    struct connection *c = h2o_mem_alloc(sizeof *c);
    *c = (struct connection){.guard = g,
                             .socket = socket,
                             .peer = peer,
                             .linger_bytes = LINGER_BYTES_MAX,
                             .linger_fd = -1,
                             .opened = g->now,
                             .active = g->now};
    token_bucket_fill(&c->frames, &frames_rate, g->now);
    token_bucket_fill(&c->resets, &resets_rate, g->now);
    list_init(&c->exchanges);
    list_append(&g->connections, &c->link);
    socket->on_close.cb = on_closed;
    socket->on_close.data = c;
    connection_check(c);
    return c;
}

struct connection *connection_of(const h2o_socket_t *socket)
{
    return socket != NULL && socket->on_close.cb == on_closed ? socket->on_close.data : NULL;
}

struct connection *connection_current(void)
{
    return current;
}

bool connection_is_idle(const struct connection *c)
{
    if (c->is_http2 || list_empty(&c->exchanges))
        return c->live == 0;
    const struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    return h2o_socket_is_reading(c->socket) && x->req->timestamps.request_body_begin_at.tv_sec == 0;
}

bool connection_is_old(const struct connection *c)
{
    return c->guard->now - c->opened > CONNECTION_AGE_MS * INT64_C(1000);
}

/* ---- who comes in ---- */

static enum peers_answer admit(struct guard *g, const struct sockaddr *address, struct peer **ret_peer)
{
    struct peers *peers = g->options.peers;
    enum peers_answer answer = peers_add(peers, address, g->now, false, ret_peer);
    struct connection *idlest = answer == PEERS_FULL ? guard_idlest(g) : NULL;
    if (idlest == NULL)
        return answer;
    connection_shut(idlest, GUARD_EVICTED);
    return peers_add(peers, address, g->now, true, ret_peer);
}

static void turn_away(struct guard *g, enum peers_answer answer)
{
    static const enum guard_cause causes[] = {
        [PEERS_FULL] = GUARD_FULL, [PEERS_ADDRESS_FULL] = GUARD_ADDRESS, [PEERS_ARRIVALS] = GUARD_ARRIVALS};
    guard_count(g, causes[answer]);
    if (answer == PEERS_ARRIVALS && peers_arrivals_begin(g->options.peers, g->now))
        log_warn("guard.arrivals",
                 "option=AKKOORD_ARRIVALS reason=\"an address opens more connections a second "
                 "than it may: /metrics counts what is turned away\"");
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
    enum peers_answer answer = admit(g, address, &peer);
    if (answer == PEERS_ADDED) {
        *ret_socket = h2o_evloop_socket_create(h2o_socket_get_loop(listener), fd,
                                               H2O_SOCKET_FLAG_IS_ACCEPTED_CONNECTION);
        h2o_socket_setpeername(*ret_socket, address, len);
        connection_open(g, *ret_socket, peer);
    } else {
        close(fd);
        *ret_socket = NULL;
        turn_away(g, answer);
    }
    return true;
}

/* ---- reading ---- */

void connection_reading(struct connection *c, h2o_socket_cb read)
{
    c->read = read;
    c->is_tls = c->socket->ssl != NULL;
    if (current == NULL)
        current = c;
    if (c->is_http2 || list_empty(&c->exchanges))
        return;

    /* HTTP/1.1 waits for a request, for the first time or after an answer: its time runs from here. */
    struct exchange *x = list_entry(c->exchanges.next, struct exchange, link);
    if (x->due == INT64_MAX) {
        c->active = c->header_since = c->guard->now;
        x->due = c->guard->now + EXCHANGE_MS * INT64_C(1000);
    }
    connection_check(c);
}

/* A frame that does not end is as slow a header (Slowloris): the time runs from the first byte that no frame
 * has taken. */
static void inspect_http2(struct connection *c)
{
    if (c->socket->input->size == 0)
        c->frame_since = 0;
    else if (c->frame_since == 0 || c->frame_seen != c->frame_count)
        c->frame_since = c->guard->now;
    c->frame_seen = c->frame_count;
    connection_check(c);
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
        inspect_http2(c);
    else
        exchange_inspect_http1(c);
}

void connection_closing(struct connection *c)
{
    if (!c->is_unread || c->is_http2 || c->condemned || c->linger_fd >= 0)
        return;
    c->loop = h2o_socket_get_loop(c->socket);
    c->linger_fd = fcntl(h2o_socket_get_fd(c->socket), F_DUPFD_CLOEXEC, 0);
    connection_check(c);
}

/* ---- frames of HTTP/2 ---- */

/* Floods of PING, SETTINGS, PRIORITY, empty DATA and the like (CVE-2019-9512, 9515, 9518): each is cheap to
 * send and is answered or looked at. RFC 9113, 10.5, leaves it to us to call it ENHANCE_YOUR_CALM. Who asks
 * much and reads much sends many WINDOW_UPDATEs: these are earned, which is only reckoned when the bucket is
 * empty. */
bool connection_frame_spend(struct connection *c)
{
    int64_t now = c->guard->now;
    if (token_bucket_take(&c->frames, &frames_rate, 1, now, NULL))
        return true;

    uint64_t written = c->socket->bytes_written;
    uint64_t earned =
        c->frames_requests * FRAMES_PER_REQUEST + (written - c->frames_written) / ANSWER_BYTES_PER_FRAME;
    c->frames_requests = 0;
    c->frames_written = written;
    token_bucket_give(&c->frames, &frames_rate, earned, now);
    if (token_bucket_take(&c->frames, &frames_rate, 1, now, NULL))
        return true;
    connection_shut(c, GUARD_FRAMES);
    return false;
}

/* libh2o prints a line on stderr for each frame that it does not know (RFC 9113, 5.5: to be ignored). An
 * answer to a PING it passes over in silence. */
static void frame_ignore(struct guard_frame *frame)
{
    static const uint8_t payload[PING_BYTES];
    *frame =
        (struct guard_frame){.length = PING_BYTES, .type = FRAME_PING, .flags = FLAG_ACK, .payload = payload};
}

/* Room for one more stream of ${c}, which may be the one that has to go. */
static bool stream_fits(struct connection *c)
{
    struct guard *g = c->guard;
    if (g->exchanges >= g->exchanges_max && c->exchange_count >= EXCHANGES_SPARED)
        connection_shut(guard_longest_open(g), GUARD_STREAMS);
    return !c->condemned;
}

/* A block of fields (RFC 9113, 6.2 and 6.10): one that goes on in CONTINUATIONs for ever, full or empty
 * (CVE-2024-27316), is bounded in bytes, in time (the sweep) and in frames. */
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
        connection_shut(c, GUARD_HEADER);
        return false;
    }
    return frame->type == FRAME_HEADERS || connection_frame_spend(c);
}

bool connection_frame(struct connection *c, struct guard_frame *frame)
{
    /* The preface: what was read so far might have been the line of a request of HTTP/1.1. */
    if (!c->is_http2)
        c->header_since = 0;
    c->is_http2 = true;
    c->frame_count++;
    connection_check(c);
    if (c->condemned)
        return false;

    if (frame->type == FRAME_HEADERS || frame->type == FRAME_CONTINUATION)
        return header_frame(c, frame);
    if (frame->type == FRAME_DATA && (frame->length > 0 || (frame->flags & FLAG_END_STREAM) != 0))
        return true; /* connection_body looks at it */
    if (frame->type > FRAME_CONTINUATION)
        frame_ignore(frame);
    return connection_frame_spend(c);
}

/* A bomb (CVE-2016-6581): references of one byte each to a large entry of the table (RFC 7541, 7.3). Counted
 * before anything is decoded. */
bool connection_header_block(struct connection *c, const uint8_t *block, size_t len)
{
    if (hpack_count(block, len, HEADER_FIELDS_MAX) <= HEADER_FIELDS_MAX)
        return true;
    connection_shut(c, GUARD_HEADER);
    return false;
}

/* Rapid reset (CVE-2023-44487), and what makes us reset (CVE-2025-8671, "MadeYouReset"): a stream that is
 * reset is not counted by SETTINGS_MAX_CONCURRENT_STREAMS any more, its call runs on. */
void connection_reset(struct connection *c)
{
    if (!c->condemned && !token_bucket_take(&c->resets, &resets_rate, 1, c->guard->now, NULL))
        connection_shut(c, GUARD_RESETS);
}
