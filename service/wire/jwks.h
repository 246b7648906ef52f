/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/jwk.h"

enum {
    JWKS_MAX = 64,                /* keys in a document */
    JWKS_CONTROLLERS_MAX = 10000, /* names in one key's akkoord_controllers */
    JWKS_FAULT = 128              /* bytes of a sentence, with its NUL */
};

/* The keys of a JWKS document (RFC 7517, section 5). */
struct jwks {
    size_t count;
    struct jwk keys[JWKS_MAX];
    void *document; /* owns the keys' text */
};

/* Reads the document's shape: an object with an array `keys` of objects, members of the right JSON type, none
 * twice. Members it does not know are passed over, as RFC 7517 asks. Returns -1, with ${ret_jwks} untouched
 * and a sentence in
 * ${fault} that names the key by its number (from 1) and repeats nothing of the document; otherwise
 * ${ret_jwks} is to be freed by jwks_free. */
int jwks_read(const char *text, size_t len, struct jwks *ret_jwks, char fault[JWKS_FAULT]);
void jwks_free(struct jwks *jwks);
