/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/numbered_keys.h"

/* Sealed links: what the service hands out and wants back unread and unchanged, such as the token that
 * confirms a double opt-in. Stateless: AES-256-GCM under a key that is derived (HKDF) from one of the
 * operator's link keys, one for each use; it opens as long as that key is in the file. In base64url: key
 * number, 96-bit nonce (a MAC of what is sealed, so that the same is sealed the same, and the first answer
 * can be given again), ciphertext, 128-bit tag. Whose it is and when it ends stand within;
 * whether it was used is for the ledger to say. */

enum {
    LINK_TEXT_MAX = 136, /* characters: with a host and a path a link stays on two lines of a mail */
    /* bytes: 136 characters are 102; less key number, nonce, tag, controller and end */
    LINK_PAYLOAD_MAX = 102 - 1 - 12 - 16 - 4 - 4
};

/* What a link is for: one of another use does not open. */
enum link_use { LINK_CONFIRM, LINK_UNSUBSCRIBE, LINK_PREFERENCES, LINK_GUARDIAN, LINK_IDENTITY, LINK_USES };

struct link {
    int32_t controller_id;
    instant expires; /* whole seconds, from 1970 to 2105 */
    size_t len;      /* bytes of the payload */
    uint8_t payload[LINK_PAYLOAD_MAX];
};

/* The operator's link keys, each with what is derived from it for each use, made once: a derivation costs
 * more than to open a link does. Secret: wiped when it is no longer needed. */
enum { LINK_KEY_SIZE = 32 };
struct link_keys {
    struct numbered_keys numbered; /* for what else is sealed with them */
    struct {
        uint8_t cipher[LINK_KEY_SIZE], nonce[LINK_KEY_SIZE];
    } derived[NUMBERED_KEYS_MAX][LINK_USES]; /* in the order of the numbered ones */
};
/* Copies ${numbered}. Returns -1 when libcrypto failed. */
int link_keys_make(const struct numbered_keys *numbered, struct link_keys *ret_keys);
/* Overwrites them, in a way no compiler takes out. */
void link_keys_wipe(struct link_keys *keys);

/* Writes the token and a NUL. The end is cut to the second. The first key seals. Returns -1 when there is no
 * key, the end cannot be told or libcrypto failed. */
int link_seal(const struct link_keys *keys, enum link_use use, const struct link *link,
              char ret_text[LINK_TEXT_MAX + 1]);
/* Opens it, by any of the keys, whether it has expired or not. Returns -1, and tells no more, when it was not
 * sealed here for this use, or was changed; then ${ret_link} is untouched. */
int link_open(const struct link_keys *keys, enum link_use use, const char *text, size_t len,
              struct link *ret_link);
