/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "http/controllers.h"
#include "store/record.h"

/* The bodies of POST /v1/consents, /v1/withdraw and /v1/confirm, read into acts for the ledger. */

/* The acts of one request. All memory is the call's. */
struct acts {
    size_t count;
    struct act *list;
    size_t *objects; /* of each act: the element of the body's array it stands in; 0 for a single object */
    bool is_array;   /* the body was an array, or had choices: the answer is an array */
    bool body_is_array;
    bool needs_import;                /* one of them is a copy of what another system recorded */
    bool needs_record;                /* one of them is not */
    size_t identifiers;               /* of all objects together */
    struct confirmation confirmation; /* of confirm_read */
    struct buf context;               /* see ledger/receipt.h */
};

/* What is wrong becomes faults of ${body}; then ${ret_acts} is of no use but for acts_free. */
void consents_read(struct call *call, struct reader *body, const struct controller *controller,
                   struct acts *ret_acts);
void withdraw_read(struct call *call, struct reader *body, const struct controller *controller,
                   struct acts *ret_acts);
/* How an objection that must be weighed (GDPR art. 21(1)) came out, with the grounds. */
void objection_read(struct call *call, struct reader *body, const struct controller *controller,
                    struct acts *ret_acts);
/* No act and no fault: the token is not one of ours, or has expired. */
void confirm_read(struct call *call, struct reader *body, const struct controller *controller,
                  struct acts *ret_acts);
void acts_free(struct acts *acts);
