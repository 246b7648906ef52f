/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "http/controllers.h"
#include "store/record.h"

/* The answer to a write, made of two things: the events as the ledger has them, and a context that says what else the answer
 * says. The context is kept with an idempotency key, so that a repeat gets the first answer again, word for word, by the same
 * function. It holds no personal data. Its lines:
 *
 *   RECEIPT_SINGLE or RECEIPT_ARRAY     then a line an act: members of its answer as JSON, without braces
 *   RECEIPT_WITHDRAW                    then the JSON of not_stopped, then a line an act: its purpose's key
 *   RECEIPT_WITHDRAW_ALL                then the JSON of not_stopped, then a line a purpose it stops: number, space, key */

/* Of one length: which of the two it is comes out only when the body has been read. */
#define RECEIPT_SINGLE       "record one\n"
#define RECEIPT_ARRAY        "record all\n"
#define RECEIPT_WITHDRAW     "withdraw purposes\n"
#define RECEIPT_WITHDRAW_ALL "withdraw all\n"

/* What a confirmation's token holds, sealed. */
struct confirm_token {
    int32_t controller_id;
    int32_t purpose;
    int64_t subject_no;
    int64_t revision; /* of the request */
};

/* Writes the answer to ${events}. Returns the HTTP status, or 0 when events and context do not fit each other (an event of them was
 * purged since). */
int receipt_write(struct buf *out, const char *context, const struct recorded *events, size_t count,
                  const struct controller *controller, const struct server_options *options);
