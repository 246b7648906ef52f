/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* A histogram of durations in nanoseconds, exact to 1/64 of the value: 64 buckets to each power of two. */
enum { LATENCY_STEPS = 64, LATENCY_BUCKETS = (64 - 6 + 1) * LATENCY_STEPS };
struct latency {
    uint64_t count;
    uint64_t buckets[LATENCY_BUCKETS];
};

void latency_add(struct latency *l, uint64_t ns);
/* Adds what ${from} holds to ${into}. */
void latency_merge(struct latency *into, const struct latency *from);
/* The duration in nanoseconds that the share ${quantile} (0 to 1) of all does not
 * exceed; 0 when there is none. */
uint64_t latency_quantile(const struct latency *l, double quantile);
