/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Memory for what is made together and goes together: taken in pieces, given back at once. A few chunks
 * are kept for each thread, so that a small arena costs no call of malloc. Not thread-safe: an arena
 * belongs to the thread that made it. */
struct arena {
    struct arena_chunk *chunks; /* the newest first */
    size_t used;                /* of the newest */
    size_t held;                /* bytes of all chunks */
    bool vital; /* its owner ends the process when memory has run out: not for the torture counter */
};

/* Zeroed: struct arena a = {0}. Allocates nothing. */

/* ${size} bytes, aligned for anything, not zeroed. NULL when memory ran out. */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc, for an arena whose owner ends the process when memory has run out: never NULL. */
void *arena_need(struct arena *a, size_t size);
/* Likewise, zeroed. */
void *arena_zeroed(struct arena *a, size_t size);
/* Likewise a copy, with a NUL behind it. */
char *arena_copy(struct arena *a, const char *bytes, size_t len);
/* Likewise room for one element behind the ${count} of ${size} bytes that ${list} has: begins with NULL
 * and 0, and goes on with what it returned. The room doubles at each power of two, zeroed; what the
 * list outgrew goes with the arena. */
void *arena_grow(struct arena *a, void *list, size_t count, size_t size);
/* Gives all of it back and leaves ${a} empty. */
void arena_free(struct arena *a);
/* Gives back what is kept for the calling thread, which is about to end. */
void arena_thread_end(void);
