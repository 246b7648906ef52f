/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/numbered_keys.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes that only this service can read: AES-256-GCM under a key derived from the first of the link keys,
 * with a nonce of 96 random bits, bound to what they stand beside (${beside}, such as a controller and a
 * kind). Key number, nonce, ciphertext, tag. They open as long as their key is in the file. */
enum { SEALED_EXTRA = 1 + 12 + 16 }; /* bytes more than what is sealed */

/* Writes ${len} + SEALED_EXTRA bytes. ${label} is the use: no two share a key. Returns -1 when libcrypto
 * failed. */
int sealed_make(const struct numbered_keys *keys, const char *label, const void *beside, size_t beside_len,
                const void *plain, size_t len, uint8_t *ret_sealed);
/* Writes ${len} - SEALED_EXTRA bytes. Returns -1 where it does not open. */
int sealed_open(const struct numbered_keys *keys, const char *label, const void *beside, size_t beside_len,
                const uint8_t *sealed, size_t len, uint8_t *ret_plain);
