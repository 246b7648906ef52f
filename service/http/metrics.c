/* SPDX-License-Identifier: Apache-2.0 */
#include "http/metrics.h"

#include "http/route.h"
#include "net/guard/guard.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The statuses this service answers; 0 stands for a request whose stream was reset. */
static const int statuses[] = {0,   200, 201, 202, 204, 304, 400, 401, 403, 404, 405,
                               409, 410, 412, 413, 415, 422, 429, 431, 500, 503, 504};
enum { STATUSES = sizeof statuses / sizeof *statuses, ROUTES_MAX = 48, BUCKETS = 14 };

/* Upper bounds of the latency histogram, in microseconds. */
static const int64_t bounds[BUCKETS] = {250,   500,    1000,   2500,   5000,    10000,   25000,
                                        50000, 100000, 250000, 500000, 1000000, 2500000, 5000000};

struct metrics {
    _Atomic uint64_t requests[ROUTES_MAX + 1][STATUSES]; /* the last row: no route */
    _Atomic uint64_t latency[ROUTES_MAX + 1][BUCKETS + 1];
    _Atomic uint64_t latency_sum[ROUTES_MAX + 1]; /* microseconds */
    _Atomic uint64_t verdicts[REASON_COUNT];
    _Atomic uint64_t connections;
    _Atomic uint64_t tokens_refused;
    const struct route *routes;
};

struct metrics *metrics_create(const struct route *routes)
{
    struct metrics *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort(); /* start-up only */
    m->routes = routes;
    return m;
}

void metrics_destroy(struct metrics *m)
{
    free(m);
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_request(struct metrics *m, const struct route *route, int status, int64_t microseconds)
{
    size_t row = route != NULL ? (size_t)(route - m->routes) : ROUTES_MAX;
    for (size_t i = 0; i < STATUSES; i++) {
        if (statuses[i] == status)
            add(&m->requests[row][i], 1);
    }
    size_t bucket = 0;
    while (bucket < BUCKETS && microseconds > bounds[bucket])
        bucket++;
    add(&m->latency[row][bucket], 1);
    add(&m->latency_sum[row], (uint64_t)microseconds);
}

void metrics_verdicts(struct metrics *m, enum reason reason, uint64_t count)
{
    add(&m->verdicts[reason], count);
}

void metrics_connection(struct metrics *m)
{
    add(&m->connections, 1);
}

void metrics_token_refused(struct metrics *m)
{
    add(&m->tokens_refused, 1);
}

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void route_labels(struct buf *b, const struct route *routes, size_t r)
{
    bool none = r == ROUTES_MAX;
    buf_printf(b, "method=\"%s\",route=\"%s\"", none ? "" : routes[r].method, none ? "none" : routes[r].path);
}

static void requests_write(struct buf *b, struct worker *const *workers, size_t count)
{
    head(b, "akkoord_requests_total", "counter",
         "Requests by route and status; status 0: the client went away.");
    for (size_t r = 0; r <= ROUTES_MAX; r++) {
        for (size_t s = 0; s < STATUSES; s++) {
            uint64_t n = 0;
            for (size_t w = 0; w < count; w++)
                n += get(&workers[w]->metrics->requests[r][s]);
            if (n == 0)
                continue;
            buf_text(b, "akkoord_requests_total{");
            route_labels(b, workers[0]->metrics->routes, r);
            buf_printf(b, ",status=\"%d\"} %llu\n", statuses[s], (unsigned long long)n);
        }
    }
}

static uint64_t latency_sum(struct worker *const *workers, size_t count, size_t r, size_t bucket)
{
    uint64_t n = 0;
    for (size_t w = 0; w < count; w++)
        n += get(&workers[w]->metrics->latency[r][bucket]);
    return n;
}

/* A route that nobody asked has no histogram. */
static void route_latency_write(struct buf *b, struct worker *const *workers, size_t count, size_t r)
{
    uint64_t n = 0, all = 0, us = 0;
    for (size_t i = 0; i <= BUCKETS; i++)
        all += latency_sum(workers, count, r, i);
    if (all == 0)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        n += latency_sum(workers, count, r, i);
        buf_text(b, "akkoord_request_seconds_bucket{");
        route_labels(b, workers[0]->metrics->routes, r);
        buf_printf(b, ",le=\"%g\"} %llu\n", (double)bounds[i] / 1e6, (unsigned long long)n);
    }
    for (size_t w = 0; w < count; w++)
        us += get(&workers[w]->metrics->latency_sum[r]);
    buf_text(b, "akkoord_request_seconds_bucket{");
    route_labels(b, workers[0]->metrics->routes, r);
    buf_printf(b, ",le=\"+Inf\"} %llu\nakkoord_request_seconds_sum{", (unsigned long long)all);
    route_labels(b, workers[0]->metrics->routes, r);
    buf_printf(b, "} %g\nakkoord_request_seconds_count{", (double)us / 1e6);
    route_labels(b, workers[0]->metrics->routes, r);
    buf_printf(b, "} %llu\n", (unsigned long long)all);
}

static void latency_write(struct buf *b, struct worker *const *workers, size_t count)
{
    head(b, "akkoord_request_seconds", "histogram", "From acceptance to answer, by route.");
    for (size_t r = 0; r <= ROUTES_MAX; r++)
        route_latency_write(b, workers, count, r);
}

static void verdicts_write(struct buf *b, struct worker *const *workers, size_t count)
{
    head(b, "akkoord_verdicts_total", "counter", "Verdicts by reason.");
    for (size_t i = 0; i < REASON_COUNT; i++) {
        uint64_t n = 0;
        for (size_t w = 0; w < count; w++)
            n += get(&workers[w]->metrics->verdicts[i]);
        buf_printf(b, "akkoord_verdicts_total{reason=\"%s\",allow=\"%s\"} %llu\n",
                   reason_word((enum reason)i), reason_allows((enum reason)i) ? "true" : "false",
                   (unsigned long long)n);
    }
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
} lane_lines[] = {
    {"akkoord_lane_batches_total", "counter", "Batches sent.", offsetof(struct lane_stats, batches)},
    {"akkoord_lane_jobs_total", "counter", "Jobs sent in them.", offsetof(struct lane_stats, jobs)},
    {"akkoord_lane_weight_total", "counter", "Probes or acts sent in them.",
     offsetof(struct lane_stats, weight)},
    {"akkoord_lane_queue", "gauge", "Probes or acts that wait.", offsetof(struct lane_stats, queued)},
    {"akkoord_lane_lost_total", "counter", "Connections lost.", offsetof(struct lane_stats, lost)},
    {"akkoord_lane_retried_total", "counter", "Batches that met another transaction.",
     offsetof(struct lane_stats, retried)},
    {"akkoord_lane_split_total", "counter", "Batches halved to find an offender.",
     offsetof(struct lane_stats, split)},
};

static void lanes_write(struct buf *b, struct worker *const *workers, size_t count)
{
    for (size_t i = 0; i < sizeof lane_lines / sizeof *lane_lines; i++) {
        head(b, lane_lines[i].name, lane_lines[i].type, lane_lines[i].help);
        for (size_t k = 0; k < 3; k++) {
            uint64_t n = 0;
            const char *name = "";
            for (size_t w = 0; w < count; w++) {
                struct lane *lanes[] = {workers[w]->read, workers[w]->write, workers[w]->slow};
                n += get((const _Atomic uint64_t *)(const void *)((const char *)lane_stats(lanes[k]) +
                                                                  lane_lines[i].offset));
                name = lane_name(lanes[k]);
            }
            buf_printf(b, "%s{lane=\"%s\"} %llu\n", lane_lines[i].name, name, (unsigned long long)n);
        }
    }
    head(b, "akkoord_lane_ready", "gauge", "Connections that are ready, of one a thread.");
    for (size_t k = 0; k < 3; k++) {
        int ready = 0;
        const char *name = "";
        for (size_t w = 0; w < count; w++) {
            struct lane *lanes[] = {workers[w]->read, workers[w]->write, workers[w]->slow};
            ready += atomic_load_explicit(&lane_stats(lanes[k])->state, memory_order_relaxed) == CONN_READY;
            name = lane_name(lanes[k]);
        }
        buf_printf(b, "akkoord_lane_ready{lane=\"%s\"} %d\n", name, ready);
    }
}

static void guard_write(struct buf *b, struct worker *const *workers, size_t count)
{
    head(b, "akkoord_connections_shut_total", "counter", "Connections turned away or shut, by cause.");
    for (size_t i = 0; i < GUARD_CAUSE_COUNT; i++) {
        uint64_t n = 0;
        for (size_t w = 0; w < count; w++)
            n += guard_shut_count(workers[w]->guard, (enum guard_cause)i);
        buf_printf(b, "akkoord_connections_shut_total{cause=\"%s\"} %llu\n",
                   guard_cause_word((enum guard_cause)i), (unsigned long long)n);
    }
}

void metrics_write(struct buf *b, struct worker *const *workers, size_t count)
{
    requests_write(b, workers, count);
    latency_write(b, workers, count);
    verdicts_write(b, workers, count);
    lanes_write(b, workers, count);
    uint64_t connections = 0, refused = 0;
    for (size_t w = 0; w < count; w++) {
        connections += get(&workers[w]->metrics->connections);
        refused += get(&workers[w]->metrics->tokens_refused);
    }
    head(b, "akkoord_connections_total", "counter", "Connections accepted.");
    buf_printf(b, "akkoord_connections_total %llu\n", (unsigned long long)connections);
    guard_write(b, workers, count);
    head(b, "akkoord_tokens_refused_total", "counter", "Bearer tokens refused.");
    buf_printf(b, "akkoord_tokens_refused_total %llu\n", (unsigned long long)refused);
}
