/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct keys {
    atomic_uint references;
    uint64_t generation;
    int64_t max_lifetime;
    size_t count;
    struct key *items[KEYS_MAX];
};

/* Two keys clash when a token could mean either: the same kid, or one algorithm and one of them without kid.
 */
static bool keys_clash(const struct key *a, const struct key *b)
{
    if (key_id(a) != NULL && key_id(b) != NULL)
        return strcmp(key_id(a), key_id(b)) == 0;
    return key_algorithm(a) == key_algorithm(b);
}

/* Takes ${key}, also when it returns a sentence. */
static const char *keys_add(struct keys *keys, struct key *key)
{
    const char *fault = keys->count == KEYS_MAX ? "there are more than 64 keys" : NULL;
    for (size_t i = 0; i < keys->count && fault == NULL; i++)
        if (keys_clash(keys->items[i], key))
            fault = "another key has this kid, or shares its algorithm and one of the two has no kid";
    if (fault != NULL)
        key_destroy(key);
    else
        keys->items[keys->count++] = key;
    return fault;
}

static int keys_load_secret(struct keys *keys, const struct keys_source *source, const char *issuer,
                            char fault[KEYS_FAULT])
{
    if (source->secret == NULL)
        return 0;
    struct key *key = NULL;
    const char *why =
        key_from_secret(source->secret, key_secret_len(source->secret, source->secret_len), issuer, &key);
    if (why == NULL)
        why = keys_add(keys, key);
    if (why == NULL)
        return 0;
    snprintf(fault, KEYS_FAULT, "shared secret: %s", why);
    return -1;
}

/* A key that is not for us is passed over; where no other is left, what it lacks is told. */
static int keys_load_jwks(struct keys *keys, const struct keys_source *source, const char *issuer,
                          char fault[KEYS_FAULT])
{
    bool is_any_ours = keys->count > 0;
    for (size_t i = 0; i < source->jwk_count; i++)
        is_any_ours |= !key_is_for_others(&source->jwks[i]);
    for (size_t i = 0; i < source->jwk_count; i++) {
        if (is_any_ours && key_is_for_others(&source->jwks[i]))
            continue;
        struct key *key = NULL;
        const char *why = key_from_jwk(&source->jwks[i], issuer, &key);
        if (why == NULL)
            why = keys_add(keys, key);
        if (why == NULL && source->receipts != NULL && key_signs_receipts(key, source->receipts))
            why = "it signs receipts (AKKOORD_RECEIPT_KEY_DIR): what people are handed must let nobody in";
        if (why != NULL) {
            snprintf(fault, KEYS_FAULT, "JWKS key %zu: %s", i + 1, why);
            return -1;
        }
    }
    return 0;
}

int keys_create(const struct keys_source *source, struct keys **ret_keys, char fault[KEYS_FAULT])
{
    static atomic_uint_fast64_t generations;
    const char *issuer = source->issuer != NULL && source->issuer[0] != '\0' ? source->issuer : NULL;
    struct keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        snprintf(fault, KEYS_FAULT, "memory ran out");
        return -1;
    }
    atomic_init(&keys->references, 1);
    keys->generation = atomic_fetch_add(&generations, 1) + 1;
    keys->max_lifetime = source->max_lifetime > 0 ? source->max_lifetime : KEYS_LIFETIME;
    if (keys_load_secret(keys, source, issuer, fault) != 0 ||
        keys_load_jwks(keys, source, issuer, fault) != 0)
        goto err;
    if (keys->count == 0) {
        snprintf(fault, KEYS_FAULT, "there is no key to verify tokens with");
        goto err;
    }
    *ret_keys = keys;
    return 0;
err:
    keys_unref(keys);
    return -1;
}

struct keys *keys_ref(struct keys *keys)
{
    atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    return keys;
}

void keys_unref(struct keys *keys)
{
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < keys->count; i++)
        key_destroy(keys->items[i]);
    free(keys);
}

const struct key *keys_select(const struct keys *keys, const char *kid, enum algorithm algorithm)
{
    const struct key *found = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = keys->items[i];
        if (key_algorithm(key) != algorithm)
            continue;
        if (kid != NULL && (key_id(key) == NULL || strcmp(key_id(key), kid) != 0))
            continue;
        if (found != NULL)
            return NULL;
        found = key;
    }
    return found;
}

uint64_t keys_generation(const struct keys *keys)
{
    return keys->generation;
}

int64_t keys_max_lifetime(const struct keys *keys)
{
    return keys->max_lifetime;
}
