/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "body.h"
#include "latency.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { STATUS_MAX = 600, KINDS_MAX = 4 };

/* One kind of request, and how many of it there are beside the others'. */
struct kind {
    const char *path;
    unsigned share;
    struct body_plan body;
};

/* What all clients of a run share; theirs to read until they have ended. */
struct client_plan {
    struct sockaddr_in address;
    const char *authority; /* host:port */
    const char *content_type;
    const char *authorization;    /* NULL: none */
    const char *origin;           /* likewise */
    unsigned streams;             /* requests in flight on a connection */
    struct kind kinds[KINDS_MAX]; /* mixed as if drawn */
    unsigned kind_count, shares;  /* ... of all together */
    uint64_t count;               /* requests in all; 0: until the time is up */
    uint64_t start_ns, stop_ns;   /* CLOCK_MONOTONIC; after stop_ns nothing new is asked */
    _Atomic uint64_t *next;       /* number of the next request */
};

struct client_result {
    uint64_t in_time;            /* answers 2xx before stop_ns */
    uint64_t last_ns;            /* when the last of them came */
    uint64_t status[STATUS_MAX]; /* answers, those after stop_ns too */
    uint64_t lost;               /* requests without an answer */
    uint64_t reconnects;
    struct latency latency; /* of all answers */
};

/* Keeps ${connections} connections busy, each with plan->streams requests in flight, until the plan's
 * count or time is up and what is in flight is answered (at most CLIENT_DRAIN_NS longer). Runs on the
 * caller's thread. A connection that the server closes is made anew. Returns false with a line on stderr
 * when a connection cannot be made. */
#define CLIENT_DRAIN_NS 10000000000u
bool client_run(const struct client_plan *plan, unsigned connections, struct client_result *ret_result);

uint64_t now_ns(void);
