/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* One key of a JWKS document (RFC 7517, section 4) as it stands there: a member that is absent is NULL.
 * wire/jwks reads it, auth/key judges it. All text is borrowed from the document. */
struct jwk {
    const char *kty;
    const char *kid;
    const char *alg;
    const char *use;
    const char *n; /* RSA, base64url */
    const char *e;
    const char *crv; /* EC; x and y base64url */
    const char *x;
    const char *y;
    const char *issuer;             /* akkoord_issuer */
    const char *const *controllers; /* akkoord_controllers: whom it may speak for */
    size_t controller_count;
    bool holds_secret; /* has a private or symmetric member, RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1 */
};
