/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "store/blocking.h"
#include "store/policy.h"
#include "wire/reader.h"

/* `akkoord apply --rehearse`: walks the ledger as the service does, for as long as it takes, and prints on
 * stdout what the document would change; as JSON, or in words. ${document} and ${policy} are what
 * policy_document_read made, ${job} has rehearsed it; its warnings are told as JSON only. Returns the
 * process's exit code. */
int apply_rehearse(PGconn *pg, struct reader *document, struct policy *policy,
                   const struct policy_apply_job *job, bool json);
