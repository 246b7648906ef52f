/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "ledger/env.h"
#include "ledger/receipt_context.h"
#include "store/record.h"

/* The answer to a write, made of two things: the events as the ledger has them, and what else it says
 * (receipt_context.h). A first answer and its repeat are made by the same function.
 *
 * (1) The events are in the order of the acts, one an act; those of RECEIPT_CONFIRM in that of the
 * requests. (2) An event's purpose is that of its place in the context, or the standing one.  (3) Events and
 * context are used up together; of RECEIPT_CONFIRM each event finds what it is of. Where (2) or (3) does not
 * hold an event was purged since, and there is no answer any more: never one of another act. */

/* Writes the answer to ${events}. Returns the HTTP status, or 0 when there is none (2, 3): what ${out}
 * holds then is to be thrown away. */
int receipt_write(struct buf *out, const struct receipt_context *context, const struct recorded *events,
                  size_t count, const struct ledger_env *env);
