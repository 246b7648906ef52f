/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/jwks.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Reads a member that may be absent. The first one of another type is kept in ${bad}. */
static const char *member_text(const json_t *object, const char *name, const char **bad)
{
    const json_t *value = json_object_get(object, name);
    if (value != NULL && !json_is_string(value) && *bad == NULL)
        *bad = name;
    return json_string_value(value);
}

static bool holds_secret(const json_t *object)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_object_get(object, names[i]) != NULL)
            return true;
    return false;
}

/* The array of pointers is freed by jwks_free, what they point at belongs to the document. */
static void read_controllers(const json_t *object, struct jwk *key, const char **bad)
{
    const json_t *list = json_object_get(object, "akkoord_controllers");
    if (list == NULL)
        return;
    size_t count = json_array_size(list);
    const char **names = count <= JWKS_CONTROLLERS_MAX ? calloc(count + 1, sizeof *names) : NULL;
    bool good = json_is_array(list) && names != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = (names[i] = json_string_value(json_array_get(list, i))) != NULL;
    if (!good) {
        free(names);
        *bad = *bad != NULL ? *bad : "akkoord_controllers";
        return;
    }
    key->controllers = names;
    key->controller_count = count;
}

/* Returns the first member of a wrong type, or NULL. */
static const char *key_read(const json_t *object, struct jwk *key)
{
    const char *bad = NULL;
    *key = (struct jwk){
        .kty = member_text(object, "kty", &bad),
        .kid = member_text(object, "kid", &bad),
        .alg = member_text(object, "alg", &bad),
        .use = member_text(object, "use", &bad),
        .n = member_text(object, "n", &bad),
        .e = member_text(object, "e", &bad),
        .crv = member_text(object, "crv", &bad),
        .x = member_text(object, "x", &bad),
        .y = member_text(object, "y", &bad),
        .issuer = member_text(object, "akkoord_issuer", &bad),
        .holds_secret = holds_secret(object),
    };
    read_controllers(object, key, &bad);
    return bad;
}

static int keys_read(const json_t *list, struct jwks *jwks, char fault[JWKS_FAULT])
{
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > JWKS_MAX) {
        snprintf(fault, JWKS_FAULT, "the JWKS must have an array `keys` of 1 to %d keys", JWKS_MAX);
        return -1;
    }
    for (; jwks->count < json_array_size(list); jwks->count++) {
        const json_t *object = json_array_get(list, jwks->count);
        const char *bad = key_read(object, &jwks->keys[jwks->count]);
        if (!json_is_object(object) || bad != NULL) {
            snprintf(fault, JWKS_FAULT, "JWKS key %zu: %s has the wrong type", jwks->count + 1,
                     bad != NULL ? bad : "it");
            jwks->count++; /* Its controllers may have been allocated. */
            return -1;
        }
    }
    return 0;
}

int jwks_read(const char *text, size_t len, struct jwks *ret_jwks, char fault[JWKS_FAULT])
{
    json_error_t error;
    struct jwks jwks = {.document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error)};
    if (jwks.document == NULL) {
        /* Only the line: jansson's own words quote the text, which may be a private key put here by mistake.
         */
        snprintf(fault, JWKS_FAULT, "the JWKS is not well-formed JSON with each member once, see line %d",
                 error.line);
        return -1;
    }
    if (keys_read(json_object_get(jwks.document, "keys"), &jwks, fault) != 0) {
        jwks_free(&jwks);
        return -1;
    }
    *ret_jwks = jwks;
    return 0;
}

void jwks_free(struct jwks *jwks)
{
    for (size_t i = 0; i < jwks->count; i++)
        free((void *)jwks->keys[i].controllers);
    json_decref(jwks->document);
    *jwks = (struct jwks){0};
}
