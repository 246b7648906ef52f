/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/worker.h"

#include <h2o.h>

/* A line of JSON for each answer but those of /healthz and /readyz: when, what was asked (the route, never
 * the path itself, which may name a subject, nor a query), how it went, how long it took, whose trace it is
 * part of (W3C traceparent), and the address behind it, masked. One log a loop thread; its lines leave at the
 * end of a tick. Never waits: lines that cannot be taken are dropped, and counted in a warning. */
struct access_log;

/* Opens ${path} for appending; `-` is standard output. Returns the descriptor, or -1 with errno. */
int access_log_open(const char *path);
/* Opens ${path} again in the place of ${fd}: after it was moved away. Where that fails the old one stays. */
void access_log_reopen(int fd, const char *path);

/* Aborts when memory has run out: it is called at start-up only. */
struct access_log *access_log_create(struct worker *worker, int fd);
/* Writes what is left. Accepts NULL. */
void access_log_destroy(struct access_log *log);
/* Once a request, when its answer has gone or nobody is left to read it. */
void access_log_line(struct access_log *log, const h2o_req_t *req);
