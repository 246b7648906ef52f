/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/trace.h"

#include <stdbool.h>
#include <stddef.h>

/* What is kept of what a check asked and answered: HMAC-SHA-256 under a random salt, which its caller
 * alone is given and nobody keeps. A plain hash would let who has the database and a list of addresses
 * find out who was asked about. */
enum { TRACE_SALT = 16 }; /* bytes: no guess of it helps */

typedef struct evp_mac_ctx_st EVP_MAC_CTX; /* OpenSSL's */

struct trace_mac {
    EVP_MAC_CTX *ctx;
    bool is_broken;
};

/* Returns false when the system has no random bytes. */
bool trace_salt_make(uint8_t ret_salt[TRACE_SALT]);
void trace_salt_format(const uint8_t salt[TRACE_SALT], char ret_text[2 * TRACE_SALT + 1]);

/* Begins, also anew; ${m} was zeroed before the first time. A failure is told by the end. */
void trace_mac_begin(struct trace_mac *m, const uint8_t salt[TRACE_SALT]);
void trace_mac_add(struct trace_mac *m, const void *bytes, size_t len);
bool trace_mac_end(struct trace_mac *m, uint8_t ret_mac[TRACE_HASH]);
/* Accepts a zeroed one. */
void trace_mac_free(struct trace_mac *m);
/* Of bytes that are whole. */
bool trace_mac_of(const uint8_t salt[TRACE_SALT], const void *bytes, size_t len, uint8_t ret_mac[TRACE_HASH]);
