/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/env.h"
#include "ledger/receipt_context.h"
#include "store/record.h"
#include "store/requests.h"
#include "wire/reader.h"

/* The bodies of POST /v1/consents, /v1/withdraw and /v1/confirm, read into acts for the ledger. */

/* Why there is nothing to record, where nothing is wrong: what a token stands for is over. */
enum gone {
    GONE_NOT,
    GONE_LEFT_POLICY, /* its purposes are none of the policy any more */
    GONE_EXPIRED,     /* it came too late */
    GONE_OVERTAKEN,   /* a No came after what was to be confirmed */
    GONE_LOST         /* what was to be confirmed is not there any more */
};
/* The same as a sentence. */
const char *gone_text(enum gone gone);

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
    enum gone gone;                   /* likewise, where there is no act and no fault */
    struct receipt_context context;   /* what the answer says beside the events */
};

/* What is wrong becomes faults of ${body}; then ${ret_acts} is of no use. */
void consents_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
void withdraw_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
/* How an objection that must be weighed (GDPR art. 21(1)) came out, with the grounds. */
void objection_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
/* The body of POST /v1/confirm: its token. Returns false where that is none of this controller's; what else
 * is wrong becomes faults. */
bool confirm_token_read(const struct ledger_env *env, struct reader *body,
                        struct confirmation *ret_confirmation);
/* The purpose that ${request} is of, and in ${ret_entity} (may be NULL) of which entity; NULL: it left the
 * policy, or was retired before anybody confirmed. */
const struct purpose *confirmation_purpose(const struct policy *policy, const struct request_row *request,
                                           int *ret_entity);
/* What confirms ${requests}, which were asked of the ledger. ${how}: it was done, such as "api"; ${evidence}
 * of it, a JSON object, or NULL. No act and no fault: there is nothing to confirm, or of the policy any more.
 */
void confirm_compose(const struct ledger_env *env, struct reader *body, const struct requests_job *requests,
                     const char *how, const char *evidence, struct acts *ret_acts);
/* The same, with the evidence of the body of POST /v1/confirm. */
void confirm_read(const struct ledger_env *env, struct reader *body, const struct requests_job *requests,
                  struct acts *ret_acts);
