/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key.h"

#include "base/base64url.h"
#include "domain/policy.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* (1) A key that was made is whole, and never changed: any thread may verify with it.
 * (2) It has the material of its one algorithm and no other: a secret (HS256) or a public key (RS256,
 *     ES256). So no secret is used where a public key was meant, nor a public key as a secret.
 * (3) Only the operator's own secret speaks for every controller. What came in a JWKS speaks for those it
 *     names, and for one issuer.
 * (4) A signature is valid only where libcrypto said so: no memory, no size and no error of its own comes
 *     out as valid.
 * (5) libcrypto's error queue is left empty.
 * (6) What is secret is compared in constant time, and wiped. */

enum {
    EC_COORDINATE = 32,
    ECDSA_DER_MAX = 80
}; /* bytes on P-256: a coordinate; two integers of 33 and headers */

struct key {
    enum algorithm algorithm;
    char *kid;
    char *issuer;
    bool every_controller;
    char **controllers;
    size_t controller_count;
    EVP_PKEY *public;      /* RS256, ES256: parsed once, shared by all threads, only ever read */
    unsigned char *secret; /* HS256 */
    size_t secret_len;
};

/* (2), (3) */
static void key_check(const struct key *key)
{
    bool symmetric = key->algorithm == ALGORITHM_HS256;
    assert(key->algorithm < ALGORITHMS);
    assert((key->secret != NULL) == symmetric && (key->public != NULL) == !symmetric);
    assert(key->every_controller == symmetric);
    assert(symmetric ? key->secret_len >= KEY_SECRET_MIN && key->secret_len <= INT_MAX : key->issuer != NULL);
}

static const char out_of_memory[] = "memory ran out";
static const char *const words[ALGORITHMS] = {"HS256", "RS256", "ES256"};

bool algorithm_parse(const char *word, enum algorithm *ret_algorithm)
{
    for (unsigned i = 0; i < ALGORITHMS; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_algorithm = (enum algorithm)i;
            return true;
        }
    }
    return false;
}

bool controller_key_valid(const char *text)
{
    return policy_key_valid(text, strlen(text));
}

size_t key_secret_len(const char *bytes, size_t len)
{
    if (len > 0 && bytes[len - 1] == '\n')
        len--;
    else
        return len;
    return len > 0 && bytes[len - 1] == '\r' ? len - 1 : len;
}

void key_destroy(struct key *key)
{
    if (key == NULL)
        return;
    for (size_t i = 0; i < key->controller_count; i++)
        free(key->controllers[i]);
    free(key->controllers);
    OPENSSL_clear_free(key->secret, key->secret_len);
    EVP_PKEY_free(key->public);
    free(key->issuer);
    free(key->kid);
    free(key);
}

const char *key_from_secret(const char *secret, size_t len, const char *issuer, struct key **ret_key)
{
    if (len < KEY_SECRET_MIN)
        return "the secret is shorter than 32 bytes";
    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return out_of_memory;
    key->algorithm = ALGORITHM_HS256;
    key->every_controller = true;
    key->secret = OPENSSL_memdup(secret, len);
    key->secret_len = len;
    key->issuer = issuer != NULL ? strdup(issuer) : NULL;
    if (key->secret == NULL || (issuer != NULL && key->issuer == NULL)) {
        key_destroy(key);
        return out_of_memory;
    }
    key_check(key);
    *ret_key = key;
    return NULL;
}

/* Takes the parameters that ${build} holds. NULL when libcrypto does not find them a sound public key. */
static EVP_PKEY *public_from(OSSL_PARAM_BLD *build, const char *type)
{
    EVP_PKEY *public = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    bool made = params != NULL && make != NULL && EVP_PKEY_fromdata_init(make) == 1 &&
                EVP_PKEY_fromdata(make, &public, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX *check = made ? EVP_PKEY_CTX_new_from_pkey(NULL, public, NULL) : NULL;
    if (check == NULL || EVP_PKEY_public_check(check) != 1) {
        EVP_PKEY_free(public);
        public = NULL;
    }
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    ERR_clear_error();
    return public;
}

static BIGNUM *number_decode(const char *text)
{
    unsigned char bytes[KEY_RSA_MAX / 8 + 1]; /* some encoders put a zero byte in front */
    size_t len;
    if (text == NULL || !base64url_decode(text, strlen(text), bytes, sizeof bytes, &len))
        return NULL;
    return BN_bin2bn(bytes, (int)len, NULL);
}

static const char *rsa_from_jwk(const struct jwk *jwk, EVP_PKEY **ret_public)
{
    const char *fault = NULL;
    EVP_PKEY *public = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = number_decode(jwk->n);
    BIGNUM *e = number_decode(jwk->e);
    if (n == NULL || e == NULL)
        fault = "n and e must be base64url of at most 8192 bits";
    else if (BN_num_bits(n) < KEY_RSA_MIN || BN_num_bits(n) > KEY_RSA_MAX)
        fault = "an RSA key must have 2048 to 8192 bits";
    else if (build == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
             OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        fault = out_of_memory;
    else if ((public = public_from(build, "RSA")) == NULL)
        fault = "n and e are not a sound RSA public key";
    BN_free(e);
    BN_free(n);
    OSSL_PARAM_BLD_free(build);
    if (fault == NULL)
        *ret_public = public;
    return fault;
}

static bool coordinate_decode(const char *text, unsigned char coordinate[EC_COORDINATE])
{
    size_t len;
    return text != NULL && base64url_decode(text, strlen(text), coordinate, EC_COORDINATE, &len) &&
           len == EC_COORDINATE;
}

static const char *ec_from_jwk(const struct jwk *jwk, EVP_PKEY **ret_public)
{
    if (jwk->crv == NULL || strcmp(jwk->crv, "P-256") != 0)
        return "an EC key must have crv P-256";
    unsigned char point[1 + 2 * EC_COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
    if (!coordinate_decode(jwk->x, point + 1) || !coordinate_decode(jwk->y, point + 1 + EC_COORDINATE))
        return "x and y must be base64url of 32 bytes";
    const char *fault = NULL;
    EVP_PKEY *public = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) != 1)
        fault = out_of_memory;
    else if ((public = public_from(build, "EC")) == NULL)
        fault = "x and y are not a point of P-256";
    OSSL_PARAM_BLD_free(build);
    if (fault == NULL)
        *ret_public = public;
    return fault;
}

/* The algorithm follows from the kind of key; a key that names another is refused, not believed. */
static const char *algorithm_from_jwk(const struct jwk *jwk, enum algorithm *ret_algorithm)
{
    if (jwk->holds_secret || (jwk->kty != NULL && strcmp(jwk->kty, "oct") == 0))
        return "it holds a private or symmetric key: only public keys belong in a JWKS";
    if (jwk->use != NULL && strcmp(jwk->use, "sig") != 0)
        return "use must be sig";
    enum algorithm algorithm;
    if (jwk->kty != NULL && strcmp(jwk->kty, "RSA") == 0)
        algorithm = ALGORITHM_RS256;
    else if (jwk->kty != NULL && strcmp(jwk->kty, "EC") == 0)
        algorithm = ALGORITHM_ES256;
    else
        return "kty must be RSA or EC";
    if (jwk->alg != NULL && strcmp(jwk->alg, words[algorithm]) != 0)
        return "alg must be RS256 for an RSA key and ES256 for an EC key";
    *ret_algorithm = algorithm;
    return NULL;
}

static const char *bounds_fault(const struct jwk *jwk, const char *issuer)
{
    if (jwk->kid != NULL && (jwk->kid[0] == '\0' || strlen(jwk->kid) > KEY_ID_MAX))
        return "kid must have 1 to 128 bytes";
    if (issuer == NULL || issuer[0] == '\0')
        return "it is bound to no issuer: give it akkoord_issuer, or set AKKOORD_JWT_ISSUER";
    for (size_t i = 0; i < jwk->controller_count; i++)
        if (!controller_key_valid(jwk->controllers[i]))
            return "akkoord_controllers must be keys of 1 to 64 letters a-z, digits, _ and -";
    return NULL;
}

static const char *key_bind(struct key *key, const struct jwk *jwk, const char *issuer)
{
    key->issuer = strdup(issuer);
    key->kid = jwk->kid != NULL ? strdup(jwk->kid) : NULL;
    key->controllers = calloc(jwk->controller_count + 1, sizeof *key->controllers);
    if (key->issuer == NULL || (jwk->kid != NULL && key->kid == NULL) || key->controllers == NULL)
        return out_of_memory;
    for (; key->controller_count < jwk->controller_count; key->controller_count++) {
        char *controller = strdup(jwk->controllers[key->controller_count]);
        if (controller == NULL)
            return out_of_memory;
        key->controllers[key->controller_count] = controller;
    }
    return NULL;
}

bool key_is_for_others(const struct jwk *jwk)
{
    bool is_kind_unknown = jwk->kty != NULL && strcmp(jwk->kty, "RSA") != 0 && strcmp(jwk->kty, "EC") != 0 &&
                           strcmp(jwk->kty, "oct") != 0;
    bool is_for_else = jwk->use != NULL && strcmp(jwk->use, "sig") != 0;
    return !jwk->holds_secret && (is_kind_unknown || is_for_else);
}

const char *key_from_jwk(const struct jwk *jwk, const char *issuer, struct key **ret_key)
{
    enum algorithm algorithm;
    const char *fault = algorithm_from_jwk(jwk, &algorithm);
    if (jwk->issuer != NULL)
        issuer = jwk->issuer;
    if (fault == NULL)
        fault = bounds_fault(jwk, issuer);
    if (fault != NULL)
        return fault;

    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return out_of_memory;
    key->algorithm = algorithm;
    fault = algorithm == ALGORITHM_RS256 ? rsa_from_jwk(jwk, &key->public) : ec_from_jwk(jwk, &key->public);
    if (fault == NULL)
        fault = key_bind(key, jwk, issuer);
    if (fault != NULL) {
        key_destroy(key);
        return fault;
    }
    key_check(key);
    *ret_key = key;
    return NULL;
}

enum algorithm key_algorithm(const struct key *key)
{
    return key->algorithm;
}

const char *key_id(const struct key *key)
{
    return key->kid;
}

const char *key_issuer(const struct key *key)
{
    return key->issuer;
}

bool key_speaks_for(const struct key *key, const char *controller)
{
    for (size_t i = 0; i < key->controller_count; i++)
        if (strcmp(key->controllers[i], controller) == 0)
            return true;
    return key->every_controller;
}

bool key_signs_receipts(const struct key *key, const struct receipt_keys *receipts)
{
    return key->public != NULL && receipt_keys_hold(receipts, key->public);
}

static bool hmac_verify(const struct key *key, const char *bytes, size_t len, const unsigned char *signature,
                        size_t signature_len)
{
    unsigned char mac[SHA256_DIGEST_LENGTH];
    return signature_len == sizeof mac &&
           HMAC(EVP_sha256(), key->secret, (int)key->secret_len, (const unsigned char *)bytes, len, mac,
                NULL) != NULL &&
           CRYPTO_memcmp(mac, signature, sizeof mac) == 0;
}

static bool public_verify(EVP_PKEY *public, const char *bytes, size_t len, const unsigned char *signature,
                          size_t signature_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool valid = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public) == 1 &&
                 EVP_DigestVerify(ctx, signature, signature_len, (const unsigned char *)bytes, len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return valid;
}

/* A token carries r and s as two numbers of 32 bytes; libcrypto wants them in DER. */
static bool ecdsa_verify(EVP_PKEY *public, const char *bytes, size_t len, const unsigned char *signature,
                         size_t signature_len)
{
    if (signature_len != 2 * EC_COORDINATE)
        return false;
    bool valid = false;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, EC_COORDINATE, NULL);
    BIGNUM *s = BN_bin2bn(signature + EC_COORDINATE, EC_COORDINATE, NULL);
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* The pair owns them now. */
        unsigned char der[ECDSA_DER_MAX];
        unsigned char *end = der;
        int der_len = i2d_ECDSA_SIG(pair, &end);
        valid = der_len > 0 && public_verify(public, bytes, len, der, (size_t)der_len);
    }
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(pair);
    return valid;
}

bool key_verify(const struct key *key, const char *bytes, size_t len, const unsigned char *signature,
                size_t signature_len)
{
    key_check(key);
    switch (key->algorithm) {
    case ALGORITHM_HS256:
        return hmac_verify(key, bytes, len, signature, signature_len);
    case ALGORITHM_RS256:
        return public_verify(key->public, bytes, len, signature, signature_len);
    case ALGORITHM_ES256:
        return ecdsa_verify(key->public, bytes, len, signature, signature_len);
    default:
        return false;
    }
}
