/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

/* What is delivered to a webhook is signed as Standard Webhooks 1.0.0 says: HMAC-SHA-256 over
 * `id.timestamp.body`, by each secret of the endpoint's name. So a secret is changed by adding the new one
 * beside the old, changing the receiver, and taking the old one out. */

enum {
    WEBHOOK_SECRETS_MAX = 1000,      /* in the file */
    WEBHOOK_SECRETS_OF_NAME_MAX = 4, /* at a time; the specification's rotation takes two */
    WEBHOOK_NAME_MAX = 64,           /* bytes: as in a policy */
    WEBHOOK_SECRET_MIN = 24,         /* bytes, decoded: the specification's 192 bits */
    WEBHOOK_SECRET_MAX = 64,         /* likewise */
    WEBHOOK_SIGNATURE_MAX = 4 * 48   /* characters: `v1,` and 44 of base64, with a space between */
};

/* The operator's file. Never changed once made. */
struct webhook_secrets;

/* Reads lines of `NAME:whsec_BASE64`, in the order in which they sign; blank lines and lines that start with
 * '#' are passed over. Returns NULL and the secrets, or a static sentence that says what is wrong. A file
 * without a secret is a fault. */
const char *webhook_secrets_parse(const char *text, size_t len, struct webhook_secrets **ret_secrets);
/* Wipes them. Accepts NULL. */
void webhook_secrets_free(struct webhook_secrets *secrets);

/* Writes what the header webhook-signature says, with a NUL. ${timestamp} is in seconds. Returns -1, with
 * nothing written, where there is no secret of that name (${secrets} may be NULL), or libcrypto failed. */
int webhook_sign(const struct webhook_secrets *secrets, const char *name, const char *id, int64_t timestamp,
                 const void *body, size_t len, char ret_signature[WEBHOOK_SIGNATURE_MAX + 1]);
