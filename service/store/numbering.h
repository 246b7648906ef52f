/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/controller.h"

/* Gives the policy's purposes and notices the ledger's ${numbers}. Returns -1 when one is missing. */
int policy_number(struct policy *policy, const struct numbered *numbers, size_t count);
/* Adds the purposes that were retired: checks on them answer so. Before policy_number.
 * Returns -1 when memory ran out. */
int policy_keep_retired(struct policy *policy, const struct numbered *numbers, size_t count);
/* As policy_number, for a document that was not applied: what the ledger has no number for
 * gets one that it never gives. */
void policy_number_provisionally(struct policy *policy, const struct numbered *numbers, size_t count);
