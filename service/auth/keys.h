/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/key.h"

#include <stdint.h>

/* All keys a token may be signed with. Immutable and reference-counted: SIGHUP makes a new set, and each
 * thread changes over when it is told. Thread-safe. */
struct keys;

enum {
    KEYS_MAX = 64,    /* keys in a set: a rotation of 30 issuers, and a token without kid walks them all */
    KEYS_FAULT = 256, /* bytes of a sentence, with its NUL */
    KEYS_LIFETIME = 24 * 60 * 60 /* seconds a token may live where nothing else is said */
};

struct keys_source {
    const char *secret; /* the secret file's bytes, a newline at the end and all; NULL: none */
    size_t secret_len;
    const struct jwk *jwks; /* may be NULL when ${jwk_count} is 0 */
    size_t jwk_count;
    const char *issuer;   /* AKKOORD_JWT_ISSUER; NULL or "": none */
    int64_t max_lifetime; /* seconds a token may expire ahead of now; 0: KEYS_LIFETIME */
    /* none of these may verify tokens: what they sign is handed to people; NULL: there are none */
    const struct receipt_keys *receipts;
};

/* Copies what it needs of ${source} and gives one reference. Returns -1, with ${ret_keys} untouched and a
 * sentence in
 * ${fault} that names the key by its number in the JWKS (from 1) and says nothing of its material, when a key
 * is not sound, two could answer to one token, or there is none at all. Keys for others (key_is_for_others)
 * are passed over. */
int keys_create(const struct keys_source *source, struct keys **ret_keys, char fault[KEYS_FAULT]);
struct keys *keys_ref(struct keys *keys);
/* The last one wipes and frees. Accepts NULL. */
void keys_unref(struct keys *keys);

/* The key a token means: the one of that ${kid}, or without one (NULL) the only key of ${algorithm}. NULL
 * when there is none, or it is pinned to another algorithm. The kid is compared and nothing else (RFC
 * 8725, 3.10). */
const struct key *keys_select(const struct keys *keys, const char *kid, enum algorithm algorithm);

/* Another number for every set made in this process: what was concluded under one set is void under another.
 */
uint64_t keys_generation(const struct keys *keys);
/* Seconds. */
int64_t keys_max_lifetime(const struct keys *keys);
