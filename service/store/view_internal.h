/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/view.h"

#include <assert.h>

/* What view.c, its check and their tests share.
 *
 * view.h has what is promised, (1) to (5). What holds after each step (view_check):
 * (6) An entry stands in the bucket of its tag's mark, in as many places as it has states, or in one where it
 *     has none. They are numbered from 0 on, each once.
 * (7) Its context was given. Whether that still stands is not said: an entry whose context is gone is found
 *     by nobody, and leaves when its place is wanted.
 * (8) As many contexts and controllers are in the tables as are counted, and no more than there may be. Of
 *     whose contexts stand, it is known up to where their log is known.
 *
 * Builds for debugging and the sanitizers (AKKOORD_CHECKS) look at each bucket that was changed or is about
 * to answer, and at the tables after each statement. */

enum {
    WAYS = 8,              /* places of a bucket */
    HEADS = 1024,          /* of each of the two hash tables below */
    CONTEXTS_MAX = 8192,   /* sets of purposes, of all controllers */
    CONTROLLERS_MAX = 4096 /* more of either: all is forgotten by the next statement, and begins anew */
};

/* One state, or that there is none, of one tag. An entry has as many places of one bucket as it has states,
 * or one. With its part of the bucket a place takes 77 bytes. */
struct place {
    int64_t rank;
    int64_t revision;
    instant valid_until;
    uint32_t context; /* 0: free */
    int32_t purpose;
    int32_t slot; /* with whose it is, as it is stored (slot_join) */
    int32_t notice_number;
    uint8_t record_id[UUID_SIZE];
    uint16_t flags;
    uint8_t nth : 4;                       /* of the entry's states */
    uint8_t count : 4;                     /* its states */
    uint8_t tag[TAG_SIZE - TAG_MARK_SIZE]; /* but for its mark, which stands beside the place */
};

/* A tag's mark says which bucket, so that a mark finds all entries that may be another's now. */
struct bucket {
    uint32_t marks[WAYS]; /* of each place that is not free */
    struct place places[WAYS];
    uint8_t asked; /* a bit a place: its entry was asked since the hand passed */
    uint8_t hand;  /* whose place is looked at next for one to leave */
};
static_assert(sizeof(struct bucket) == WAYS * 77, "there is no gap in a place");

struct context {
    struct context *next; /* of its hash */
    uint32_t number;
    int32_t controller_id;
    size_t count;
    int32_t numbers[];
};

struct holding {
    struct holding *next; /* of its hash */
    int32_t controller_id;
    int64_t stands;
};

struct view {
    struct bucket *buckets;
    size_t bucket_count, bytes;
    uint32_t context_last; /* no number is given twice */
    size_t context_count, holding_count;
    bool is_full; /* of either there were more than there may be */
    struct context *contexts[HEADS];
    struct holding *holdings[HEADS];
};

struct bucket *view_bucket(const struct view *v, uint32_t mark);
/* Whether both are of one entry. */
bool view_place_shares(const struct bucket *b, size_t i, size_t k);
/* Abort where (6) and (7), or (8), do not hold; without AKKOORD_CHECKS they do nothing. */
void view_check_bucket(const struct view *v, const struct bucket *b);
void view_check_tables(const struct view *v);
