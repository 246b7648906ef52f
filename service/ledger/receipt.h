/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "ledger/env.h"
#include "ledger/receipt_context.h"
#include "store/record.h"

/* The answer to a write, made of two things: the events as the ledger has them, and what else it says (receipt_context.h). A first
 * answer and its repeat are made by the same function. */

/* What a confirmation's token holds, sealed. */
struct confirm_token {
    int32_t controller_id;
    int32_t purpose;
    int64_t subject_no;
    int64_t revision; /* of the request */
};

/* Writes the answer to ${events}. Returns the HTTP status, or 0 when events and context do not fit each other (an event of them was
 * purged since). */
int receipt_write(struct buf *out, const struct receipt_context *context, const struct recorded *events,
                  size_t count, const struct ledger_env *env);
