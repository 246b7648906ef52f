/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/receipt_key.h"
#include "domain/jwk.h"

#include <stdbool.h>
#include <stddef.h>

/* One key: its material, the one algorithm it is pinned to, the issuer it is bound to and the controllers it
 * may speak for (RFC 8725, 3.1, 3.2, 3.8). Immutable once made; all functions that take a const key are
 * thread-safe. */
struct key;

enum algorithm { ALGORITHM_HS256, ALGORITHM_RS256, ALGORITHM_ES256, ALGORITHMS };

enum {
    KEY_SECRET_MIN = 32, /* bytes: RFC 8725, 3.5, no shorter than the hash */
    KEY_RSA_MIN = 2048,  /* bits: RFC 7518, 3.3 */
    KEY_RSA_MAX = 8192,  /* bits: verifying costs the square of it, and strangers make us verify */
    KEY_SIGNATURE_MAX = KEY_RSA_MAX / 8, /* bytes */
    KEY_ID_MAX = 128,                    /* bytes of a kid */
    CONTROLLER_KEY_MAX = 64              /* bytes of a controller's key */
};

/* "HS256", "RS256", "ES256", as in a token's header: exactly so, upper case. False for any other. */
bool algorithm_parse(const char *word, enum algorithm *ret_algorithm);

/* Whether ${text} has the form of a controller's key: 1 to 64 of a-z 0-9 _ -, the first a letter or digit. */
bool controller_key_valid(const char *text);

/* How many bytes of a secret file are the secret: all but one newline (LF or CR LF) at its end. */
size_t key_secret_len(const char *bytes, size_t len);

/* The operator's own HS256 secret, ${len} bytes: speaks for every controller, and for any issuer when
 * ${issuer} is NULL. Copies all. Returns NULL and gives the key to the caller, or returns a static sentence
 * and leaves ${ret_key}. */
const char *key_from_secret(const char *secret, size_t len, const char *issuer, struct key **ret_key);
/* Whether it stands in its issuer's document for somebody else: of a kind that is unknown here, or not for
 * signatures (RFC 7517, 5: such a key is ignored). Never where it holds a secret: that is refused. */
bool key_is_for_others(const struct jwk *jwk);
/* A public key of a JWKS: RSA (RS256) or EC on P-256 (ES256). ${issuer} stands in where the key names none.
 * Otherwise as above; the sentences never repeat what the document says. */
const char *key_from_jwk(const struct jwk *jwk, const char *issuer, struct key **ret_key);
/* Wipes the secret. Accepts NULL. */
void key_destroy(struct key *key);

enum algorithm key_algorithm(const struct key *key);
/* NULL when the key has none. */
const char *key_id(const struct key *key);
/* NULL when it is bound to none. */
const char *key_issuer(const struct key *key);
bool key_speaks_for(const struct key *key, const char *controller);
/* Whether it is one of those that sign receipts. */
bool key_signs_receipts(const struct key *key, const struct receipt_keys *receipts);

/* Whether ${signature} (for ES256 the 64 bytes of RFC 7518, 3.4) is this key's over ${bytes}. Leaves nothing
 * in libcrypto's error queue: on a loop thread TLS would take it for its own. */
bool key_verify(const struct key *key, const char *bytes, size_t len, const unsigned char *signature,
                size_t signature_len);
