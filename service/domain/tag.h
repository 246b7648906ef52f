/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/identifier.h"

/* A tag is what the database knows of an identifier: the number of the subject key that made it, then the
 * first 128 bits of a keyed hash (HMAC-SHA-256). It stays personal data: pseudonymous, not anonymous. */
enum { TAG_SIZE = 17, SUBJECT_KEY_SIZE = 32, SUBJECT_KEYS_MAX = 16, SUBJECT_KEY_CHECK_SIZE = 16 };

struct tag {
    uint8_t bytes[TAG_SIZE];
};

/* The operator's subject keys, in the order of the file: the first makes tags. */
struct subject_key {
    uint8_t number; /* 1..255 */
    uint8_t bytes[SUBJECT_KEY_SIZE];
};
struct subject_keys {
    size_t count;
    struct subject_key keys[SUBJECT_KEYS_MAX];
};

/* Reads lines of `NUMBER:BASE64` (32 bytes each, as `openssl rand -base64 32` prints them); blank lines and
 * lines that start with '#' are passed over. A number twice, and no key at all, are faults. Returns NULL, or
 * a static sentence that says what is wrong, with ${ret_keys} untouched. */
const char *subject_keys_parse(const char *text, size_t len, struct subject_keys *ret_keys);
/* Overwrites the keys, in a way no compiler takes out. */
void subject_keys_wipe(struct subject_keys *keys);
/* NULL when there is no key of that number. */
const struct subject_key *subject_keys_find(const struct subject_keys *keys, uint8_t number);
/* The value the database keeps of a key, so that a service with another key of that number refuses to start.
 * It tells nothing of the key or its tags. Aborts on a failing libcrypto. */
void subject_key_check(const struct subject_key *key, uint8_t ret_check[SUBJECT_KEY_CHECK_SIZE]);

/* Makes the tags of one controller. Not thread-safe: one per loop thread. */
struct tagger;

/* Keys per controller are HKDF-SHA-256(subject key, controller), one for each use. A tag of key ${last} is
 * made by key ${first} from the identifier and wrapped by each key numbered in between, upward: tag' =
 * HMAC(next, tag), since a rotation has only tags to go by. ${first} <= ${last}; both must be in ${keys}, and
 * which numbers stand there between them must never change. Copies what it needs. Returns NULL when the first
 * or last key is missing, the controller's name is longer than 512 bytes, or memory ran out. */
struct tagger *tagger_create(const struct subject_keys *keys, uint8_t first, uint8_t last,
                             const char *controller);
/* Wipes its keys. Accepts NULL. */
void tagger_destroy(struct tagger *t);

/* Input of the hash, length-prefixed: normalisation version, type, normal form. Aborts on a failing
 * libcrypto. */
void tagger_make(struct tagger *t, const struct identifier *identifier, struct tag *ret_tag);
/* Wraps a tag made by a key below ${last} up to ${last}; one of ${last} stays as it is. Returns -1,
 * ${ret_tag} untouched, when its key is not in the chain. Aborts on a failing libcrypto. */
int tagger_wrap(struct tagger *t, const struct tag *old, struct tag *ret_tag);
/* HMAC-SHA-256 of ${purpose_of_use} ("idempotency", ...; up to 255 bytes) and the bytes, under a key of this
 * controller that makes no tags: for whatever else must not be stored in clear. Two uses never give the same
 * hash. Stable across rotations (made from key ${first}). Aborts on a failing libcrypto. */
void tagger_hash(struct tagger *t, const char *purpose_of_use, const void *bytes, size_t len,
                 uint8_t ret_hash[32]);
