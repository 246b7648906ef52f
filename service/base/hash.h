/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 (Aumasson and Bernstein, 2012): for tables whose keys strangers choose. Who does not know the
 * key cannot aim at a place. Not for anything that is stored. */
struct hash_key {
    uint64_t words[2];
};

/* A random one. Aborts when the kernel has none: at start-up only. */
struct hash_key hash_key_make(void);
uint64_t hash_keyed(const struct hash_key *key, const void *bytes, size_t len);
