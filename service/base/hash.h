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

/* FNV-1a of 32 bits (Fowler, Noll and Vo): always the same, so also for what is stored. Nobody must gain by
 * making two meet. ${hash} is what came before: HASH_NOTHING, or the hash of the bytes before these. */
#define HASH_NOTHING UINT32_C(2166136261)
uint32_t hash_plain(uint32_t hash, const void *bytes, size_t len);
