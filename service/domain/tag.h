/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/numbered_keys.h"
#include "domain/identifier.h"

/* A tag is what the database knows of an identifier: the number of the subject key that made it, then the
 * first 128 bits of a keyed hash (HMAC-SHA-256). It stays personal data: pseudonymous, not anonymous. The
 * subject keys are the operator's (base/numbered_keys): the first makes tags. */
enum { TAG_SIZE = 17, SUBJECT_KEY_CHECK_SIZE = 16 };

struct tag {
    uint8_t bytes[TAG_SIZE];
};

/* The value the database keeps of a key, so that a service with another key of that number refuses to start.
 * It tells nothing of the key or its tags. Aborts on a failing libcrypto. */
void subject_key_check(const struct numbered_key *key, uint8_t ret_check[SUBJECT_KEY_CHECK_SIZE]);

/* Makes the tags of one controller. Not thread-safe: one per loop thread. */
struct tagger;

/* Keys per controller are HKDF-SHA-256(subject key, controller), one for each use. A tag of key ${last} is
 * made by key ${first} from the identifier and wrapped by each key numbered in between, upward: tag' =
 * HMAC(next, tag), since a rotation has only tags to go by. ${first} <= ${last}; both must be in ${keys}, and
 * which numbers stand there between them must never change. Copies what it needs. Returns NULL when the first
 * or last key is missing, the controller's name is longer than 512 bytes, or memory ran out. */
struct tagger *tagger_create(const struct numbered_keys *keys, uint8_t first, uint8_t last,
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
