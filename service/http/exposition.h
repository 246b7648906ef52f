/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "http/worker.h"

#include <h2o.h>

/* What all workers of a process counted, as Prometheus reads it. No label names a
 * controller, a subject or a client. */

/* Prometheus text (0.0.4) of the ${count} workers together, their lanes and guards included. */
void exposition_write(struct buf *b, struct worker *const *workers, size_t count);
/* Answers a request of the listener that has nothing but /metrics. */
void exposition_answer(h2o_req_t *req, struct worker *const *workers, size_t count);
