/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/limits.h"
#include "net/budget.h"
#include "net/guard/guard_internal.h"
#include "net/peers.h"

#include "address.h"
#include <sys/socket.h>
#include <unistd.h>

/* A guard with one connection, as if its client had come from 192.0.2.1, and requests that libh2o never
 * sees. */
static struct loop *loop;
static struct networks *networks;
static struct peers *peers;
static struct budget bodies;
static struct guard *guard;
static struct connection *connection;
static int client; /* the other end */
static size_t body_max;
static int body_max_asked;

static size_t body_max_tell(void *cookie, const h2o_req_t *req)
{
    (void)cookie;
    (void)req;
    body_max_asked++;
    return body_max;
}

static inline struct connection *connection_make(int *ret_client)
{
    int fds[2];
    struct peer *peer;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    cr_assert_eq(peers_add(peers, at("192.0.2.1"), guard->now, false, &peer), PEERS_ADDED);
    *ret_client = fds[1];
    return connection_open(guard, h2o_evloop_socket_create(loop_h2o(loop), fds[0], H2O_SOCKET_FLAG_DONT_READ),
                           peer);
}

static void guarded_make(void)
{
    loop = loop_create();
    networks = networks_create("");
    peers = peers_create(&(struct peers_options){
        .connections_max = 100, .connections_per_address = 100, .arrivals = 200, .networks = networks});
    bodies = (struct budget){.max = 1024 * 1024};
    body_max = 256 * 1024;
    body_max_asked = 0;
    guard = guard_create(&(struct guard_options){
        .loop = loop, .peers = peers, .bodies = &bodies, .threads = 1, .body_max = body_max_tell});
    connection = connection_make(&client);
}

/* A frame of HTTP/2 has been read. */
static inline bool frame_give(uint8_t type, uint8_t flags, uint32_t stream_id, uint32_t length)
{
    struct guard_frame frame = {.type = type, .flags = flags, .stream_id = stream_id, .length = length};
    return connection_frame(connection, &frame);
}

/* A request of HTTP/2 whose header says that ${declared} bytes come; SIZE_MAX: it does not say. */
static inline void request_give(h2o_req_t *req, uint32_t stream_id, size_t declared)
{
    memset(req, 0, sizeof *req);
    h2o_mem_init_pool(&req->pool);
    cr_assert(frame_give(FRAME_HEADERS, FLAG_END_HEADERS, stream_id, 10));
    connection_request(connection, req);
    connection_header(connection, req, &declared, false);
    cr_assert_eq(declared, SIZE_MAX, "libh2o is not to compare it too");
}
