/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"

#include <openssl/evp.h>

/* What the tests of auth/ sign with: one shared secret, two RSA keys and two EC keys, made once a process,
 * and the JWKs of their public halves. Tokens are put together by hand, so that they can be wrong in any way.
 */

#define MINT_SECRET "a shared secret of forty-eight bytes, for tests."
#define MINT_ISSUER "https://issuer.example"

enum mint_pair { MINT_RSA, MINT_RSA_OTHER, MINT_EC, MINT_EC_OTHER, MINT_EC_P384, MINT_PAIRS };

EVP_PKEY *mint_pair(enum mint_pair pair);
/* The public half's PEM, a static text. */
const char *mint_pem(enum mint_pair pair);
/* A JWK with kid "rsa-1", "rsa-2", "ec-1", "ec-2" or "ec-384", issuer MINT_ISSUER, for the controllers demo
 * and shop. */
struct jwk mint_jwk(enum mint_pair pair);

/* base64url of the bytes; the caller frees. */
char *mint_base64url(const void *bytes, size_t len);
/* "header.payload" in base64url. */
char *mint_unsigned(const char *header, const char *payload);
/* The two with a signature by HMAC-SHA-256 under ${secret}, or by ${pair} with SHA-256. The caller frees. */
char *mint_hs256(const char *header, const char *payload, const char *secret);
/* Takes ${text}, what stands before the second dot, and signs it whatever it is. */
char *mint_hs256_text(char *text, const char *secret);
char *mint_signed(const char *header, const char *payload, enum mint_pair pair);

/* A set of the shared secret alone, for any issuer. */
struct keys *mint_secret_keys(void);
/* A set of the shared secret (bound to MINT_ISSUER) and ec-1. */
struct keys *mint_keys(void);
/* The same with rsa-1, and rsa-2 for the controller other only. Making RSA keys takes its time. */
struct keys *mint_rsa_keys(void);
