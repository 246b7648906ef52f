/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct chore_run;

/* Chores that let go of what is over: idempotency keys after their 24 h, requests
 * that were not confirmed in time. */
void expiry_keys(struct chore_run *run);
void expiry_pending(struct chore_run *run);
