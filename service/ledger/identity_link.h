/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/env.h"
#include "ledger/links.h"
#include "store/rights.h"
#include "wire/reader.h"

/* The link that proves who asks: POST /v1/rights-requests/{id}/identity-link sends it to an address of the
 * person's, and whoever presses the button of its page reads that mail box. The link is in the message alone;
 * no answer has it. */

enum { IDENTITY_LINK_DAYS = 7 }; /* a request is to be answered within weeks */

/* Where it goes. Lives in the env's arena. */
struct identity_link {
    struct identifier to;
    struct rights_address address; /* the same as its tags */
    const char *language;          /* BCP 47; NULL: not said */
};
/* Reads the body. What is wrong becomes faults of the reader; ${ret_link} is of no use then. */
void identity_link_read(const struct ledger_env *env, const struct node *root,
                        struct identity_link *ret_link);
/* The message that carries it for a request, by its number, made at ${now}: sealed, in the arena of ${env}.
 * ${sending}: the edition of the request that this makes. NULL when libcrypto failed. */
const uint8_t *identity_link_message(const struct ledger_env *env, const struct identity_link *link,
                                     int64_t request_no, int32_t sending, instant now, size_t *ret_len,
                                     instant *ret_expires);

struct identity_opened {
    int32_t controller_id;
    instant expires;
    struct identity_claim
        claim; /* its tag as it was when the link was made: a rotation has wrapped it since */
};
/* Returns -1 when it is none. Whether it has ended is for the caller to see. */
int identity_link_open(const struct link_keys *keys, const char *token, size_t len,
                       struct identity_opened *ret_opened);
