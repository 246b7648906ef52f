/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_bucket.h"

#include <stdatomic.h>
#include <stdlib.h>

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- one bucket ---- */

void token_bucket_fill(struct token_bucket *b, const struct token_rate *rate, int64_t now)
{
    atomic_store_explicit(&b->spent, now * 1000 - rate->window, memory_order_relaxed);
}

bool token_bucket_take(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now,
                       struct token_bucket_state *ret_state_or_null)
{
    now *= 1000;
    int64_t spent = atomic_load_explicit(&b->spent, memory_order_relaxed), from, upto;
    int64_t need = amount > rate->limit ? rate->window + 1 : (int64_t)((double)amount * rate->unit);
    do {
        from = latest(spent, now - rate->window);
        upto = from + need;
    } while (upto <= now && !atomic_compare_exchange_weak(&b->spent, &spent, upto));
    bool taken = upto <= now;
    if (ret_state_or_null == NULL)
        return taken;
    if (taken)
        from = upto;
    ret_state_or_null->left = from < now ? (uint64_t)((double)(now - from) / rate->unit) : 0;
    ret_state_or_null->full_in = (from - (now - rate->window)) / 1000;
    ret_state_or_null->retry_in = taken ? 0 : (upto - now) / 1000 + 1;
    return taken;
}

void token_bucket_give(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now)
{
    now *= 1000;
    int64_t spent = atomic_load_explicit(&b->spent, memory_order_relaxed), upto;
    int64_t given = amount > rate->limit ? rate->window : (int64_t)((double)amount * rate->unit);
    do {
        upto = latest(spent - given, now - rate->window);
    } while (!atomic_compare_exchange_weak(&b->spent, &spent, upto));
}

void token_bucket_fine(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now)
{
    now *= 1000;
    int64_t spent = atomic_load_explicit(&b->spent, memory_order_relaxed), upto;
    do {
        upto = latest(spent, now - rate->window) + (int64_t)((double)amount * rate->unit);
        if (upto > now + rate->window)
            upto = now + rate->window;
    } while (!atomic_compare_exchange_weak(&b->spent, &spent, upto));
}

/* ---- those of many owners ---- */

enum { WAYS = 8 }; /* places an owner may have: two cache lines */

struct place {
    _Atomic uint64_t owner; /* 0: nobody */
    struct token_bucket bucket;
};

struct token_buckets {
    size_t sets;
    struct token_rate rate;
    struct place places[][WAYS];
};

struct token_buckets *token_buckets_create(size_t places, uint64_t limit, int64_t window)
{
    size_t sets = (places + WAYS - 1) / WAYS;
    struct token_buckets *q = calloc(1, sizeof *q + sets * sizeof q->places[0]);
    if (q == NULL)
        return NULL;
    q->sets = sets;
    q->rate = (struct token_rate)TOKEN_RATE(limit, window);
    return q;
}

void token_buckets_destroy(struct token_buckets *q)
{
    free(q);
}

static int64_t spent_of(const struct place *place)
{
    return atomic_load_explicit(&place->bucket.spent, memory_order_relaxed);
}

/* The owner's place; where there is none, NULL, and ${ret_idlest} is the one whose bucket is the fullest. */
static struct place *place_find(struct token_buckets *q, uint64_t owner, struct place **ret_idlest)
{
    struct place *set = q->places[owner % q->sets];
    *ret_idlest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&set[i].owner, memory_order_acquire) == owner)
            return &set[i];
        if (spent_of(&set[i]) < spent_of(*ret_idlest))
            *ret_idlest = &set[i];
    }
    return NULL;
}

/* The bucket of an owner who may be new. */
static struct token_bucket *bucket_of(struct token_buckets *q, uint64_t owner, int64_t now)
{
    for (;;) {
        struct place *idlest, *place = place_find(q, owner, &idlest);
        if (place != NULL)
            return &place->bucket;
        uint64_t before = atomic_load_explicit(&idlest->owner, memory_order_relaxed);
        if (atomic_compare_exchange_strong(&idlest->owner, &before, owner)) {
            token_bucket_fill(&idlest->bucket, &q->rate, now);
            return &idlest->bucket;
        }
    }
}

bool token_buckets_take(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now,
                        struct token_bucket_state *ret_state)
{
    return token_bucket_take(bucket_of(q, owner | 1, now), &q->rate, amount, now, ret_state);
}

void token_buckets_fine(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now)
{
    token_bucket_fine(bucket_of(q, owner | 1, now), &q->rate, amount, now);
}

void token_buckets_give(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now)
{
    struct place *ignored, *place = place_find(q, owner | 1, &ignored);
    if (place != NULL)
        token_bucket_give(&place->bucket, &q->rate, amount, now);
}
