/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/worker.h"

#include <h2o.h>

/* Holds a request to its route: method, token, scope, rate limit, media type and size. */

/* Starts the call, or answers the problem. */
void admission_request(struct worker *worker, h2o_req_t *req);
/* Bytes that the body of a request may have whose header is there: 0 when it will be refused whatever the
 * body. ${cookie} is a struct worker: for net/guard. */
size_t admission_body_max(void *cookie, const h2o_req_t *req);
