/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/receipt_key.h"

#include <stdint.h>

/* JSON Web Signatures (RFC 7515) in the compact form, ES256: what is signed with a receipt key, and how it is
 * verified. */

/* What such a text is, its header's typ. None is a token's (auth/token), so none is taken for one. */
#define JWS_RECEIPT     "akkoord-receipt+jws"
#define JWS_CERTIFICATE "akkoord-certificate+jws"

/* Signs in pieces, so that what is signed need not be in memory at once. Between jws_begin and jws_end it has
 * memory of its own; a failure is remembered and told at the end. */
struct jws {
    struct evp_md_ctx_st *ctx;
    uint8_t carry[3]; /* bytes that make no whole group of base64 yet */
    size_t carried;
    bool failed;
};

/* Each appends to ${out} what can be sent already. ${typ} is one of the above. */
void jws_begin(struct jws *j, const struct receipt_key *key, const char *typ, struct buf *out);
void jws_add(struct jws *j, const char *bytes, size_t len, struct buf *out);
/* The signature. Returns -1 when what was appended is worth nothing: libcrypto or ${out} failed. */
int jws_end(struct jws *j, struct buf *out);
/* In place of jws_end. Accepts one that was ended, or zeroed. */
void jws_abandon(struct jws *j);

enum {
    JWS_HEADER_MAX = 1024 /* bytes of a header, decoded */
};

/* The parts of a compact JWS, decoded but for what is signed. */
struct jws_parts {
    const char *signed_bytes; /* "header.payload", in the text */
    size_t signed_len;
    struct buf header;  /* JSON, if it is what it should be */
    struct buf payload; /* likewise */
    uint8_t signature[64];
};
/* Takes a text apart; white space at its end is left out. Returns NULL, or a static sentence. Either way
 * ${ret_parts} is to be freed. */
const char *jws_split(const char *text, size_t len, struct jws_parts *ret_parts);
void jws_parts_free(struct jws_parts *parts);
