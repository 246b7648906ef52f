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

static int cipher_of_key(const struct numbered_key *key, enum link_use use, uint8_t ret_cipher[LINK_KEY_SIZE])
{
    return numbered_key_derive(key, "akkoord link 2", use_words[use], ret_cipher, LINK_KEY_SIZE);
}

int link_sealer_make(const struct numbered_keys *keys, enum link_use use, struct link_sealer *ret_sealer)
{
    if (keys->count == 0)
        return -1;
    const struct numbered_key *key = &keys->keys[0];
    ret_sealer->number = key->number;
    int rc = cipher_of_key(key, use, ret_sealer->cipher);
    return rc == 0 ? numbered_key_derive(key, "akkoord link nonce 2", use_words[use], ret_sealer->nonce,
                                         LINK_KEY_SIZE)
                   : rc;
}

void link_sealer_wipe(struct link_sealer *sealer)
{
    explicit_bzero(sealer, sizeof *sealer);
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

int link_sealer_seal(const struct link_sealer *sealer, const struct link *link,
                     char ret_text[LINK_TEXT_MAX + 1])
{
    uint8_t plain[PLAIN_MAX], sealed[SEALED_MAX];
    instant seconds = link->expires / SECOND;
    assert(link->len <= LINK_PAYLOAD_MAX);
    if (seconds < 0 || seconds > UINT32_MAX)
        return -1;
    uint32_t controller = htobe32((uint32_t)link->controller_id), end = htobe32((uint32_t)seconds);
    memcpy(plain, &controller, 4);
    memcpy(plain + 4, &end, 4);
    memcpy(plain + FIXED, link->payload, link->len);

    size_t len = FIXED + link->len;
    sealed[0] = sealer->number;
    if (nonce_make(sealer->nonce, plain, len, sealed + 1) != 0 ||
        gcm_seal(sealer->cipher, sealed, plain, len, sealed + HEAD) != 0)
        return -1;
    base64url_encode(sealed, HEAD + len + SEAL, ret_text);
    return 0;
}

int link_seal(const struct numbered_keys *keys, enum link_use use, const struct link *link,
              char ret_text[LINK_TEXT_MAX + 1])
{
    struct link_sealer sealer;
    int rc = link_sealer_make(keys, use, &sealer);
    if (rc == 0)
        rc = link_sealer_seal(&sealer, link, ret_text);
    link_sealer_wipe(&sealer);
    return rc;
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

int link_open(const struct numbered_keys *keys, enum link_use use, const char *text, size_t len,
              struct link *ret_link)
{
    uint8_t plain[PLAIN_MAX], sealed[SEALED_MAX], cipher[LINK_KEY_SIZE];
    size_t sealed_len;
    if (len > LINK_TEXT_MAX || !base64url_decode(text, len, sealed, sizeof sealed, &sealed_len) ||
        sealed_len < HEAD + FIXED + SEAL)
        return -1;
    const struct numbered_key *key = numbered_keys_find(keys, sealed[0]);
    size_t plain_len = sealed_len - HEAD - SEAL;
    int rc = key != NULL && cipher_of_key(key, use, cipher) == 0
                 ? gcm_open(cipher, sealed, sealed + HEAD, plain_len, plain)
                 : -1;
    explicit_bzero(cipher, sizeof cipher);
    if (rc == 0)
        plain_read(plain, plain_len, ret_link);
    return rc;
}
