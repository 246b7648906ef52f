/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "domain/verdict.h"
#include "http/worker.h"

/* Counters of one worker: written by its thread, read by the one that answers /metrics. No label names a controller, a subject or a
 * client. */
struct metrics;
struct route;

/* ${routes}: the table whose places number the rows. */
struct metrics *metrics_create(const struct route *routes);
void metrics_destroy(struct metrics *m);

/* A request was answered, or dropped (status 0). ${route} NULL: no route was found. */
void metrics_request(struct metrics *m, const struct route *route, int status, int64_t microseconds);
void metrics_verdicts(struct metrics *m, enum reason reason, uint64_t count);
void metrics_connection(struct metrics *m);
void metrics_token_refused(struct metrics *m);

/* Prometheus text (0.0.4) of all workers together, lanes included. */
void metrics_write(struct buf *b, struct worker *const *workers, size_t count);
