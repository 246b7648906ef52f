/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/subject_id.h"

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

static void block_pass(EVP_CIPHER_CTX *ctx, int (*pass)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int),
                       uint8_t block[BLOCK])
{
    uint8_t out[BLOCK];
    int len = 0;
    if (pass(ctx, out, &len, block, BLOCK) != 1 || len != BLOCK)
        abort(); /* a block of a set-up cipher cannot fail */
    memcpy(block, out, BLOCK);
}

/* 16 bytes are five groups of three and one byte: the last character has four zero bits. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void subject_id_format(struct subject_ids *ids, int64_t subject_no, char text[SUBJECT_ID_TEXT + 1])
{
    uint8_t block[BLOCK + 2] = {0}; /* two more, so that the last group reads zeros */
    uint32_t controller = htobe32(ids->controller_id);
    uint64_t number = htobe64((uint64_t)subject_no);
    memcpy(block, &controller, sizeof controller);
    memcpy(block + 8, &number, sizeof number);
    block_pass(ids->seal, EVP_EncryptUpdate, block);
    for (size_t i = 0; i < SUBJECT_ID_TEXT; i++) {
        const uint8_t *group = block + i / 4 * 3;
        uint32_t bits = (uint32_t)group[0] << 16 | (uint32_t)group[1] << 8 | group[2];
        text[i] = alphabet[bits >> (18 - 6 * (i % 4)) & 63];
    }
    text[SUBJECT_ID_TEXT] = '\0';
}

bool subject_id_parse(struct subject_ids *ids, const char *text, size_t len, int64_t *ret_subject_no)
{
    if (len != SUBJECT_ID_TEXT)
        return false;
    uint8_t block[BLOCK + 2] = {0};
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (at == NULL)
            return false;
        uint32_t bits = (uint32_t)(at - alphabet) << (18 - 6 * (i % 4));
        uint8_t *group = block + i / 4 * 3;
        group[0] |= (uint8_t)(bits >> 16);
        group[1] |= (uint8_t)(bits >> 8);
        group[2] |= (uint8_t)bits;
    }
    if (block[BLOCK] != 0)
        return false; /* another spelling of the same bytes */
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
