/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exposition.h"

#include "base/limits.h"
#include "http/call.h"
#include "http/counters.h"
#include "http/delivery_counts.h"
#include "http/media.h"
#include "http/route.h"
#include "net/guard/guard.h"
#include "store/lane.h"

#include <inttypes.h>
#include <stdatomic.h>

/* ---- the form ---- */

static void family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A family of one sample without labels. */
static void counter_write(struct buf *b, const char *name, const char *help, uint64_t n)
{
    family(b, name, "counter", help);
    buf_printf(b, "%s %" PRIu64 "\n", name, n);
}

/* ---- requests ---- */

static void route_labels(struct buf *b, const struct route *routes, size_t row)
{
    bool none = row == COUNTERS_NO_ROUTE;
    buf_printf(b, "method=\"%s\",route=\"%s\"", none ? "" : routes[row].method,
               none ? "none" : routes[row].path);
}

static void requests_write(struct buf *b, const struct counts *counts, const struct route *routes)
{
    family(b, "akkoord_requests_total", "counter",
           "Requests by route and status; status 0: the client went away.");
    for (size_t row = 0; row < COUNTERS_ROWS; row++) {
        for (size_t i = 0; i < COUNTERS_STATUSES; i++) {
            if (counts->requests[row][i] == 0)
                continue;
            buf_text(b, "akkoord_requests_total{");
            route_labels(b, routes, row);
            buf_printf(b, ",status=\"%d\"} %" PRIu64 "\n", counters_statuses[i], counts->requests[row][i]);
        }
    }
}

/* A sample of a route's histogram, up to its value. ${bound}: of its bucket, or NULL. */
static void latency_sample(struct buf *b, const struct route *routes, size_t row, const char *part,
                           const char *bound)
{
    buf_printf(b, "akkoord_request_seconds_%s{", part);
    route_labels(b, routes, row);
    if (bound != NULL)
        buf_printf(b, ",le=\"%s\"", bound);
    buf_text(b, "} ");
}

/* A route that nobody asked has no histogram. */
static void route_latency_write(struct buf *b, const struct counts *counts, const struct route *routes,
                                size_t row)
{
    uint64_t all = 0, below = 0;
    for (size_t i = 0; i <= COUNTERS_BUCKETS; i++)
        all += counts->latency[row][i];
    if (all == 0)
        return;

    for (size_t i = 0; i < COUNTERS_BUCKETS; i++) {
        char bound[32];
        snprintf(bound, sizeof bound, "%g", (double)counters_bounds[i] / 1e6);
        below += counts->latency[row][i];
        latency_sample(b, routes, row, "bucket", bound);
        buf_printf(b, "%" PRIu64 "\n", below);
    }
    latency_sample(b, routes, row, "bucket", "+Inf");
    buf_printf(b, "%" PRIu64 "\n", all);
    latency_sample(b, routes, row, "sum", NULL);
    buf_printf(b, "%g\n", (double)counts->latency_sum[row] / 1e6);
    latency_sample(b, routes, row, "count", NULL);
    buf_printf(b, "%" PRIu64 "\n", all);
}

static void latency_write(struct buf *b, const struct counts *counts, const struct route *routes)
{
    family(b, "akkoord_request_seconds", "histogram", "From acceptance to answer, by route.");
    for (size_t row = 0; row < COUNTERS_ROWS; row++)
        route_latency_write(b, counts, routes, row);
}

static void verdicts_write(struct buf *b, const struct counts *counts)
{
    family(b, "akkoord_verdicts_total", "counter", "Verdicts by reason.");
    for (size_t i = 0; i < REASON_COUNT; i++)
        buf_printf(b, "akkoord_verdicts_total{reason=\"%s\",allow=\"%s\"} %" PRIu64 "\n",
                   reason_word((enum reason)i), reason_allows((enum reason)i) ? "true" : "false",
                   counts->verdicts[i]);
}

/* ---- lanes ---- */

/* What is told of each lane: a counter of struct lane_stats. */
static const struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
} lane_families[] = {
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

static uint64_t lane_counter(const struct lane *lane, size_t offset)
{
    const char *stats = (const char *)lane_stats(lane);
    return atomic_load_explicit((const _Atomic uint64_t *)(const void *)(stats + offset),
                                memory_order_relaxed);
}

static bool lane_was_ready(const struct lane *lane)
{
    return atomic_load_explicit(&lane_stats(lane)->state, memory_order_relaxed) == CONN_READY;
}

static void lane_family_write(struct buf *b, struct worker *const *workers, size_t count, size_t f)
{
    family(b, lane_families[f].name, lane_families[f].type, lane_families[f].help);
    for (enum lane_kind kind = 0; kind < LANE_KINDS; kind++) {
        uint64_t n = 0;
        for (size_t w = 0; w < count; w++)
            n += lane_counter(worker_lane(workers[w], kind), lane_families[f].offset);
        buf_printf(b, "%s{lane=\"%s\"} %" PRIu64 "\n", lane_families[f].name,
                   lane_name(worker_lane(workers[0], kind)), n);
    }
}

static void lanes_write(struct buf *b, struct worker *const *workers, size_t count)
{
    for (size_t f = 0; f < sizeof lane_families / sizeof *lane_families; f++)
        lane_family_write(b, workers, count, f);

    family(b, "akkoord_lane_ready", "gauge", "Connections that are ready, of one a thread.");
    for (enum lane_kind kind = 0; kind < LANE_KINDS; kind++) {
        int ready = 0;
        for (size_t w = 0; w < count; w++)
            ready += lane_was_ready(worker_lane(workers[w], kind));
        buf_printf(b, "akkoord_lane_ready{lane=\"%s\"} %d\n", lane_name(worker_lane(workers[0], kind)),
                   ready);
    }
}

/* ---- connections ---- */

static void guard_write(struct buf *b, struct worker *const *workers, size_t count)
{
    family(b, "akkoord_connections_shut_total", "counter", "Connections turned away or shut, by cause.");
    for (size_t i = 0; i < GUARD_CAUSE_COUNT; i++) {
        uint64_t n = 0;
        for (size_t w = 0; w < count; w++)
            n += guard_shut_count(workers[w]->guard, (enum guard_cause)i);
        buf_printf(b, "akkoord_connections_shut_total{cause=\"%s\"} %" PRIu64 "\n",
                   guard_cause_word((enum guard_cause)i), n);
    }
}

/* ---- all of it ---- */

/* ---- deliveries ---- */

static uint64_t delivery_count(const _Atomic uint64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void deliveries_write(struct buf *b, const struct delivery_counts *d)
{
    if (d == NULL)
        return;
    family(b, "akkoord_deliveries_total", "counter", "Tries to deliver to a webhook, by what came of them.");
    const struct {
        const char *outcome;
        const _Atomic uint64_t *n;
    } outcomes[] = {{"delivered", &d->delivered}, {"failed", &d->failed}, {"refused", &d->refused}};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        buf_printf(b, "akkoord_deliveries_total{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i].outcome,
                   delivery_count(outcomes[i].n));
    counter_write(b, "akkoord_deliveries_abandoned_total", "Messages whose tries came to an end.",
                  delivery_count(&d->abandoned));
    family(b, "akkoord_deliveries_running", "gauge", "Deliveries on their way.");
    buf_printf(b, "akkoord_deliveries_running %" PRIu64 "\n", delivery_count(&d->running));
    counter_write(b, "akkoord_recipient_changes_total", "Changes that recipients were told of.",
                  delivery_count(&d->changes));
    family(b, "akkoord_recipient_lag_seconds", "gauge",
           "How long the oldest change that a recipient was not told of has waited.");
    buf_printf(b, "akkoord_recipient_lag_seconds %g\n",
               (double)atomic_load_explicit(&d->lag, memory_order_relaxed) / 1e6);
    family(b, "akkoord_endpoints_held", "gauge", "Webhooks that this process delivers to now.");
    buf_printf(b, "akkoord_endpoints_held %" PRIu64 "\n", delivery_count(&d->endpoints));
}

void exposition_write(struct buf *b, struct worker *const *workers, size_t count)
{
    const struct route *routes = workers[0]->options->routes;
    struct counts counts = {0};
    for (size_t w = 0; w < count; w++)
        counters_add(workers[w]->counters, &counts);

    requests_write(b, &counts, routes);
    latency_write(b, &counts, routes);
    verdicts_write(b, &counts);
    lanes_write(b, workers, count);
    counter_write(b, "akkoord_connections_total", "Connections accepted.", counts.connections);
    guard_write(b, workers, count);
    deliveries_write(b, workers[0]->options->deliveries);
    counter_write(b, "akkoord_tokens_refused_total", "Bearer tokens refused.", counts.tokens_refused);
    if (counters_overdue() >= 0) {
        family(b, "akkoord_rights_overdue", "gauge",
               "Rights-requests that are open beyond their last day, of all controllers.");
        buf_printf(b, "akkoord_rights_overdue %" PRId64 "\n", counters_overdue());
    }
}

void exposition_answer(h2o_req_t *req, struct worker *const *workers, size_t count)
{
    size_t path_len = req->query_at != SIZE_MAX ? req->query_at : req->path.len;
    if (!h2o_memis(req->path.base, path_len, H2O_STRLIT("/metrics"))) {
        problem_answer(req, ERROR_NOT_FOUND, "This listener has /metrics.", NULL, false);
        return;
    }
    if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) &&
        !h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"))) {
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_ALLOW, NULL, H2O_STRLIT("GET, HEAD"));
        problem_answer(req, ERROR_METHOD_NOT_ALLOWED, NULL, NULL, false);
        return;
    }
    if (media_is_encoded(req)) {
        problem_answer(req, ERROR_UNSUPPORTED_MEDIA_TYPE, media_encoded, NULL, false);
        return;
    }

    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    exposition_write(&out, workers, count);
    answer_write(req, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.len);
    buf_free(&out);
}
