/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/tag.h"

#include "base/fault.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>

enum {
    HASH_SIZE = 32,
    CONTROLLER_MAX = 512 /* bytes; HKDF in OpenSSL takes 1024 of info, label included */
};

/* HKDF's info is a label with its NUL, then the controller: no two uses of a subject key share a key. */
static const char label_check[] = "akkoord check 1";
static const char label_make[] = "akkoord tag 1";
static const char label_wrap[] = "akkoord wrap 1";
static const char label_hash[] = "akkoord hash 1";

/* One key of the chain. Its context holds the key's two hashed pads: EVP_MAC_init without a key starts a
 * message from them, which fetches nothing and hashes no pad again (a fifth of a microsecond a tag; a context
 * copied for each message takes more than twice that). */
struct tagger_link {
    uint8_t number;
    EVP_MAC_CTX *wrap; /* NULL in the first link, which makes tags */
};

struct tagger {
    EVP_MAC_CTX *make;
    EVP_MAC_CTX *hash;
    size_t count;
    struct tagger_link links[NUMBERED_KEYS_MAX]; /* by number, upward */
};

/* Going on without a hash would store nonsense as somebody's tag. */
static void tagger_require(bool done)
{
    if (!done)
        abort();
}

void subject_key_check(const struct numbered_key *key, uint8_t ret_check[SUBJECT_KEY_CHECK_SIZE])
{
    tagger_require(numbered_key_derive(key, label_check, "", ret_check, SUBJECT_KEY_CHECK_SIZE) == 0);
}

/* A context keyed for ${label} and ${controller}, or NULL. */
static EVP_MAC_CTX *tagger_key(const struct numbered_key *key, const char *label, const char *controller)
{
    uint8_t derived[HASH_SIZE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    if (fault_strikes())
        return NULL;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (ctx != NULL && (numbered_key_derive(key, label, controller, derived, sizeof derived) != 0 ||
                        EVP_MAC_init(ctx, derived, sizeof derived, params) != 1)) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    OPENSSL_cleanse(derived, sizeof derived);
    return ctx;
}

/* The links behind the first: each key between the two numbers, upward. */
static bool tagger_add_links(struct tagger *t, const struct numbered_keys *keys, uint8_t first, uint8_t last,
                             const char *controller)
{
    for (unsigned number = first + 1u; number <= last; number++) {
        const struct numbered_key *key = numbered_keys_find(keys, (uint8_t)number);
        if (key == NULL)
            continue;
        EVP_MAC_CTX *wrap = tagger_key(key, label_wrap, controller);
        if (wrap == NULL)
            return false;
        t->links[t->count++] = (struct tagger_link){.number = key->number, .wrap = wrap};
    }
    return true;
}

struct tagger *tagger_create(const struct numbered_keys *keys, uint8_t first, uint8_t last,
                             const char *controller)
{
    const struct numbered_key *maker = numbered_keys_find(keys, first);
    assert(first <= last);
    if (maker == NULL || numbered_keys_find(keys, last) == NULL || strlen(controller) > CONTROLLER_MAX)
        return NULL;
    struct tagger *t = fault_strikes() ? NULL : calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->links[t->count++] = (struct tagger_link){.number = first};
    t->make = tagger_key(maker, label_make, controller);
    t->hash = tagger_key(maker, label_hash, controller);
    if (t->make == NULL || t->hash == NULL || !tagger_add_links(t, keys, first, last, controller)) {
        tagger_destroy(t);
        return NULL;
    }
    return t;
}

void tagger_destroy(struct tagger *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->count; i++)
        EVP_MAC_CTX_free(t->links[i].wrap);
    EVP_MAC_CTX_free(t->hash);
    EVP_MAC_CTX_free(t->make);
    free(t);
}

static void tagger_hmac(EVP_MAC_CTX *ctx, const void *bytes, size_t len, uint8_t ret_hash[HASH_SIZE])
{
    size_t size;
    tagger_require(EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && EVP_MAC_update(ctx, bytes, len) == 1 &&
                   EVP_MAC_final(ctx, ret_hash, &size, HASH_SIZE) == 1);
}

/* Replaces ${tag} by its HMAC under the key of ${link}. */
static void tagger_wrap_once(const struct tagger_link *link, struct tag *tag)
{
    uint8_t hash[HASH_SIZE];
    tagger_hmac(link->wrap, tag->bytes, TAG_SIZE, hash);
    tag->bytes[0] = link->number;
    memcpy(tag->bytes + 1, hash, TAG_SIZE - 1);
}

void tagger_make(struct tagger *t, const struct identifier *identifier, struct tag *ret_tag)
{
    const char *word = identifier_type_word(identifier->type);
    size_t word_len = strlen(word);
    uint8_t input[1 + 1 + 16 + 2 + IDENTIFIER_MAX];
    uint8_t hash[HASH_SIZE];
    assert(word_len <= 16 && identifier->len <= IDENTIFIER_MAX);

    uint8_t *at = input;
    *at++ = IDENTIFIER_NORMALISATION;
    *at++ = (uint8_t)word_len;
    at = mempcpy(at, word, word_len);
    *at++ = (uint8_t)(identifier->len >> 8);
    *at++ = (uint8_t)identifier->len;
    at = mempcpy(at, identifier->value, identifier->len);
    tagger_hmac(t->make, input, (size_t)(at - input), hash);

    ret_tag->bytes[0] = t->links[0].number;
    memcpy(ret_tag->bytes + 1, hash, TAG_SIZE - 1);
    for (size_t i = 1; i < t->count; i++)
        tagger_wrap_once(&t->links[i], ret_tag);
}

int tagger_wrap(struct tagger *t, const struct tag *old, struct tag *ret_tag)
{
    struct tag tag = *old;
    size_t i = 0;
    while (i < t->count && t->links[i].number != old->bytes[0])
        i++;
    if (i == t->count)
        return -1;
    while (++i < t->count)
        tagger_wrap_once(&t->links[i], &tag);
    *ret_tag = tag;
    return 0;
}

void tagger_hash(struct tagger *t, const char *purpose_of_use, const void *bytes, size_t len,
                 uint8_t ret_hash[32])
{
    size_t use = strlen(purpose_of_use);
    size_t size;
    assert(use <= UINT8_MAX);
    uint8_t prefix = (uint8_t)use;
    tagger_require(EVP_MAC_init(t->hash, NULL, 0, NULL) == 1 && EVP_MAC_update(t->hash, &prefix, 1) == 1 &&
                   EVP_MAC_update(t->hash, (const uint8_t *)purpose_of_use, use) == 1 &&
                   EVP_MAC_update(t->hash, bytes, len) == 1 &&
                   EVP_MAC_final(t->hash, ret_hash, &size, HASH_SIZE) == 1);
}
