/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"

enum { TOKEN_MAX = 8192 }; /* bytes: RFC 8725 sets none; h2o's own limit on a header field is far above */

/* Verifies ${len} bytes, what stands behind "Bearer ", at the wall clock's ${now}. In this order (RFC 8725):
 *   size and form; the header's members once each; typ; no extension (crit, b64, zip, enc); alg one of three;
 *   the key by kid, pinned to that alg; the signature; only then the claims (auth/claims).
 * jku, x5u, x5c and jwk are never looked at: a key comes from the operator, not from the token.
 * Writes ${ret_claims} on TOKEN_OK only. Thread-safe; no I/O; microseconds for HS256, tens of them for the
 * others. */
enum token_fault token_verify(const struct keys *keys, const char *token, size_t len, instant now,
                              struct claims *ret_claims);

/* Signs ${claims} with HS256: iss where ${issuer} is not NULL, iat ${now}, jti where claims->id is not "".
 * Does not judge the claims. Returns NULL when memory ran out; the caller frees the text. */
char *token_sign(const char *secret, size_t len, const char *issuer, const struct claims *claims,
                 instant now);
