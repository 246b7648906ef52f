/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/subject_id.h"

#include "base/base64url.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };

struct subject_ids {
    uint32_t controller_id;
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
};

struct subject_ids *subject_ids_create(const uint8_t key[SUBJECT_ID_KEY_BYTES], int32_t controller_id)
{
    struct subject_ids *ids = calloc(1, sizeof *ids);
    if (ids == NULL)
        return NULL;
    ids->controller_id = (uint32_t)controller_id;
    ids->seal = EVP_CIPHER_CTX_new();
    ids->open = EVP_CIPHER_CTX_new();
    if (ids->seal == NULL || ids->open == NULL ||
        EVP_EncryptInit_ex(ids->seal, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
        EVP_DecryptInit_ex(ids->open, EVP_aes_128_ecb(), NULL, key, NULL) != 1) {
        subject_ids_destroy(ids);
        return NULL;
    }
    EVP_CIPHER_CTX_set_padding(ids->seal, 0);
    EVP_CIPHER_CTX_set_padding(ids->open, 0);
    return ids;
}

void subject_ids_destroy(struct subject_ids *ids)
{
    if (ids == NULL)
        return;
    EVP_CIPHER_CTX_free(ids->seal);
    EVP_CIPHER_CTX_free(ids->open);
    free(ids);
}

static void block_pass(EVP_CIPHER_CTX *ctx,
                       int (*pass)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int),
                       uint8_t block[BLOCK])
{
    uint8_t out[BLOCK];
    int len = 0;
    if (pass(ctx, out, &len, block, BLOCK) != 1 || len != BLOCK)
        abort(); /* a block of a set-up cipher cannot fail */
    memcpy(block, out, BLOCK);
}

void subject_id_format(struct subject_ids *ids, int64_t subject_no, char text[SUBJECT_ID_TEXT + 1])
{
    uint8_t block[BLOCK] = {0};
    uint32_t controller = htobe32(ids->controller_id);
    uint64_t number = htobe64((uint64_t)subject_no);
    memcpy(block, &controller, sizeof controller);
    memcpy(block + 8, &number, sizeof number);
    block_pass(ids->seal, EVP_EncryptUpdate, block);
    base64url_encode(block, BLOCK, text);
}

bool subject_id_parse(struct subject_ids *ids, const char *text, size_t len, int64_t *ret_subject_no)
{
    uint8_t block[BLOCK];
    size_t block_len;
    if (len != SUBJECT_ID_TEXT || !base64url_decode(text, len, block, sizeof block, &block_len))
        return false;
    block_pass(ids->open, EVP_DecryptUpdate, block);
    uint32_t controller, zeros;
    uint64_t number;
    memcpy(&controller, block, sizeof controller);
    memcpy(&zeros, block + 4, sizeof zeros);
    memcpy(&number, block + 8, sizeof number);
    if (be32toh(controller) != ids->controller_id || zeros != 0 || (int64_t)be64toh(number) <= 0)
        return false;
    *ret_subject_no = (int64_t)be64toh(number);
    return true;
}
