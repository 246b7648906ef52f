/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/numbered_keys.h"

#include <stdbool.h>
#include <stddef.h>

/* What a page sends a choice or a form with: it says that a page of this origin asked for it, of late, to
 * send this. It proves no person and is no secret of anybody's. Stateless: key number, end (seconds, 64
 * bits) and the first 128 bits of an HMAC-SHA-256, under a key of the controller's that is derived from
 * the link keys, in base64url. It holds as long as that link key is still in the file. */

enum {
    COLLECTION_TOKEN_TEXT = 34, /* characters: (1 + 8 + 16) * 4 / 3, rounded up */
    COLLECTION_TOKEN_SECONDS =
        600,                   /* its life: a page's visit from the click to the answer, and some retries */
    COLLECTION_TOKEN_SKEW = 60 /* seconds that the clock of who reads it may be behind that of who made it */
};

/* What it is bound to. */
struct collection {
    const char *controller;
    const char *origin;
    size_t origin_len;
    const char *visitor; /* the visitor's code; "": none */
    const char *notice;  /* the notice hash in hexadecimal digits; "": none */
};

/* Writes the token and a NUL. Returns -1 when libcrypto failed. */
int collection_token_make(const struct numbered_keys *keys, const struct collection *c, instant expires,
                          char ret_text[COLLECTION_TOKEN_TEXT + 1]);
/* Whether ${text} is such a token of exactly ${c}, and has not ended at ${now}. */
bool collection_token_holds(const struct numbered_keys *keys, const struct collection *c, instant now,
                            const char *text, size_t len);
