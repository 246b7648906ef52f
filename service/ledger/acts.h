/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/env.h"
#include "ledger/receipt_context.h"
#include "store/record.h"
#include "wire/reader.h"

/* The bodies of POST /v1/consents, /v1/withdraw and /v1/confirm, read into acts for the ledger. */

/* The acts of one request. All memory is of the arena they were read into. */
struct acts {
    size_t count;
    struct act *list;
    size_t *objects; /* of each act: the element of the body's array it stands in; 0 for a single object */
    bool body_is_array;
    bool needs_import;                /* one of them is a copy of what another system recorded */
    bool needs_record;                /* one of them is not */
    size_t identifiers;               /* of all objects together */
    struct confirmation confirmation; /* of confirm_read */
    const char *gone;                 /* likewise, where there is no act and no fault: why */
    struct receipt_context context;   /* what the answer says beside the events */
};

/* What is wrong becomes faults of ${body}; then ${ret_acts} is of no use. */
void consents_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
void withdraw_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
/* How an objection that must be weighed (GDPR art. 21(1)) came out, with the grounds. */
void objection_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
/* No act and no fault: the token is not one of ours, or its purposes are none of the policy any more. */
void confirm_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
