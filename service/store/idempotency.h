/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { KEY_HASH_SIZE = 32 };

/* A key under which a write's first answer is kept for 24 hours, in its transaction. */
struct idempotency {
    bool present;
    uint8_t key_hash[KEY_HASH_SIZE];    /* of client and key */
    uint8_t fingerprint[KEY_HASH_SIZE]; /* of the request; another one under the same key is refused */
};
