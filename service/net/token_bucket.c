/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_bucket.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { WAYS = 8 }; /* places an owner may have: half of a cache line each for owners and for times */

/* A bucket is one number: the time up to which its owner has spent what time gives. A window ago or earlier: full. Now: empty.
 * Ahead of now: in debt. */
struct place {
    _Atomic uint64_t owner; /* 0: nobody */
    _Atomic int64_t spent;  /* ns of clock_monotonic */
};

struct token_buckets {
    size_t sets;
    int64_t window; /* ns */
    double unit;    /* ns */
    uint64_t limit;
    struct place places[][WAYS];
};

struct token_buckets *token_buckets_create(size_t places, uint64_t limit, int64_t window)
{
    size_t sets = (places + WAYS - 1) / WAYS;
    struct token_buckets *q = calloc(1, sizeof *q + sets * sizeof q->places[0]);
    if (q == NULL)
        return NULL;
    q->sets = sets;
    q->limit = limit;
    q->window = window * 1000;
    q->unit = (double)q->window / (double)limit;
    return q;
}

void token_buckets_destroy(struct token_buckets *q)
{
    free(q);
}

/* The owner's place, or the one that is given to him. */
static struct place *place_of(struct token_buckets *q, uint64_t owner, int64_t now)
{
    struct place *set = q->places[owner % q->sets];
    for (;;) {
        struct place *idlest = &set[0];
        for (size_t i = 0; i < WAYS; i++) {
            if (atomic_load_explicit(&set[i].owner, memory_order_acquire) == owner)
                return &set[i];
            if (atomic_load_explicit(&set[i].spent, memory_order_relaxed) <
                atomic_load_explicit(&idlest->spent, memory_order_relaxed))
                idlest = &set[i];
        }
        uint64_t before = atomic_load_explicit(&idlest->owner, memory_order_relaxed);
        if (atomic_compare_exchange_strong(&idlest->owner, &before, owner)) {
            atomic_store_explicit(&idlest->spent, now - q->window, memory_order_relaxed);
            return idlest;
        }
    }
}

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool token_buckets_take(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now,
                        struct token_bucket_state *ret_state)
{
    now *= 1000;
    struct place *place = place_of(q, owner | 1, now);
    int64_t spent = atomic_load_explicit(&place->spent, memory_order_relaxed), from, upto;
    int64_t need = amount > q->limit ? q->window + 1 : (int64_t)((double)amount * q->unit);
    do {
        from = latest(spent, now - q->window);
        upto = from + need;
    } while (upto <= now && !atomic_compare_exchange_weak(&place->spent, &spent, upto));
    bool taken = upto <= now;
    if (taken)
        from = upto;
    ret_state->left = from < now ? (uint64_t)((double)(now - from) / q->unit) : 0;
    ret_state->full_in = (from - (now - q->window)) / 1000;
    ret_state->retry_in = taken ? 0 : (upto - now) / 1000 + 1;
    return taken;
}

void token_buckets_fine(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now)
{
    now *= 1000;
    struct place *place = place_of(q, owner | 1, now);
    int64_t spent = atomic_load_explicit(&place->spent, memory_order_relaxed), upto;
    do {
        upto = latest(spent, now - q->window) + (int64_t)((double)amount * q->unit);
        if (upto > now + q->window)
            upto = now + q->window;
    } while (!atomic_compare_exchange_weak(&place->spent, &spent, upto));
}
