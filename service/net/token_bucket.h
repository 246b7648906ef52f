/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Token buckets of many, in memory that does not grow, for all threads of a process. A bucket holds as much as is given back in one
 * window, and is full when its owner is first seen. Where the table has no place left, whose bucket is the fullest is forgotten:
 * that loses the least. Thread-safe without a lock. Two threads that come upon a newcomer in the same instant may give him one
 * bucket too much, never one too little. */
struct token_buckets;

/* What is left after token_buckets_take. */
struct token_bucket_state {
    uint64_t left;    /* units */
    int64_t full_in;  /* microseconds until the bucket is full */
    int64_t retry_in; /* microseconds until what was asked is there; 0: it was */
};

/* For ${places} owners. ${limit} units in ${window} microseconds; ${limit} from 1 to 10^12. NULL when memory ran out. */
struct token_buckets *token_buckets_create(size_t places, uint64_t limit, int64_t window);
/* Accepts NULL. */
void token_buckets_destroy(struct token_buckets *q);

/* Takes ${amount} units, or none when there are not so many. ${owner} is a keyed hash, ${now} is clock_monotonic. More than the limit
 * is never there. */
bool token_buckets_take(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now,
                        struct token_bucket_state *ret_state);
/* Takes ${amount} units even where they are not there: the owner waits the longer, two windows at the most. */
void token_buckets_fine(struct token_buckets *q, uint64_t owner, uint64_t amount, int64_t now);
