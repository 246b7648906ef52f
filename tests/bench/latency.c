/* SPDX-License-Identifier: Apache-2.0 */
#include "latency.h"

/* Values below 64 have a bucket each; above, the highest bit chooses the row
 * and the six below it the step. */
static unsigned bucket_of(uint64_t ns)
{
    if (ns < LATENCY_STEPS)
        return (unsigned)ns;
    unsigned row = 63u - (unsigned)__builtin_clzll(ns) - 5u;
    return row * LATENCY_STEPS + (unsigned)(ns >> (row - 1)) % LATENCY_STEPS;
}

/* The highest value of a bucket. */
static uint64_t bucket_top(unsigned bucket)
{
    unsigned row = bucket / LATENCY_STEPS;
    if (row == 0)
        return bucket;
    return ((uint64_t)(LATENCY_STEPS + bucket % LATENCY_STEPS + 1) << (row - 1)) - 1;
}

void latency_add(struct latency *l, uint64_t ns)
{
    l->count++;
    l->buckets[bucket_of(ns)]++;
}

void latency_merge(struct latency *into, const struct latency *from)
{
    into->count += from->count;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

uint64_t latency_quantile(const struct latency *l, double quantile)
{
    uint64_t rank = (uint64_t)(quantile * (double)l->count);
    uint64_t below = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        below += l->buckets[i];
        if (below > rank || (below == l->count && below > 0))
            return bucket_top(i);
    }
    return 0;
}
