/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/policy.h"
#include "wire/policy_document.h"

/* What is valid in a policy document and yet seldom wise: by itself, and for what is recorded already. */

/* ${body} has the document, ${job} has applied or rehearsed it. */
void policy_warnings(struct reader *body, const struct policy_apply_job *job, policy_warning *tell,
                     void *cookie);
/* The same as the member "warnings". */
void policy_warnings_write(struct reader *body, const struct policy_apply_job *job, struct writer *w);
