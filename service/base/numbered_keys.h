/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Secret keys as the operator's files have them, each with a number that what was made by it carries: so a
 * new one can go first, and what the older ones made is still read. */
enum { NUMBERED_KEY_SIZE = 32, NUMBERED_KEYS_MAX = 16 };

struct numbered_key {
    uint8_t number; /* 1..255 */
    uint8_t bytes[NUMBERED_KEY_SIZE];
};

/* In the order of the file: the first makes what is new. */
struct numbered_keys {
    size_t count;
    struct numbered_key keys[NUMBERED_KEYS_MAX];
};

/* Reads lines of `NUMBER:BASE64` (32 bytes each, as `openssl rand -base64 32` prints them); blank lines and
 * lines that start with '#' are passed over. A number twice, and no key at all, are faults. Returns NULL, or
 * a static sentence that says what is wrong, with ${ret_keys} untouched. */
const char *numbered_keys_parse(const char *text, size_t len, struct numbered_keys *ret_keys);
/* Overwrites the keys, in a way no compiler takes out. */
void numbered_keys_wipe(struct numbered_keys *keys);
/* NULL when there is no key of that number. */
const struct numbered_key *numbered_keys_find(const struct numbered_keys *keys, uint8_t number);
/* A key for one use, by HKDF-SHA-256 without a salt (the key is random already): its info is ${label} with
 * its NUL, then ${owner}, so that no two uses share one. Returns -1 when libcrypto failed. */
int numbered_key_derive(const struct numbered_key *key, const char *label, const char *owner, uint8_t *out,
                        size_t size);
