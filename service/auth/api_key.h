/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* API keys: `akk_<id>_<secret><checksum>`, all in lower-case hexadecimal digits. The id is public. The secret
 * is 256 random bits, so that a plain SHA-256 of the key gives nothing of it away. The checksum (FNV-1a of 32
 * bits over all before it) keeps nobody out: what was cut off or misspelled is refused without a look-up, and
 * who searches texts for keys that leaked finds no others. */

#define API_KEY_MARK "akk_"

enum {
    API_KEY_ID_MAX = 16,       /* characters */
    API_KEY_TEXT_MAX = 93,     /* characters: 4 + 16 + 1 + 64 + 8 */
    API_KEY_TOKEN_ID_MAX = 20, /* characters: the mark and the id */
    API_KEY_HASH_SIZE = 32,
    API_KEY_REMEMBERED =
        60 * 60 /* seconds a service goes by what it looked up; a revocation is kept for longer */
};

/* What a key says of itself, and what is stored of it. */
struct api_key {
    char id[API_KEY_ID_MAX + 1];
    uint8_t hash[API_KEY_HASH_SIZE];
};

/* Whether a bearer token is meant as a key. */
bool api_key_is(const char *token, size_t len);
/* Reads a key. Returns false where its form or its checksum is wrong, or libcrypto failed. */
bool api_key_read(const char *token, size_t len, struct api_key *ret_key);
/* Makes one; the text is to be wiped by the caller. Returns -1 where the system has no random bytes, or
 * libcrypto failed. */
int api_key_make(char ret_text[API_KEY_TEXT_MAX + 1], struct api_key *ret_key);
/* Whether ${hash} is the key's; in the same time wherever they differ. */
bool api_key_matches(const struct api_key *key, const uint8_t hash[API_KEY_HASH_SIZE]);
/* What stands for it among the tokens that were revoked. */
void api_key_token_id(const char *id, char ret_token_id[API_KEY_TOKEN_ID_MAX + 1]);
/* Whether ${id} may be one. */
bool api_key_id_valid(const char *id, size_t len);
