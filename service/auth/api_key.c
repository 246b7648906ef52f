/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/api_key.h"

#include "base/hash.h"
#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum {
    MARK = sizeof API_KEY_MARK - 1,
    SECRET_AT = MARK + API_KEY_ID_MAX + 1,
    SECRET_BYTES = 32,
    CHECKSUM_AT = SECRET_AT + 2 * SECRET_BYTES,
    CHECKSUM_MAX = 8
};
_Static_assert(CHECKSUM_AT + CHECKSUM_MAX == API_KEY_TEXT_MAX, "the parts make the whole");
_Static_assert(MARK + API_KEY_ID_MAX == API_KEY_TOKEN_ID_MAX, "the mark and the id");

bool api_key_is(const char *token, size_t len)
{
    return len >= MARK && memcmp(token, API_KEY_MARK, MARK) == 0;
}

bool api_key_id_valid(const char *id, size_t len)
{
    return len == API_KEY_ID_MAX && hex_is_lower(id, len);
}

static void checksum_write(const char *text, char ret_digits[CHECKSUM_MAX + 1])
{
    snprintf(ret_digits, CHECKSUM_MAX + 1, "%08x", (unsigned)hash_plain(HASH_NOTHING, text, CHECKSUM_AT));
}

static bool key_hash(const char *text, struct api_key *key)
{
    return EVP_Digest(text, API_KEY_TEXT_MAX, key->hash, NULL, EVP_sha256(), NULL) == 1;
}

bool api_key_read(const char *token, size_t len, struct api_key *ret_key)
{
    char checksum[CHECKSUM_MAX + 1];
    if (len != API_KEY_TEXT_MAX || !api_key_is(token, len) || token[SECRET_AT - 1] != '_' ||
        !api_key_id_valid(token + MARK, API_KEY_ID_MAX) || !hex_is_lower(token + SECRET_AT, 2 * SECRET_BYTES))
        return false;
    checksum_write(token, checksum);
    if (memcmp(token + CHECKSUM_AT, checksum, CHECKSUM_MAX) != 0)
        return false;
    memcpy(ret_key->id, token + MARK, API_KEY_ID_MAX);
    ret_key->id[API_KEY_ID_MAX] = '\0';
    return key_hash(token, ret_key);
}

int api_key_make(char ret_text[API_KEY_TEXT_MAX + 1], struct api_key *ret_key)
{
    uint8_t dice[API_KEY_ID_MAX / 2 + SECRET_BYTES];
    if (getrandom(dice, sizeof dice, 0) != (ssize_t)sizeof dice)
        return -1;
    memcpy(ret_text, API_KEY_MARK, MARK);
    hex_write(dice, API_KEY_ID_MAX / 2, ret_text + MARK);
    ret_text[SECRET_AT - 1] = '_';
    hex_write(dice + API_KEY_ID_MAX / 2, SECRET_BYTES, ret_text + SECRET_AT);
    checksum_write(ret_text, ret_text + CHECKSUM_AT);
    OPENSSL_cleanse(dice, sizeof dice);
    return api_key_read(ret_text, API_KEY_TEXT_MAX, ret_key) ? 0 : -1;
}

bool api_key_matches(const struct api_key *key, const uint8_t hash[API_KEY_HASH_SIZE])
{
    return CRYPTO_memcmp(key->hash, hash, API_KEY_HASH_SIZE) == 0;
}

void api_key_token_id(const char *id, char ret_token_id[API_KEY_TOKEN_ID_MAX + 1])
{
    snprintf(ret_token_id, API_KEY_TOKEN_ID_MAX + 1, "%s%s", API_KEY_MARK, id);
}
