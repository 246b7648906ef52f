/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Keys that sign what is handed to people, receipts and certificates: ES256, one a controller. Nobody comes
 * in with what they sign: its typ is no token's, and none of them may be among the keys that verify tokens
 * (auth/keys refuses it). A set is filled, then never changed: from then on it is thread-safe, and
 * reference-counted as struct keys is. */
struct receipt_keys;
struct receipt_key;
struct evp_pkey_st; /* libcrypto's */

enum {
    RECEIPT_KEYS_MAX = 10000,      /* in a set: a file each */
    RECEIPT_KEY_ID = 43,           /* characters of a kid: SHA-256 in base64url */
    RECEIPT_KEY_COORDINATE = 43,   /* characters of x and of y: 32 bytes in base64url */
    RECEIPT_KEY_PEM_MAX = 4 * 1024 /* bytes of a file: a key of P-256 is below 300 */
};

/* An empty set, one reference. NULL when memory ran out. */
struct receipt_keys *receipt_keys_create(void);
struct receipt_keys *receipt_keys_ref(struct receipt_keys *keys);
/* The last one wipes and frees. Accepts NULL. */
void receipt_keys_unref(struct receipt_keys *keys);

/* Adds the key in ${pem}: a private one (PKCS#8 or SEC 1) signs for ${controller} from now on, a public one
 * is only published, so that what it signed before can still be verified. Returns NULL, or a static sentence
 * that repeats nothing of it. */
const char *receipt_keys_add(struct receipt_keys *keys, const char *controller, bool signs, const char *pem,
                             size_t len);
/* The key that signs for ${controller}; NULL: it has none. Lives as long as the set. */
const struct receipt_key *receipt_keys_find(const struct receipt_keys *keys, const char *controller);
/* Whether ${public} is one of these. */
bool receipt_keys_hold(const struct receipt_keys *keys, const struct evp_pkey_st *public);
/* Appends the public keys as a JWKS (RFC 7517). It names no controller. */
void receipt_keys_jwks(const struct receipt_keys *keys, struct buf *out);

/* A kid binds a key to its controller and tells neither: the hash of both. So what one controller's key
 * signed is never taken for another's. ${x} and ${y} in base64url. */
void receipt_key_id(const char *controller, const char *x, const char *y, char ret_kid[RECEIPT_KEY_ID + 1]);
const char *receipt_key_kid(const struct receipt_key *key);
/* For auth/jws. */
struct evp_pkey_st *receipt_key_private(const struct receipt_key *key);

/* Appends a new private key as PEM (PKCS#8). Returns -1 when libcrypto failed. */
int receipt_key_make(struct buf *pem);
