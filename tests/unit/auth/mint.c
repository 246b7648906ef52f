/* SPDX-License-Identifier: Apache-2.0 */
#include "mint.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

static const char *const kids[MINT_PAIRS] = {"rsa-1", "rsa-2", "ec-1", "ec-2", "ec-384"};

EVP_PKEY *mint_pair(enum mint_pair pair)
{
    static EVP_PKEY *pairs[MINT_PAIRS];
    if (pairs[pair] == NULL)
        pairs[pair] =
            pair <= MINT_RSA_OTHER ? EVP_RSA_gen(2048) : EVP_EC_gen(pair == MINT_EC_P384 ? "P-384" : "P-256");
    cr_assert_not_null(pairs[pair]);
    return pairs[pair];
}

const char *mint_pem(enum mint_pair pair)
{
    static char pem[1024];
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, mint_pair(pair));
    int len = BIO_read(bio, pem, sizeof pem - 1);
    BIO_free(bio);
    cr_assert_gt(len, 0);
    pem[len] = '\0';
    return pem;
}

char *mint_base64url(const void *bytes, size_t len)
{
    char *text = calloc(1, len / 3 * 4 + 5);
    int written = EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    for (int i = 0; i < written; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i] == '=' ? '\0' : text[i];
    return text;
}

static char *number(EVP_PKEY *pkey, const char *name, int len)
{
    BIGNUM *value = NULL;
    unsigned char bytes[1024];
    cr_assert_eq(EVP_PKEY_get_bn_param(pkey, name, &value), 1);
    if (len == 0)
        len = BN_num_bytes(value);
    cr_assert_eq(BN_bn2binpad(value, bytes, len), len);
    BN_free(value);
    return mint_base64url(bytes, (size_t)len);
}

struct jwk mint_jwk(enum mint_pair pair)
{
    static const char *const controllers[] = {"demo", "shop"};
    static struct jwk jwks[MINT_PAIRS];
    struct jwk *jwk = &jwks[pair];
    if (jwk->kty == NULL && pair <= MINT_RSA_OTHER)
        *jwk = (struct jwk){.kty = "RSA",
                            .n = number(mint_pair(pair), OSSL_PKEY_PARAM_RSA_N, 0),
                            .e = number(mint_pair(pair), OSSL_PKEY_PARAM_RSA_E, 0)};
    else if (jwk->kty == NULL)
        *jwk = (struct jwk){
            .kty = "EC",
            .crv = pair == MINT_EC_P384 ? "P-384" : "P-256",
            .x = number(mint_pair(pair), OSSL_PKEY_PARAM_EC_PUB_X, pair == MINT_EC_P384 ? 48 : 32),
            .y = number(mint_pair(pair), OSSL_PKEY_PARAM_EC_PUB_Y, pair == MINT_EC_P384 ? 48 : 32)};
    jwk->kid = kids[pair];
    jwk->issuer = MINT_ISSUER;
    jwk->controllers = controllers;
    jwk->controller_count = 2;
    return *jwk;
}

char *mint_unsigned(const char *header, const char *payload)
{
    char *parts[] = {mint_base64url(header, strlen(header)), mint_base64url(payload, strlen(payload))}, *text;
    cr_assert_gt(asprintf(&text, "%s.%s", parts[0], parts[1]), 0);
    free(parts[0]);
    free(parts[1]);
    return text;
}

static char *append(char *text, const unsigned char *signature, size_t len)
{
    char *third = mint_base64url(signature, len), *token;
    cr_assert_gt(asprintf(&token, "%s.%s", text, third), 0);
    free(third);
    free(text);
    return token;
}

char *mint_hs256(const char *header, const char *payload, const char *secret)
{
    return mint_hs256_text(mint_unsigned(header, payload), secret);
}

char *mint_hs256_text(char *text, const char *secret)
{
    unsigned char mac[32];
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, strlen(text), mac, NULL);
    return append(text, mac, sizeof mac);
}

/* From DER to the two numbers side by side that a token carries. */
static size_t ecdsa_flatten(unsigned char *signature, size_t len, int width)
{
    const unsigned char *der = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    cr_assert_not_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, width);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + width, width);
    ECDSA_SIG_free(pair);
    return (size_t)width * 2;
}

char *mint_signed(const char *header, const char *payload, enum mint_pair pair)
{
    unsigned char signature[1024];
    size_t len = sizeof signature;
    char *text = mint_unsigned(header, payload);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    cr_assert_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, mint_pair(pair)), 1);
    cr_assert_eq(EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    if (pair >= MINT_EC)
        len = ecdsa_flatten(signature, len, pair == MINT_EC_P384 ? 48 : 32);
    return append(text, signature, len);
}

struct keys *mint_secret_keys(void)
{
    struct keys *keys;
    char fault[KEYS_FAULT] = "";
    struct keys_source source = {.secret = MINT_SECRET, .secret_len = strlen(MINT_SECRET)};
    cr_assert_eq(keys_create(&source, &keys, fault), 0, "%s", fault);
    return keys;
}

static struct keys *keys_of(const struct jwk *jwks, size_t count)
{
    struct keys *keys;
    char fault[KEYS_FAULT] = "";
    struct keys_source source = {.secret = MINT_SECRET,
                                 .secret_len = strlen(MINT_SECRET),
                                 .jwks = jwks,
                                 .jwk_count = count,
                                 .issuer = MINT_ISSUER};
    cr_assert_eq(keys_create(&source, &keys, fault), 0, "%s", fault);
    return keys;
}

struct keys *mint_keys(void)
{
    struct jwk jwk = mint_jwk(MINT_EC);
    return keys_of(&jwk, 1);
}

struct keys *mint_rsa_keys(void)
{
    static const char *const other[] = {"other"};
    struct jwk jwks[] = {mint_jwk(MINT_EC), mint_jwk(MINT_RSA), mint_jwk(MINT_RSA_OTHER)};
    jwks[2].controllers = other;
    jwks[2].controller_count = 1;
    return keys_of(jwks, 3);
}
