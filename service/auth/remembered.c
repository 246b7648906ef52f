/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/remembered.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* A token may lie in one of four places that the first bytes of its hash name; of four taken ones, the one
 * that expires first gives way. No chains, no deletions, and a hash cannot be chosen by a client whose token
 * must be valid too. */
enum { WAYS = 4, SETS = REMEMBERED_MAX / WAYS };

struct entry {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct claims claims; /* expires is 0 in an empty entry */
};

struct remembered {
    EVP_MD *sha256; /* fetched once: EVP_sha256() would be looked up again for every hash */
    EVP_MD_CTX *ctx;
    uint64_t generation; /* of the keys that all entries were verified with */
    struct entry sets[SETS][WAYS];
};

struct remembered *remembered_create(void)
{
    struct remembered *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    r->ctx = EVP_MD_CTX_new();
    if (r->sha256 == NULL || r->ctx == NULL) {
        remembered_destroy(r);
        return NULL;
    }
    return r;
}

void remembered_destroy(struct remembered *r)
{
    if (r == NULL)
        return;
    EVP_MD_CTX_free(r->ctx);
    EVP_MD_free(r->sha256);
    OPENSSL_cleanse(r->sets, sizeof r->sets);
    free(r);
}

/* The four places of a token, NULL when libcrypto fails. */
static struct entry *remembered_set(struct remembered *r, const struct keys *keys, const char *token,
                                    size_t len, unsigned char hash[SHA256_DIGEST_LENGTH])
{
    if (r->generation != keys_generation(keys)) {
        if (r->generation != 0)
            OPENSSL_cleanse(r->sets, sizeof r->sets);
        r->generation = keys_generation(keys);
    }
    if (EVP_DigestInit_ex2(r->ctx, r->sha256, NULL) != 1 || EVP_DigestUpdate(r->ctx, token, len) != 1 ||
        EVP_DigestFinal_ex(r->ctx, hash, NULL) != 1)
        return NULL;
    uint32_t place;
    memcpy(&place, hash, sizeof place);
    return r->sets[place % SETS];
}

bool remembered_find(struct remembered *r, const struct keys *keys, const char *token, size_t len,
                     instant now, struct claims *ret_claims)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    const struct entry *set = remembered_set(r, keys, token, len, hash);
    for (size_t i = 0; set != NULL && i < WAYS; i++) {
        if (now < set[i].claims.expires && memcmp(set[i].hash, hash, sizeof hash) == 0) {
            *ret_claims = set[i].claims;
            return true;
        }
    }
    return false;
}

void remembered_put(struct remembered *r, const struct keys *keys, const char *token, size_t len,
                    const struct claims *claims)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct entry *set = remembered_set(r, keys, token, len, hash);
    if (set == NULL)
        return;
    struct entry *place = set;
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].claims.expires < place->claims.expires)
            place = &set[i];
    memcpy(place->hash, hash, sizeof hash);
    place->claims = *claims;
}
