/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"

#include "base/base64url.h"

#include <assert.h>
#include <endian.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum {
    NONCE = 12,
    SEAL = 16,
    HEAD = 1 + NONCE, /* the key's number, in clear, which the seal covers too */
    FIXED = 4 + 4,    /* controller, end */
    PLAIN_MAX = FIXED + LINK_PAYLOAD_MAX,
    SEALED_MAX = HEAD + PLAIN_MAX + SEAL
};
static_assert(SEALED_MAX * 4 / 3 == LINK_TEXT_MAX, "what fits is what is allowed");

/* ---- keys ---- */

static const char *const use_words[LINK_USES] = {"confirm", "unsubscribe", "preferences", "guardian",
                                                 "identity"};

int link_keys_make(const struct numbered_keys *numbered, struct link_keys *ret_keys)
{
    ret_keys->numbered = *numbered;
    for (size_t i = 0; i < numbered->count; i++) {
        for (enum link_use use = 0; use < LINK_USES; use++) {
            const struct numbered_key *key = &numbered->keys[i];
            uint8_t *cipher = ret_keys->derived[i][use].cipher, *nonce = ret_keys->derived[i][use].nonce;
            if (numbered_key_derive(key, "akkoord link 2", use_words[use], cipher, LINK_KEY_SIZE) != 0 ||
                numbered_key_derive(key, "akkoord link nonce 2", use_words[use], nonce, LINK_KEY_SIZE) != 0)
                return -1;
        }
    }
    return 0;
}

void link_keys_wipe(struct link_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
}

/* ---- sealing ---- */

/* Another payload never meets the same nonce under one key. */
static int nonce_make(const uint8_t key[LINK_KEY_SIZE], const uint8_t *plain, size_t len,
                      uint8_t ret_nonce[NONCE])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    if (HMAC(EVP_sha256(), key, LINK_KEY_SIZE, plain, len, mac, &mac_len) == NULL || mac_len < NONCE)
        return -1;
    memcpy(ret_nonce, mac, NONCE);
    return 0;
}

static int gcm_seal(const uint8_t key[LINK_KEY_SIZE], const uint8_t *head, const uint8_t *plain, size_t len,
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

static int gcm_open(const uint8_t key[LINK_KEY_SIZE], const uint8_t *head, const uint8_t *sealed, size_t len,
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

int link_seal(const struct link_keys *keys, enum link_use use, const struct link *link,
              char ret_text[LINK_TEXT_MAX + 1])
{
    uint8_t plain[PLAIN_MAX], sealed[SEALED_MAX];
    instant seconds = link->expires / SECOND;
    assert(link->len <= LINK_PAYLOAD_MAX);
    if (keys->numbered.count == 0 || seconds < 0 || seconds > UINT32_MAX)
        return -1;
    uint32_t controller = htobe32((uint32_t)link->controller_id), end = htobe32((uint32_t)seconds);
    memcpy(plain, &controller, 4);
    memcpy(plain + 4, &end, 4);
    memcpy(plain + FIXED, link->payload, link->len);

    size_t len = FIXED + link->len;
    sealed[0] = keys->numbered.keys[0].number;
    if (nonce_make(keys->derived[0][use].nonce, plain, len, sealed + 1) != 0 ||
        gcm_seal(keys->derived[0][use].cipher, sealed, plain, len, sealed + HEAD) != 0)
        return -1;
    base64url_encode(sealed, HEAD + len + SEAL, ret_text);
    return 0;
}

static void plain_read(const uint8_t *plain, size_t len, struct link *ret_link)
{
    uint32_t controller, end;
    memcpy(&controller, plain, 4);
    memcpy(&end, plain + 4, 4);
    ret_link->controller_id = (int32_t)be32toh(controller);
    ret_link->expires = (instant)be32toh(end) * SECOND;
    ret_link->len = len - FIXED;
    memcpy(ret_link->payload, plain + FIXED, ret_link->len);
}

int link_open(const struct link_keys *keys, enum link_use use, const char *text, size_t len,
              struct link *ret_link)
{
    uint8_t plain[PLAIN_MAX], sealed[SEALED_MAX];
    size_t sealed_len;
    if (len > LINK_TEXT_MAX || !base64url_decode(text, len, sealed, sizeof sealed, &sealed_len) ||
        sealed_len < HEAD + FIXED + SEAL)
        return -1;
    const struct numbered_key *key = numbered_keys_find(&keys->numbered, sealed[0]);
    if (key == NULL)
        return -1;
    size_t plain_len = sealed_len - HEAD - SEAL;
    const uint8_t *cipher = keys->derived[key - keys->numbered.keys][use].cipher;
    if (gcm_open(cipher, sealed, sealed + HEAD, plain_len, plain) != 0)
        return -1;
    plain_read(plain, plain_len, ret_link);
    return 0;
}
