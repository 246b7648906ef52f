/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <h2o.h>

/* The header WWW-Authenticate of a request that is refused for its token (RFC 6750, 3). Each puts it into the
 * answer to come, in the place of another. */

/* 401. ${fault}: a sentence of the characters that auth/token_fault.h names, or NULL where no token was
 * sent: then no error is named. */
void challenge_token(h2o_req_t *req, const char *fault);
/* 403. ${scopes}: words separated by spaces. Returns what the problem tells,
 * which lives as long as ${req}. */
const char *challenge_scope(h2o_req_t *req, const char *scopes);
