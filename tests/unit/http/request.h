/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <h2o.h>

/* A request of libh2o's without a connection: what reads it or adds to its answer can be
 * tried, what answers it cannot. */

void request_open(h2o_req_t *req, const char *path_and_query);
void request_header(h2o_req_t *req, const char *name, const char *value);
/* The value of a field of the answer to come, with a NUL, until the request
 * is closed; NULL: there is none. */
const char *request_answer_header(h2o_req_t *req, const char *name);
/* As when its connection has gone. */
void request_close(h2o_req_t *req);
