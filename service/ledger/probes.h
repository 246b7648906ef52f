/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "ledger/person.h"
#include "store/check.h"

/* The probes that one person and one purpose take, and the verdict from their answers. */

/* Probes for each tag of ${person}: twice as many while a subject key is being rotated. */
size_t probes_count(const struct person *person);
/* Fills probes_count(${person}) elements of ${probes}; ${set} is the purpose's place among the job's sets. */
void probes_fill(const struct person *person, size_t set, struct probe *probes);
/* The strictest verdict over the person's identifiers, from the same probes, answered: those of ${job}
 * from ${first} on. ${entity}: ENTITY_ANY for all; ${group}: what is to be sold, or 0. */
struct verdict probes_verdict(const struct person *person, const struct policy *policy,
                              const struct purpose *purpose, int entity, product_group group,
                              const struct check_job *job, size_t first);
