/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "domain/tag.h"

/* Sealed tokens: what the service hands out and wants back unread and unchanged, such as the token that
 * confirms a double opt-in. Stateless: AES-256-GCM under a key derived (HKDF) from the subject key in force,
 * for one use each; it opens as long as that subject key is still in the file, so rotation is that of the
 * subject keys. In base64url: key number, 96-bit nonce (a MAC of the payload: the same is sealed the same),
 * ciphertext, 128-bit tag. Whether it was used is for the ledger to say. */

enum {
    LINK_PAYLOAD_MAX = 128, /* bytes */
    LINK_TEXT_MAX = 220     /* characters: (1 + 12 + 8 + 128 + 16) * 4 / 3, rounded up */
};

/* What a token is for: one of another use does not open. */
enum link_use { LINK_CONFIRM };

/* Seals ${len} bytes until ${expires}. Writes the token and a NUL. Returns -1 when
 * libcrypto or the random source failed. */
int link_seal(const struct subject_keys *keys, enum link_use use, instant expires, const void *payload,
              size_t len, char ret_text[LINK_TEXT_MAX + 1]);
/* Opens a token that has not expired at ${now}. Returns -1, and tells no more, when it is not ours, was
 * changed, has expired or has not ${len} bytes of payload; then ${ret_payload} is untouched. */
int link_open(const struct subject_keys *keys, enum link_use use, instant now, const char *text,
              size_t text_len, void *ret_payload, size_t len);
