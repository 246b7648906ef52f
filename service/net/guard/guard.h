/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "base/list.h"
#include "net/guard/guard_cause.h"

#include <h2o.h>
#include <stdbool.h>

/* What libh2o 2.2.5 does not do for itself: limits on what a connection may cost, whatever a client sends (header bombs, resets, floods
 * of frames, slow or endless bodies, answers that nobody reads). One guard a loop thread. It hears of connections from the
 * server, and of what they send from http/interpose. */
struct guard;
struct door;
struct loop;

/* All must outlive the guard. */
struct guard_options {
    struct loop *loop;
    struct door *door; /* of all threads */
    unsigned threads;  /* that share what is limited in all */
    /* Bytes that the body of a request may have whose header is there: 0 when it will be refused whatever the body. */
    size_t (*body_max)(void *cookie, const h2o_req_t *req);
    void *cookie;
};

/* Aborts when memory has run out: it is called at start-up only. */
struct guard *guard_create(const struct guard_options *options);
/* What belongs to connections goes with them, and they with the process. */
void guard_destroy(struct guard *guard);

/* How many connections were turned away or shut for ${cause} since the start. From any thread. */
uint64_t guard_shut_count(const struct guard *guard, enum guard_cause cause);

/* The next connection that waits on ${listener} and may stay. Returns false when none waits; where one was turned away, ${ret_socket} is
 * NULL. */
bool guard_accept(struct guard *guard, h2o_socket_t *listener, h2o_socket_t **ret_socket);

/* Why a request that reached its handler must be refused all the same, or ERROR_NONE. Asked before the body is looked at: where the guard
 * refused it, there is none. The last request of an old connection of HTTP/1.1 is told so. */
enum error guard_refusal(h2o_req_t *req);
/* Whether that is because the request's header cannot be read: nothing is known of it. */
bool guard_is_unreadable(h2o_req_t *req);
/* An answer of ${len} bytes is about to be sent: its reader gets the time for it. For what is large. */
void guard_answering(const h2o_req_t *req, size_t len);

/* ---- for http/interpose ---- */

struct connection;

/* A frame of HTTP/2 as libh2o has it (h2o/http2_internal.h, which needs a header that Debian does not ship). */
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

/* The connection of a socket, or NULL: not a client's. */
struct connection *connection_of(const h2o_socket_t *socket);
/* Reading begins: ${read} is to be called. */
void connection_reading(struct connection *c, h2o_socket_cb read);
/* Something has come: calls what reads it, and then looks at what it left. */
void connection_read(struct connection *c, const char *err);
/* The connection whose input is being read on this thread, or NULL. */
struct connection *connection_current(void);

/* A request begins, or waits to. */
void connection_request(struct connection *c, h2o_req_t *req);
/* A request (NULL: the one of HTTP/1.1 whose header is being read) cannot be read, or is larger than libh2o takes: so it is answered, and
 * with that a connection of HTTP/1.1 ends. */
void connection_refuse(struct connection *c, const h2o_req_t *req_or_null, enum error e);
/* The header of a request of HTTP/1.1 has come, with a body of so many bytes; SIZE_MAX: it does not say. */
void connection_declared(struct connection *c, size_t size);
/* libh2o is about to close it. */
void connection_closing(struct connection *c);
/* Each returns false when the connection must end. A frame of an unknown kind becomes one that is ignored in silence. */
bool connection_frame(struct connection *c, struct guard_frame *frame);
bool connection_header_block(struct connection *c, const uint8_t *block, size_t len);
/* The header, or the trailer, of ${req} was read. ${declared} is its content-length, SIZE_MAX: none; it becomes SIZE_MAX: the
 * guard compares it with what came, and answers, where libh2o would reset the stream. */
void connection_header(struct connection *c, h2o_req_t *req, size_t *declared, bool is_trailer);
/* Takes out of ${payload} what is not to be kept. */
void connection_body(struct connection *c, const struct guard_frame *frame, struct guard_payload *payload);
void connection_reset(struct connection *c);
