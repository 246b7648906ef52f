/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* A call that comes with a link instead of a token: the link names its controller. */

/* Finds out which controller that is, and calls ${begin}, at once or later, with the call's claims saying so:
 * what the call records is the actor "page"'s. Where there is no such controller the page is not found. The
 * call's state and dispose are the caller's. */
void page_open(struct call *call, int32_t controller_id, void (*begin)(struct call *call, void *cookie),
               void *cookie);

/* Who sends a form, for the evidence of what it records: NULL where it is not known. Live as long as the
 * call; the address is whole, and to be masked before it is kept. */
const char *page_sender_address(struct call *call);
const char *page_sender_agent(struct call *call);
