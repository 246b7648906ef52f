/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct chore_run;

/* Chores that let go of what is over: idempotency keys after their 24 h, requests
 * that were not confirmed in time. */
void expiry_keys(struct chore_run *run);
void expiry_pending(struct chore_run *run);
/* Messages of the outbox that were not delivered in time; and those that have been over for long. */
void expiry_messages(struct chore_run *run);
void expiry_told_messages(struct chore_run *run);
/* Links whose token names a row, at their end. */
void expiry_links(struct chore_run *run);
/* Lets go of the log of what was touched, after ten minutes. */
void expiry_touched(struct chore_run *run);
/* Tells what came to its end by time alone: a Yes, a request, an age. */
void expiry_told_endings(struct chore_run *run);
