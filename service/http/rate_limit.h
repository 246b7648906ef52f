/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"
#include "http/worker.h"

#include <h2o.h>

/* How much a client, or an address that shows no valid token, may still ask. The answer tells it:
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), and, where it is refused,
 * `Retry-After`. All threads of a process count together; each node counts for itself. */
struct rate_limits;

/* Units: what a client records or asks, a line of a batch being one, in a day; requests of an address in a
 * minute. 0: no limit. Aborts when memory has run out: it is called at start-up only. */
struct rate_limits *rate_limits_create(uint64_t client_limit, uint64_t address_limit);

/* Takes ${amount} units of the client ${claims} name and adds the header fields to the answer to come.
 * Returns false, and takes nothing, when there are not so many: the caller answers
 * ERROR_TOO_MANY_REQUESTS. Once a request. */
bool rate_limit_client(struct worker *worker, h2o_req_t *req, const struct claims *claims, size_t amount);
/* What is told then. */
extern const char rate_limit_client_spent[];
/* Likewise one unit of the address behind the request. */
bool rate_limit_address(struct worker *worker, h2o_req_t *req);
/* As rate_limit_address, and adds nothing. */
bool rate_limit_address_take(struct worker *worker, const h2o_req_t *req);
/* Whether the address has nothing left; takes nothing and adds nothing. */
bool rate_limit_address_is_spent(struct worker *worker, const h2o_req_t *req);
