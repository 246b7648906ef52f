/* SPDX-License-Identifier: Apache-2.0 */
#include "http/counters.h"

#include "http/route.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

const int counters_statuses[COUNTERS_STATUSES] = {0,   200, 201, 202, 204, 304, 400, 401, 403, 404, 405,
                                                  409, 410, 412, 413, 415, 422, 429, 431, 500, 503, 504};

const int64_t counters_bounds[COUNTERS_BUCKETS] = {250,   500,    1000,   2500,   5000,    10000,   25000,
                                                   50000, 100000, 250000, 500000, 1000000, 2500000, 5000000};

struct counters {
    _Atomic uint64_t requests[COUNTERS_ROWS][COUNTERS_STATUSES];
    _Atomic uint64_t latency[COUNTERS_ROWS][COUNTERS_BUCKETS + 1];
    _Atomic uint64_t latency_sum[COUNTERS_ROWS]; /* microseconds */
    _Atomic uint64_t verdicts[REASON_COUNT];
    _Atomic uint64_t connections;
    _Atomic uint64_t tokens_refused;
    const struct route *routes;
};

struct counters *counters_create(const struct route *routes)
{
    struct counters *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort(); /* start-up only */
    c->routes = routes;
    return c;
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- counting ---- */

void counters_request(struct counters *c, const struct route *route, int status, int64_t microseconds)
{
    size_t row = route != NULL ? (size_t)(route - c->routes) : COUNTERS_NO_ROUTE;
    assert(row < COUNTERS_ROWS);
    for (size_t i = 0; i < COUNTERS_STATUSES; i++) {
        if (counters_statuses[i] == status)
            add(&c->requests[row][i], 1);
    }

    size_t bucket = 0;
    while (bucket < COUNTERS_BUCKETS && microseconds > counters_bounds[bucket])
        bucket++;
    add(&c->latency[row][bucket], 1);
    add(&c->latency_sum[row], (uint64_t)microseconds);
}

void counters_verdicts(struct counters *c, enum reason reason, uint64_t count)
{
    add(&c->verdicts[reason], count);
}

void counters_connection(struct counters *c)
{
    add(&c->connections, 1);
}

void counters_token_refused(struct counters *c)
{
    add(&c->tokens_refused, 1);
}

/* ---- reading ---- */

static void add_all(const _Atomic uint64_t *counters, uint64_t *sums, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] += get(&counters[i]);
}

static _Atomic int64_t overdue_requests = -1;

void counters_overdue_set(int64_t overdue)
{
    atomic_store_explicit(&overdue_requests, overdue, memory_order_relaxed);
}

int64_t counters_overdue(void)
{
    return atomic_load_explicit(&overdue_requests, memory_order_relaxed);
}

void counters_add(const struct counters *c, struct counts *sum)
{
    for (size_t row = 0; row < COUNTERS_ROWS; row++) {
        add_all(c->requests[row], sum->requests[row], COUNTERS_STATUSES);
        add_all(c->latency[row], sum->latency[row], COUNTERS_BUCKETS + 1);
    }
    add_all(c->latency_sum, sum->latency_sum, COUNTERS_ROWS);
    add_all(c->verdicts, sum->verdicts, REASON_COUNT);
    add_all(&c->connections, &sum->connections, 1);
    add_all(&c->tokens_refused, &sum->tokens_refused, 1);
}
