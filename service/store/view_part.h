/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/view.h"

#include <assert.h>

/* A part of a view: the entries of those tags whose marks fall to it, and up to where each controller's log
 * is known of them. view.c has several, each under a lock of its own; here nothing is locked, and no function
 * may be called by two threads at a time.
 *
 * view.h has what is promised, (1) to (6). What holds after each step (part_check):
 * (7) An entry stands in the bucket of its tag's mark, in as many places as it has states, or in one where it
 *     has none. They are numbered from 0 on, each once.
 * (8) Its context was given. Whether that still stands is not said: an entry whose context is gone is found
 *     by nobody, and leaves when its place is wanted.
 * (9) As many contexts and controllers are in the tables as are counted, and no more than there may be. Of
 *     whose contexts stand, it is known up to where their log is known.
 * (13) What is written of buckets is where ${written} says so. All else has no memory yet: to look at it
 *     would cost the kernel a page each time, for the tags of all who are new (measured: a twentieth of the
 *     service's time among records).
 *
 * Builds for debugging and the sanitizers (AKKOORD_CHECKS) look at each bucket that was changed or is about
 * to answer, and at the tables after each statement. */

enum {
    WAYS = 8, /* places of a bucket */
    /* parts of a view: so many that two of a dozen threads seldom want the same one, and few enough to take
     * them all for a statement that brings something new */
    PARTS = 16,
    HEADS = 1024,           /* of each of the two hash tables below */
    CONTEXTS_MAX = 8192,    /* sets of purposes, of all controllers */
    CONTROLLERS_MAX = 4096, /* more of either: all is forgotten by the next statement, and begins anew */
    WRITTEN_BUCKETS = 8     /* about a page */
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

struct view_part {
    size_t index; /* which marks fall to it: mark_part() */
    struct bucket *buckets;
    size_t bucket_count, bytes;
    uint8_t *written;      /* a bit of each WRITTEN_BUCKETS, (13) */
    uint32_t context_last; /* no number is given twice */
    size_t context_count, holding_count;
    bool is_full; /* of either there were more than there may be */
    struct context *contexts[HEADS];
    struct holding *holdings[HEADS];
};

/* Of ${bytes}, all zeros; false where that is too little to be of use, or memory ran out: then there is
 * nothing to destroy. */
bool part_init(struct view_part *p, size_t index, size_t bytes);
void part_destroy(struct view_part *p);
/* (4) */
void part_forget(struct view_part *p);

/* Up to which number a controller's log is known, or VIEW_NOTHING. */
int64_t part_stands(const struct view_part *p, int32_t controller_id);
/* As view_advance. */
void part_advance(struct view_part *p, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count);

/* A controller's set of purposes, which entries are found by; 0 where there is none of it. Good until
 * part_advance or part_forget is called. */
uint32_t part_context(const struct view_part *p, int32_t controller_id, const struct purpose_set *set);
/* From here on there is one; 0 where the part cannot hold any. */
uint32_t part_context_add(struct view_part *p, int32_t controller_id, const struct purpose_set *set);
/* How many states stand under the tag, copied to ${ret_states}; -1: it is not held. */
int part_get(struct view_part *p, uint32_t context, const struct tag *tag,
             struct state ret_states[VIEW_STATES_MAX]);
bool part_has(const struct view_part *p, uint32_t context, const struct tag *tag);
/* Holds it; more than VIEW_STATES_MAX states are not held. */
void part_put(struct view_part *p, uint32_t context, const struct tag *tag, const struct state *states,
              size_t count);

/* First bytes of a tag behind the number of its key, as tag_mark() of SQL has them. */
uint32_t tag_mark(const struct tag *tag);
/* The part that it falls to. Not by its highest bits: those say which bucket of the part. */
static inline size_t mark_part(uint32_t mark)
{
    return mark * 2654435761U >> 28;
}
static_assert(PARTS == 1 << (32 - 28), "each part has some marks");

struct bucket *part_bucket(const struct view_part *p, uint32_t mark);
/* (13) */
bool part_is_written(const struct view_part *p, const struct bucket *b);
/* Whether both are of one entry. */
bool part_place_shares(const struct bucket *b, size_t i, size_t k);
/* Abort where (7) and (8), or (9), do not hold; without AKKOORD_CHECKS they do nothing. */
void part_check_bucket(const struct view_part *p, const struct bucket *b);
void part_check_tables(const struct view_part *p);
/* All of it. */
void part_check(const struct view_part *p);
