/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"

#include "base/base64url.h"

#include <endian.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

enum {
    KEY = 32,
    NONCE = 12,
    SEAL = 16,
    EXPIRY = 8,
    SEALED_MAX = 1 + NONCE + EXPIRY + LINK_PAYLOAD_MAX + SEAL
};

static const char *const use_labels[] = {"akkoord link confirm 1"};

static int key_derive(const struct subject_key *from, enum link_use use, uint8_t ret_key[KEY])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)from->bytes, sizeof from->bytes),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)use_labels[use],
                                          strlen(use_labels[use])),
        OSSL_PARAM_construct_end()};
    int ok = ctx != NULL && EVP_KDF_derive(ctx, ret_key, KEY, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok ? 0 : -1;
}

/* The same payload gives the same token, so that the first answer can be given again; another
 * payload never meets the same nonce. */
static int nonce_make(const uint8_t key[KEY], const uint8_t *plain, size_t len, uint8_t ret_nonce[NONCE])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    if (HMAC(EVP_sha256(), key, KEY, plain, len, mac, &mac_len) == NULL || mac_len < NONCE)
        return -1;
    memcpy(ret_nonce, mac, NONCE);
    return 0;
}

static int gcm_seal(const uint8_t key[KEY], const uint8_t *head, const uint8_t *plain, size_t len,
                    uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    int ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, head + 1) == 1 &&
             EVP_EncryptUpdate(ctx, NULL, &n, head, 1) == 1 &&
             EVP_EncryptUpdate(ctx, out, &n, plain, (int)len) == 1 &&
             EVP_EncryptFinal_ex(ctx, out + n, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL, out + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : -1;
}

static int gcm_open(const uint8_t key[KEY], const uint8_t *head, const uint8_t *sealed, size_t len,
                    uint8_t *out)
{
    uint8_t seal[SEAL];
    memcpy(seal, sealed + len, SEAL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    int ok = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, head + 1) == 1 &&
             EVP_DecryptUpdate(ctx, NULL, &n, head, 1) == 1 &&
             EVP_DecryptUpdate(ctx, out, &n, sealed, (int)len) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL, seal) == 1 &&
             EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : -1;
}

int link_seal(const struct subject_keys *keys, enum link_use use, instant expires, const void *payload,
              size_t len, char ret_text[LINK_TEXT_MAX + 1])
{
    uint8_t key[KEY], plain[EXPIRY + LINK_PAYLOAD_MAX], sealed[SEALED_MAX];
    if (len > LINK_PAYLOAD_MAX || keys->count == 0)
        return -1;
    uint64_t wire = htobe64((uint64_t)expires);
    memcpy(plain, &wire, EXPIRY);
    memcpy(plain + EXPIRY, payload, len);
    sealed[0] = keys->keys[0].number;
    int rc =
        key_derive(&keys->keys[0], use, key) == 0 && nonce_make(key, plain, EXPIRY + len, sealed + 1) == 0
            ? gcm_seal(key, sealed, plain, EXPIRY + len, sealed + 1 + NONCE)
            : -1;
    OPENSSL_cleanse(key, sizeof key);
    if (rc == 0)
        base64url_encode(sealed, 1 + NONCE + EXPIRY + len + SEAL, ret_text);
    return rc;
}

int link_open(const struct subject_keys *keys, enum link_use use, instant now, const char *text,
              size_t text_len, void *ret_payload, size_t len)
{
    uint8_t key[KEY], plain[EXPIRY + LINK_PAYLOAD_MAX], sealed[SEALED_MAX];
    size_t sealed_len;
    if (len > LINK_PAYLOAD_MAX || !base64url_decode(text, text_len, sealed, sizeof sealed, &sealed_len) ||
        sealed_len != 1 + NONCE + EXPIRY + len + SEAL)
        return -1;
    const struct subject_key *from = subject_keys_find(keys, sealed[0]);
    int rc = from != NULL && key_derive(from, use, key) == 0
                 ? gcm_open(key, sealed, sealed + 1 + NONCE, EXPIRY + len, plain)
                 : -1;
    OPENSSL_cleanse(key, sizeof key);
    uint64_t wire;
    memcpy(&wire, plain, EXPIRY);
    if (rc != 0 || (instant)be64toh(wire) <= now)
        return -1;
    memcpy(ret_payload, plain + EXPIRY, len);
    return 0;
}
