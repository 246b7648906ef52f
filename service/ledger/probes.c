/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/probes.h"

size_t probes_count(const struct person *person)
{
    return person->rotating ? 2 * person->count : person->count;
}

void probes_fill(const struct person *person, size_t set, struct probe *probes)
{
    size_t n = 0;
    for (size_t i = 0; i < person->count; i++) {
        probes[n++] = (struct probe){.tag = person->tags[i], .set = set};
        if (person->rotating)
            probes[n++] = (struct probe){.tag = person->old_tags[i], .set = set};
    }
}

/* While a key is rotated an identifier's states are held under one of its two tags, never under both: the
 * statement that moves them is one transaction, and a check sees one snapshot. */
static struct states identifier_states(const struct check_job *job, size_t probe, bool rotating)
{
    struct states s = check_states(job, probe);
    return s.count == 0 && rotating ? check_states(job, probe + 1) : s;
}

struct verdict probes_verdict(const struct person *person, const struct policy *policy,
                              const struct purpose *purpose, int entity, product_group group,
                              const struct check_job *job, size_t first)
{
    struct verdict strictest = {.reason = REASON_COUNT};
    size_t step = person->rotating ? 2 : 1;
    for (size_t i = 0; i < person->count; i++) {
        struct states states = identifier_states(job, first + i * step, person->rotating);
        struct verdict v = verdict_to_sell(policy, purpose, entity, group, &states, job->as_of);
        strictest = i == 0 ? v : verdict_stricter(strictest, v);
    }
    return strictest;
}
