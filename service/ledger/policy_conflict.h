/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/policy.h"
#include "wire/reader.h"

/* Why a policy document could not be applied, as a fault of the document that ${body} holds: what is
 * recorded already, or the database, stands against the member. Returns false, and finds no fault, where
 * the outcome is none that a document can be blamed for. */
bool policy_conflict_fault(struct reader *body, const struct policy_apply_job *job);
