/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

#include <stddef.h>
#include <stdint.h>

/* What one worker counts: written by its thread, read by the one that answers /metrics (http/exposition).
 * Nothing in it tells a controller, a subject or a client. */
struct counters;
struct route;

enum {
    COUNTERS_ROUTES_MAX = 128,               /* rows of a table of routes */
    COUNTERS_NO_ROUTE = COUNTERS_ROUTES_MAX, /* the row of requests for which no route was found */
    COUNTERS_ROWS,
    COUNTERS_STATUSES = 22,
    COUNTERS_BUCKETS = 14
};

/* The statuses this service answers; 0 stands for a request whose stream was reset. */
extern const int counters_statuses[COUNTERS_STATUSES];
/* Upper bounds of the latency's buckets, in microseconds. One more bucket holds what took longer. */
extern const int64_t counters_bounds[COUNTERS_BUCKETS];

/* ${routes}: the table whose places number the rows. Never freed: it counts for
 * as long as the process lives. */
struct counters *counters_create(const struct route *routes);

/* A request was answered, or dropped (status 0). ${route} NULL: no route was found. */
void counters_request(struct counters *c, const struct route *route, int status, int64_t microseconds);
void counters_verdicts(struct counters *c, enum reason reason, uint64_t count);
void counters_connection(struct counters *c);
void counters_token_refused(struct counters *c);
/* How many rights-requests are overdue, of all controllers: what the process knows since it last asked. -1:
 * it has not asked. From any thread. */
void counters_overdue_set(int64_t overdue);
int64_t counters_overdue(void);

/* What several workers counted together. */
struct counts {
    uint64_t requests[COUNTERS_ROWS][COUNTERS_STATUSES];
    uint64_t latency[COUNTERS_ROWS][COUNTERS_BUCKETS + 1];
    uint64_t latency_sum[COUNTERS_ROWS]; /* microseconds */
    uint64_t verdicts[REASON_COUNT];
    uint64_t connections;
    uint64_t tokens_refused;
};

/* Adds what ${c} counted so far to ${sum}. From any thread. */
void counters_add(const struct counters *c, struct counts *sum);
