/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "net/guard/guard_cause.h"

#include <h2o.h>
#include <stdbool.h>

/* What libh2o 2.2.5 does not do for itself: limits on what a connection may cost, whatever a client sends
 * (header bombs, resets, floods of frames, slow or endless bodies, answers that nobody reads). One guard a
 * loop thread. It hears of connections from the server, and of what they send from net/guard/interpose. */
struct guard;
struct budget;
struct loop;
struct peers;

/* All must outlive the guard. */
struct guard_options {
    struct loop *loop;
    struct peers *peers;   /* of all threads */
    struct budget *bodies; /* likewise: bodies that are being read, and of running calls */
    unsigned threads;      /* that share what is limited in all */
    /* Bytes that the body of a request may have whose header is there: 0 when it will be refused whatever the
     * body. */
    size_t (*body_max)(void *cookie, const h2o_req_t *req);
    void *cookie;
};

/* Aborts when memory has run out: it is called at start-up only. */
struct guard *guard_create(const struct guard_options *options);
/* What belongs to connections goes with them, and they with the process. */
void guard_destroy(struct guard *guard);

/* How many connections were turned away or shut for ${cause} since the start. From any thread. */
uint64_t guard_shut_count(const struct guard *guard, enum guard_cause cause);

/* The next connection that waits on ${listener} and may stay. Returns false when none waits; where one was
 * turned away, ${ret_socket} is NULL. */
bool guard_accept(struct guard *guard, h2o_socket_t *listener, h2o_socket_t **ret_socket);

/* Why a request that reached its handler must be refused all the same, or ERROR_NONE. Asked before the body
 * is looked at: where the guard refused it, there is none. The last request of an old connection of HTTP/1.1
 * is told so. */
enum error guard_refusal(h2o_req_t *req);
/* Whether that is because the request's header cannot be read: nothing is known of it. */
bool guard_is_unreadable(h2o_req_t *req);
/* Its token is valid: with the first one of a connection, that connection does not count as a new one of its
 * address any more. */
void guard_authorized(const h2o_req_t *req);
/* An answer of ${len} bytes is about to be sent: its reader gets the time for it. For what is large. */
void guard_answering(const h2o_req_t *req, size_t len);
