/* SPDX-License-Identifier: Apache-2.0 */
#include "base/numbered_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>
#include <string.h>

enum { BASE64_SIZE = 44 }; /* characters for 32 bytes, of which the last is padding */

static const char *number_read(const char *at, const char *end, uint8_t *ret_number)
{
    unsigned number = 0;
    const char *digits = at;
    for (; at < end && *at >= '0' && *at <= '9' && number <= UINT8_MAX; at++)
        number = number * 10 + (unsigned)(*at - '0');
    if (at == digits || at == end || *at != ':' || number < 1 || number > UINT8_MAX)
        return NULL;
    *ret_number = (uint8_t)number;
    return at + 1;
}

/* Encoded again it must be the same: OpenSSL's decoder overlooks blanks and loose bits. */
static bool key_decode(const char *text, size_t len, uint8_t ret_bytes[NUMBERED_KEY_SIZE])
{
    uint8_t bytes[BASE64_SIZE];
    uint8_t again[BASE64_SIZE + 1];
    if (len != BASE64_SIZE ||
        EVP_DecodeBlock(bytes, (const uint8_t *)text, BASE64_SIZE) != NUMBERED_KEY_SIZE + 1)
        return false;
    EVP_EncodeBlock(again, bytes, NUMBERED_KEY_SIZE);
    bool same = CRYPTO_memcmp(again, text, BASE64_SIZE) == 0;
    if (same)
        memcpy(ret_bytes, bytes, NUMBERED_KEY_SIZE);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(again, sizeof again);
    return same;
}

static const char *key_add(struct numbered_keys *keys, const char *line, const char *end)
{
    uint8_t number;
    const char *base64 = number_read(line, end, &number);
    if (base64 == NULL)
        return "A line of the file is NUMBER:BASE64 with a number from 1 to 255";
    if (numbered_keys_find(keys, number) != NULL)
        return "A number occurs twice in the file";
    if (keys->count == NUMBERED_KEYS_MAX)
        return "The file has more than 16 keys";
    struct numbered_key *key = &keys->keys[keys->count];
    if (!key_decode(base64, (size_t)(end - base64), key->bytes))
        return "A key is 32 bytes in base64";
    key->number = number;
    keys->count++;
    return NULL;
}

const char *numbered_keys_parse(const char *text, size_t len, struct numbered_keys *ret_keys)
{
    struct numbered_keys keys = {.count = 0};
    const char *fault = NULL;
    const char *end = text + len;
    for (const char *line = text; line < end && fault == NULL;) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));
        const char *next = feed == NULL ? end : feed + 1;
        const char *stop = feed == NULL ? end : feed;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
            stop--;
        if (stop > line && *line != '#')
            fault = key_add(&keys, line, stop);
        line = next;
    }
    if (fault == NULL && keys.count == 0)
        fault = "The file has no key";
    if (fault == NULL)
        *ret_keys = keys;
    numbered_keys_wipe(&keys);
    return fault;
}

void numbered_keys_wipe(struct numbered_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}

const struct numbered_key *numbered_keys_find(const struct numbered_keys *keys, uint8_t number)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->keys[i].number == number)
            return &keys->keys[i];
    }
    return NULL;
}

int numbered_key_derive(const struct numbered_key *key, const char *label, const char *owner, uint8_t *out,
                        size_t size)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key->bytes,
                                          NUMBERED_KEY_SIZE),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)label, strlen(label) + 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)owner, strlen(owner)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool derived = ctx != NULL && EVP_KDF_derive(ctx, out, size, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return derived ? 0 : -1;
}
