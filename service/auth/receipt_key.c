/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/receipt_key.h"

#include "base/base64url.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { COORDINATE = 32 }; /* bytes on P-256 */

struct receipt_key {
    char *controller;
    bool signs;
    EVP_PKEY *pkey;
    char x[RECEIPT_KEY_COORDINATE + 1];
    char y[RECEIPT_KEY_COORDINATE + 1];
    char kid[RECEIPT_KEY_ID + 1];
};

struct receipt_keys {
    atomic_uint references;
    size_t count;
    struct receipt_key **items;
};

struct receipt_keys *receipt_keys_create(void)
{
    struct receipt_keys *keys = calloc(1, sizeof *keys);
    if (keys != NULL)
        atomic_init(&keys->references, 1);
    return keys;
}

struct receipt_keys *receipt_keys_ref(struct receipt_keys *keys)
{
    atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    return keys;
}

static void receipt_key_destroy(struct receipt_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey); /* wipes it */
    free(key->controller);
    free(key);
}

void receipt_keys_unref(struct receipt_keys *keys)
{
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < keys->count; i++)
        receipt_key_destroy(keys->items[i]);
    free(keys->items);
    free(keys);
}

void receipt_key_id(const char *controller, const char *x, const char *y, char ret_kid[RECEIPT_KEY_ID + 1])
{
    static const char label[] = "akkoord receipt key 1";
    const char *parts[] = {label, controller, x, y}; /* none holds a NUL: what ends each of them */
    unsigned char hash[SHA256_DIGEST_LENGTH] = {0};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < sizeof parts / sizeof *parts; i++)
        good = EVP_DigestUpdate(ctx, parts[i], strlen(parts[i]) + 1) == 1;
    if (!good || EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
        abort(); /* SHA-256 fails for want of memory alone */
    EVP_MD_CTX_free(ctx);
    base64url_encode(hash, sizeof hash, ret_kid);
}

/* ---- a key from its file ---- */

static int no_password(char *buf, int size, int writing, void *cookie)
{
    (void)buf, (void)size, (void)writing, (void)cookie;
    return -1;
}

static EVP_PKEY *pem_read(const char *pem, size_t len, bool signs)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = NULL;
    if (bio != NULL)
        pkey = signs ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                     : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32];
    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool coordinate_of(const EVP_PKEY *pkey, const char *name, char ret_text[RECEIPT_KEY_COORDINATE + 1])
{
    BIGNUM *n = NULL;
    unsigned char bytes[COORDINATE];
    bool good = EVP_PKEY_get_bn_param(pkey, name, &n) == 1 && BN_bn2binpad(n, bytes, sizeof bytes) > 0;
    if (good)
        base64url_encode(bytes, sizeof bytes, ret_text);
    BN_free(n);
    return good;
}

static const char *key_fill(struct receipt_key *key, const char *controller, bool signs, const char *pem,
                            size_t len)
{
    key->signs = signs;
    key->controller = strdup(controller);
    if (key->controller == NULL)
        return "memory ran out";
    if (len > RECEIPT_KEY_PEM_MAX || (key->pkey = pem_read(pem, len, signs)) == NULL)
        return signs ? "it is no private key in PEM without a password" : "it is no public key in PEM";
    if (!is_p256(key->pkey) || !coordinate_of(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->x) ||
        !coordinate_of(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->y))
        return "it is no EC key on P-256";
    receipt_key_id(controller, key->x, key->y, key->kid);
    return NULL;
}

/* Takes ${key}, unless it returns a sentence. */
static const char *keys_take(struct receipt_keys *keys, struct receipt_key *key)
{
    if (keys->count == RECEIPT_KEYS_MAX)
        return "there are more than 10000 keys";
    if (key->signs && receipt_keys_find(keys, key->controller) != NULL)
        return "another key signs for this controller";
    for (size_t i = 0; i < keys->count; i++)
        if (EVP_PKEY_eq(keys->items[i]->pkey, key->pkey) == 1)
            return "it is there twice: each controller has a key of its own";
    struct receipt_key **items = realloc(keys->items, (keys->count + 1) * sizeof *items);
    if (items == NULL)
        return "memory ran out";
    keys->items = items;
    keys->items[keys->count++] = key;
    return NULL;
}

const char *receipt_keys_add(struct receipt_keys *keys, const char *controller, bool signs, const char *pem,
                             size_t len)
{
    struct receipt_key *key = calloc(1, sizeof *key);
    const char *fault = key == NULL ? "memory ran out" : key_fill(key, controller, signs, pem, len);
    if (fault == NULL)
        fault = keys_take(keys, key);
    if (fault != NULL)
        receipt_key_destroy(key);
    ERR_clear_error();
    return fault;
}

/* ---- what is asked of a set ---- */

const struct receipt_key *receipt_keys_find(const struct receipt_keys *keys, const char *controller)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i]->signs && strcmp(keys->items[i]->controller, controller) == 0)
            return keys->items[i];
    return NULL;
}

bool receipt_keys_hold(const struct receipt_keys *keys, const struct evp_pkey_st *public)
{
    bool held = false;
    for (size_t i = 0; i < keys->count && !held; i++)
        held = EVP_PKEY_eq(keys->items[i]->pkey, public) == 1;
    ERR_clear_error();
    return held;
}

void receipt_keys_jwks(const struct receipt_keys *keys, struct buf *out)
{
    buf_text(out, "{\"keys\":[");
    for (size_t i = 0; i < keys->count; i++) {
        const struct receipt_key *key = keys->items[i];
        buf_printf(
            out,
            "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\",\"kid\":\"%s\",\"use\":\"sig\","
            "\"alg\":\"ES256\"}",
            i > 0 ? "," : "", key->x, key->y, key->kid);
    }
    buf_text(out, "]}");
}

const char *receipt_key_kid(const struct receipt_key *key)
{
    return key->kid;
}

struct evp_pkey_st *receipt_key_private(const struct receipt_key *key)
{
    assert(key->signs);
    return key->pkey;
}

int receipt_key_make(struct buf *pem)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    BIO *bio = pkey != NULL ? BIO_new(BIO_s_secmem()) : NULL;
    char *bytes = NULL;
    long len = 0;
    if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1)
        len = BIO_get_mem_data(bio, &bytes);
    if (len > 0)
        buf_append(pem, bytes, (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return len > 0 && !buf_failed(pem) ? 0 : -1;
}
