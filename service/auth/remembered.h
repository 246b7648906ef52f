/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"

/* The tokens that were verified lately, by their SHA-256, with what they say: a signature is checked once,
 * not once a request. Bounded; what is refused is never remembered. Not thread-safe: one per loop thread. */
struct remembered;

/* Tokens in all. Clients hold one token each for hours; 4096 claims are 1.6 MB, touched as they fill. */
enum { REMEMBERED_MAX = 4096 };

/* NULL when memory ran out. */
struct remembered *remembered_create(void);
/* Wipes it. Accepts NULL. */
void remembered_destroy(struct remembered *r);

/* Whether these very bytes were verified under these very ${keys} and have not expired; then copies their
 * claims. (The minute of skew after exp is not remembered: token_verify decides in it.) When ${keys} is
 * another set than in the call before, everything is forgotten first. */
bool remembered_find(struct remembered *r, const struct keys *keys, const char *token, size_t len,
                     instant now, struct claims *ret_claims);
/* Remembers what token_verify just answered. May forget another token. */
void remembered_put(struct remembered *r, const struct keys *keys, const char *token, size_t len,
                    const struct claims *claims);
