/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    OUT_BYTES = 256 * 1024,
    FRAME_BYTES_MAX = 16 * 1024 + 9, /* SETTINGS_MAX_FRAME_SIZE as h2o leaves it, and the frame's head */
    WINDOW = 16 * 1024 * 1024,       /* the client never holds an answer back */
    REFUSAL_BYTES = 300              /* shown of the first answer that is not 2xx */
};

/* One request in flight, and its slot when it is answered. */
struct exchange {
    struct connection *connection;
    struct exchange *next_idle;
    uint64_t started_ns;
    unsigned status;
    size_t body_len, body_sent;
    char content_length[24];
    char *body;
};

struct connection {
    struct client *client;
    int fd;
    bool leaving; /* the server said GOAWAY: no new requests */
    nghttp2_session *session;
    struct exchange *exchanges, *idle;
    unsigned in_flight;
    size_t out_len;
    uint32_t watched;
    char out[OUT_BYTES];
};

struct client {
    const struct client_plan *plan;
    struct client_result *result;
    nghttp2_session_callbacks *callbacks;
    int epoll;
    unsigned in_flight;
    bool finished; /* count or time is up */
    bool refusal_shown;
};

uint64_t now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* ---- requests ---- */

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value),
                        .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static ssize_t on_body_wanted(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room,
                              uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct exchange *x = source->ptr;
    size_t len = x->body_len - x->body_sent;
    (void)session, (void)stream, (void)user;
    if (len > room)
        len = room;
    memcpy(out, x->body + x->body_sent, len);
    x->body_sent += len;
    if (x->body_sent == x->body_len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static const struct kind *kind_of(const struct client_plan *plan, uint64_t n)
{
    const struct kind *kind = plan->kinds;
    for (uint64_t left = scatter(n) % plan->shares; left >= kind->share; kind++)
        left -= kind->share;
    return kind;
}

static void exchange_submit(struct exchange *x, uint64_t n)
{
    struct connection *c = x->connection;
    const struct client_plan *plan = c->client->plan;
    const struct kind *kind = kind_of(plan, n);
    x->status = 0;
    x->body_sent = 0;
    x->body_len = body_write(&kind->body, n, x->body);
    snprintf(x->content_length, sizeof x->content_length, "%zu", x->body_len);
    nghttp2_nv fields[] = {field(":method", "POST"),
                           field(":scheme", "http"),
                           field(":authority", plan->authority),
                           field(":path", kind->path),
                           field("content-type", plan->content_type),
                           field("content-length", x->content_length),
                           field("", ""),
                           field("", "")};
    size_t len = sizeof fields / sizeof *fields - 2;
    if (plan->authorization != NULL)
        fields[len++] = field("authorization", plan->authorization);
    if (plan->origin != NULL)
        fields[len++] = field("origin", plan->origin);
    nghttp2_data_provider body = {.source.ptr = x, .read_callback = on_body_wanted};
    if (nghttp2_submit_request(c->session, NULL, fields, len, &body, x) < 0) {
        c->client->result->lost++;
        c->leaving = true; /* out of stream numbers: the next connection has them again */
        x->next_idle = c->idle;
        c->idle = x;
        return;
    }
    c->in_flight++;
    c->client->in_flight++;
}

/* Fills the connection up with requests, as far as the plan goes. */
static void connection_feed(struct connection *c, uint64_t now)
{
    struct client *client = c->client;
    const struct client_plan *plan = client->plan;
    while (c->idle != NULL && !c->leaving && !client->finished) {
        uint64_t n = now < plan->stop_ns ? atomic_fetch_add_explicit(plan->next, 1, memory_order_relaxed) : 0;
        if (now >= plan->stop_ns || (plan->count != 0 && n >= plan->count)) {
            client->finished = true;
            return;
        }
        struct exchange *x = c->idle;
        c->idle = x->next_idle;
        x->started_ns = now;
        exchange_submit(x, n);
    }
}

/* ---- answers ---- */

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    (void)flags, (void)user, (void)value_len;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0) {
        struct exchange *x = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        unsigned long status = strtoul((const char *)value, NULL, 10);
        if (x != NULL && status < STATUS_MAX)
            x->status = (unsigned)status;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t len,
                   void *user)
{
    struct connection *c = user;
    struct exchange *x = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags;
    if (x != NULL && x->status / 100 != 2 && !c->client->refusal_shown) {
        c->client->refusal_shown = true;
        fprintf(stderr, "bench_load: refused with %u: %.*s\n", x->status,
                (int)(len < REFUSAL_BYTES ? len : REFUSAL_BYTES), (const char *)data);
    }
    return 0;
}

static int on_stream_end(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
    struct connection *c = user;
    struct client_result *result = c->client->result;
    struct exchange *x = nghttp2_session_get_stream_user_data(session, stream);
    uint64_t now = now_ns();
    if (x == NULL)
        return 0;
    if (error == NGHTTP2_NO_ERROR && x->status != 0) {
        result->status[x->status]++;
        latency_add(&result->latency, now - x->started_ns);
        if (x->status / 100 == 2 && now <= c->client->plan->stop_ns) {
            result->in_time++;
            result->last_ns = now;
        }
    } else {
        result->lost++;
    }
    c->in_flight--;
    c->client->in_flight--;
    x->next_idle = c->idle;
    c->idle = x;
    connection_feed(c, now);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct connection *c = user;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        c->leaving = true;
    return 0;
}

/* ---- connections ---- */

static void connection_watch(struct connection *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (c->watched == events)
        return;
    epoll_ctl(c->client->epoll, c->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c->fd, &event);
    c->watched = events;
}

/* Gathers frames and writes them in one call. Returns false when the connection is broken. */
static bool connection_flush(struct connection *c)
{
    for (;;) {
        const uint8_t *data;
        ssize_t len = 0;
        while (c->out_len + FRAME_BYTES_MAX <= OUT_BYTES &&
               (len = nghttp2_session_mem_send(c->session, &data)) > 0) {
            memcpy(c->out + c->out_len, data, (size_t)len);
            c->out_len += (size_t)len;
        }
        if (len < 0)
            return false;
        if (c->out_len == 0)
            break;
        ssize_t written = write(c->fd, c->out, c->out_len);
        if (written < 0 && errno != EAGAIN)
            return false;
        if (written <= 0)
            break;
        c->out_len -= (size_t)written;
        memmove(c->out, c->out + written, c->out_len);
    }
    connection_watch(c, c->out_len > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return true;
}

static bool connection_open(struct connection *c)
{
    int on = 1;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW}};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd == -1 ||
        connect(c->fd, (const struct sockaddr *)&c->client->plan->address, sizeof(struct sockaddr_in)) != 0) {
        perror("bench_load: connect");
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (nghttp2_session_client_new(&c->session, c->client->callbacks, c) != 0)
        return false;
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
    c->leaving = false;
    c->out_len = 0;
    c->watched = 0;
    for (unsigned i = 0; i < c->client->plan->streams; i++)
        c->exchanges[i].next_idle = i == 0 ? NULL : &c->exchanges[i - 1];
    c->idle = &c->exchanges[c->client->plan->streams - 1];
    connection_feed(c, now_ns());
    return connection_flush(c);
}

static void connection_close(struct connection *c)
{
    c->client->result->lost += c->in_flight;
    c->client->in_flight -= c->in_flight;
    c->in_flight = 0;
    nghttp2_session_del(c->session);
    c->session = NULL;
    close(c->fd);
}

/* Returns false when the connection is over: closed, broken, or left by the server with all answered. */
static bool connection_turn(struct connection *c, uint32_t events)
{
    static _Thread_local uint8_t in[READ_BYTES];
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        ssize_t len = recv(c->fd, in, sizeof in, MSG_DONTWAIT);
        if (len == 0 || (len < 0 && errno != EAGAIN))
            return false;
        if (len > 0 && nghttp2_session_mem_recv(c->session, in, (size_t)len) < 0)
            return false;
    }
    return connection_flush(c) && !(c->leaving && c->in_flight == 0);
}

static bool connection_init(struct connection *c, struct client *client)
{
    const struct client_plan *plan = client->plan;
    size_t bytes = 0;
    for (unsigned i = 0; i < plan->kind_count; i++) {
        size_t most = body_bytes_max(&plan->kinds[i].body);
        bytes = most > bytes ? most : bytes;
    }
    c->client = client;
    c->exchanges = calloc(plan->streams, sizeof *c->exchanges);
    for (unsigned i = 0; c->exchanges != NULL && i < plan->streams; i++) {
        c->exchanges[i].connection = c;
        if ((c->exchanges[i].body = malloc(bytes)) == NULL)
            return false;
    }
    return c->exchanges != NULL && connection_open(c);
}

/* ---- the client ---- */

static bool client_turn(struct client *client)
{
    struct epoll_event events[64];
    int n = epoll_wait(client->epoll, events, 64, 100);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (connection_turn(c, events[i].events))
            continue;
        connection_close(c);
        client->result->reconnects++;
        if (!connection_open(c))
            return false;
    }
    return true;
}

static nghttp2_session_callbacks *callbacks_new(void)
{
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_end);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    return callbacks;
}

static void connections_free(struct connection *all, unsigned connections, unsigned streams)
{
    for (unsigned i = 0; i < connections; i++) {
        if (all[i].session != NULL)
            connection_close(&all[i]);
        for (unsigned k = 0; all[i].exchanges != NULL && k < streams; k++)
            free(all[i].exchanges[k].body);
        free(all[i].exchanges);
    }
    free(all);
}

bool client_run(const struct client_plan *plan, unsigned connections, struct client_result *ret_result)
{
    struct client client = {.plan = plan, .result = ret_result, .callbacks = callbacks_new()};
    struct connection *all = calloc(connections, sizeof *all);
    client.epoll = epoll_create1(EPOLL_CLOEXEC);
    bool good = all != NULL && client.callbacks != NULL && client.epoll != -1;
    for (unsigned i = 0; good && i < connections; i++)
        good = connection_init(&all[i], &client);
    while (good && (!client.finished || client.in_flight > 0) && now_ns() < plan->stop_ns + CLIENT_DRAIN_NS) {
        good = client_turn(&client);
        client.finished = client.finished || now_ns() >= plan->stop_ns;
    }
    if (all != NULL)
        connections_free(all, connections, plan->streams);
    nghttp2_session_callbacks_del(client.callbacks);
    close(client.epoll);
    return good;
}
