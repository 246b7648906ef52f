/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "auth/receipt_key.h"
#include "base/limits.h"
#include "http/etag.h"

/* GET /.well-known/jwks.json: the public keys that receipts and certificates are verified with. For whoever
 * holds one, so it needs no token. */
void handle_jwks(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    receipt_keys_jwks(call->worker->keys.receipts, &out);
    call_answer_cacheable(call, "application/jwk-set+json", "public, max-age=300", &out);
}
