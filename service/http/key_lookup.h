/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/api_key.h"
#include "auth/claims.h"
#include "base/error.h"
#include "http/worker.h"
#include "store/api_key.h"

#include <h2o.h>

/* Asks the database for an API key that this thread does not remember, and remembers it like a verified
 * token: for API_KEY_REMEMBERED seconds, so that a key costs a look-up an hour and thread. When one is found
 * that was not used before today, that is written; no request waits for it. Embedded in who waits. */
struct key_lookup {
    struct worker *worker;
    h2o_iovec_t token;
    struct api_key key;
    struct api_key_find_job job;
    bool waits;
    void (*done)(struct key_lookup *lookup, enum error e, const struct claims *claims_or_null);
};

/* ${done} is called once, never from inside: with what the key may do, or NULL where there is none such; or
 * with an error where nobody can tell. ${token}, the key's text, must stay until then. */
void key_lookup_start(struct key_lookup *lookup, struct worker *worker, h2o_iovec_t token,
                      const struct api_key *key, int deadline_ms,
                      void (*done)(struct key_lookup *lookup, enum error e,
                                   const struct claims *claims_or_null));
/* Nobody waits any more: ${done} is not called. At any time after key_lookup_start. */
void key_lookup_end(struct key_lookup *lookup);
