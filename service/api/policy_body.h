/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "store/policy.h"

/* A policy document as a body: what applying it and rehearsing it share. */

/* Reads the call's body; opens ${body}, which the caller closes, whatever came out. Returns false when it has
 * faults: they have been answered, and the call has ended. The policy is to be freed by policy_free. */
bool policy_body_read(struct call *call, struct reader *body, struct policy **ret_policy);
/* Answers that what is recorded already, or the database, stands against it, with a pointer to the member; an
 * outcome that says neither is ERROR_INTERNAL. */
void policy_body_conflict(struct call *call, struct reader *body, const struct policy_apply_job *job);
