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

/* What stands of one purpose where each identifier and each entity is looked at alone. Of somebody who wants
 * it to stop the strictest verdict does not tell what goes on elsewhere. */
struct standing {
    struct verdict told;     /* an allow where there is one; else of what waits; else the strictest */
    bool allowed, waits;     /* somewhere */
    bool own_no;             /* somewhere the person's own No stands */
    bool own_no_everywhere;  /* and nothing of it is left to be said */
    bool allowed_beyond;     /* a Yes stands where a No would reach, under no identifier that was asked */
    uint32_t entities;       /* bit per entity for which it is allowed, at some identifier */
    bool entities_differ;    /* it is allowed for some, and not for all that the purpose is of */
    bool identifiers_differ; /* ... for one entity at some identifier, and refused at another */
};
struct standing probes_standing(const struct person *person, const struct policy *policy,
                                const struct purpose *purpose, const struct check_job *job, size_t first);
