/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/sealed.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <string.h>

enum { KEY = 32, NONCE = 12, TAG = 16, HEAD = 1 + NONCE };

/* The head (key number and nonce) is bound too, by itself: another nonce opens nothing, another number is
 * another key. */
static bool gcm_run(bool seal, const uint8_t key[KEY], const uint8_t *nonce, const void *beside,
                    size_t beside_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[TAG])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, encrypts = seal ? 1 : 0;
    bool ok = ctx != NULL && len <= INT_MAX && beside_len <= INT_MAX &&
              EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypts) == 1 &&
              EVP_CipherUpdate(ctx, NULL, &n, beside, (int)beside_len) == 1 &&
              EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 &&
              (seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1) &&
              EVP_CipherFinal_ex(ctx, out + n, &n) == 1 &&
              (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

int sealed_make(const struct numbered_keys *keys, const char *label, const void *beside, size_t beside_len,
                const void *plain, size_t len, uint8_t *ret_sealed)
{
    uint8_t key[KEY];
    if (keys->count == 0 || RAND_bytes(ret_sealed + 1, NONCE) != 1 ||
        numbered_key_derive(&keys->keys[0], label, "", key, sizeof key) != 0)
        return -1;
    ret_sealed[0] = keys->keys[0].number;
    bool ok = gcm_run(true, key, ret_sealed + 1, beside, beside_len, plain, len, ret_sealed + HEAD,
                      ret_sealed + HEAD + len);
    OPENSSL_cleanse(key, sizeof key);
    return ok ? 0 : -1;
}

int sealed_open(const struct numbered_keys *keys, const char *label, const void *beside, size_t beside_len,
                const uint8_t *sealed, size_t len, uint8_t *ret_plain)
{
    uint8_t key[KEY], tag[TAG];
    const struct numbered_key *from = len >= SEALED_EXTRA ? numbered_keys_find(keys, sealed[0]) : NULL;
    if (from == NULL || numbered_key_derive(from, label, "", key, sizeof key) != 0)
        return -1;
    memcpy(tag, sealed + len - TAG, TAG);
    bool ok = gcm_run(false, key, sealed + 1, beside, beside_len, sealed + HEAD, len - SEALED_EXTRA,
                      ret_plain, tag);
    OPENSSL_cleanse(key, sizeof key);
    return ok ? 0 : -1;
}
