/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "http/controllers.h"
#include "store/record.h"

/* The answer to a write, made of two things: the events as the ledger has them, and a context that says what else the answer
 * says. The context is kept with an idempotency key, so that a repeat gets the first answer again, word for word, by the same
 * function. It holds no personal data. Its lines:
 *
 *   record single|array                 then a line an act: members of its answer as JSON, without braces
 *   withdraw purposes                   then the JSON of not_stopped, then a line an act: its purpose's key
 *   withdraw all                        then the JSON of not_stopped, then a line a purpose it stops: number, space, key */

/* Writes the answer to ${events}. Returns the HTTP status, or 0 when events and context do not fit each other (an event of them was
 * purged since). */
int receipt_write(struct buf *out, const char *context, const struct recorded *events, size_t count,
                  const struct controller *controller);
