/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Token buckets: so much may be spent at once, and comes back with time. One of its own (struct
 * token_bucket), and a table of many in memory that does not grow (struct token_buckets). Both are
 * thread-safe without a lock. ${now} is clock_monotonic throughout. */

/* What a bucket holds, and the time in which all of it comes back. Made by TOKEN_RATE. */
struct token_rate {
    uint64_t limit; /* units */
    int64_t window; /* ns */
    double unit;    /* ns in which one comes back */
};
/* ${limit} units, from 1 to 10^12, in ${microseconds}: an initializer. */
#define TOKEN_RATE(limit, microseconds)                                                                      \
    {                                                                                                        \
        (limit), (int64_t)(microseconds)*1000, (double)((int64_t)(microseconds)*1000) / (double)(limit)      \
    }

/* One number: the time up to which has been spent what time gives. A window ago or earlier: full. Now: empty.
 * Ahead of now: in debt. The rate is the same in every call. */
struct token_bucket {
    _Atomic int64_t spent; /* ns */
};

/* What is left after a unit was asked for. */
struct token_bucket_state {
    uint64_t left;    /* units */
    int64_t full_in;  /* microseconds until the bucket is full */
    int64_t retry_in; /* microseconds until what was asked is there; 0: it was */
};

void token_bucket_fill(struct token_bucket *b, const struct token_rate *rate, int64_t now);
/* Takes ${amount} units, or none when there are not so many. More than the limit is never there. */
bool token_bucket_take(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now,
                       struct token_bucket_state *ret_state_or_null);
/* Puts ${amount} units in, beside what time gives; a bucket that is full stays full. */
void token_bucket_give(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now);
/* Takes ${amount} units even where they are not there: the owner waits the longer, two windows at the
 * most. */
void token_bucket_fine(struct token_bucket *b, const struct token_rate *rate, uint64_t amount, int64_t now);

/* Buckets of many owners. One is full when its owner is first seen. Where the table has no place left, whose
 * bucket is the fullest is forgotten: that loses the least. Two threads that come upon a new owner in the
 * same instant may give them one bucket too much, never one too little. */
struct token_buckets;

/* For ${places} owners. ${limit} units in ${window} microseconds; ${limit} from 1 to 10^12. NULL when memory
 * ran out. */
struct token_buckets *token_buckets_create(size_t places, uint64_t limit, int64_t window);
/* Accepts NULL. */
void token_buckets_destroy(struct token_buckets *q);

/* As above, of the bucket of ${owner}, a keyed hash. */
bool token_buckets_take(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now,
                        struct token_bucket_state *ret_state);
void token_buckets_fine(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now);
/* Changes nothing where the owner is forgotten: their next bucket is a full one. */
void token_buckets_give(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now);
