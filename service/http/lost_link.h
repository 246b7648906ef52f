/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "ledger/link_request.h"

/* Sends a preference link to an address of the person's own, for who lost the mail, and for who was handed a
 * link by somebody else. Whether anybody is known by the address is looked up after the call was answered, so
 * that nothing of it shows in the answer: the link leaves by the outbox, one an hour to an address. */

/* Returns false where nothing could be sealed; else the rest goes on by itself. */
bool lost_link_send(struct call *call, const struct ledger_env *env, const struct lost_link *lost);
