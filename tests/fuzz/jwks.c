/* SPDX-License-Identifier: Apache-2.0 */
/* A JWKS that is taken has the keys that jansson sees; each key made of it answers to its name; and
 * no fault repeats the document. */
#include "wire/jwks.h"
#include "auth/keys.h"
#include "fuzz.h"

#include <jansson.h>

static void sentence(const char *fault, size_t room)
{
    size_t len = strnlen(fault, room);
    REQUIRE(len > 0 && len < room);
    for (size_t i = 0; i < len; i++)
        REQUIRE(fault[i] >= ' ' && fault[i] <= '~');
}

static void keys_answer(const struct jwks *jwks)
{
    struct keys *keys = NULL;
    char fault[KEYS_FAULT] = "";
    struct keys_source source = {.jwks = jwks->keys, .jwk_count = jwks->count};
    if (keys_create(&source, &keys, fault) != 0) {
        REQUIRE(keys == NULL);
        sentence(fault, sizeof fault);
        return;
    }
    for (size_t i = 0; i < jwks->count; i++) {
        const struct jwk *jwk = &jwks->keys[i];
        enum algorithm algorithm = strcmp(jwk->kty, "RSA") == 0 ? ALGORITHM_RS256 : ALGORITHM_ES256;
        REQUIRE(!jwk->holds_secret);
        const struct key *key = jwk->kid != NULL ? keys_select(keys, jwk->kid, algorithm) : NULL;
        if (key != NULL)
            REQUIRE(key_algorithm(key) == algorithm && strcmp(key_id(key), jwk->kid) == 0);
        REQUIRE(keys_select(keys, jwk->kid, ALGORITHM_HS256) == NULL);
    }
    keys_unref(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwks jwks;
    char fault[JWKS_FAULT] = "";
    if (jwks_read((const char *)data, size, &jwks, fault) != 0) {
        sentence(fault, sizeof fault);
        return 0;
    }
    json_t *tree = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(json_array_size(json_object_get(tree, "keys")) == jwks.count && jwks.count <= JWKS_MAX);
    json_decref(tree);
    keys_answer(&jwks);
    jwks_free(&jwks);
    return 0;
}
