/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/fault.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* (1) Pieces are cut off the newest chunk, from its front: used is where the next one begins, a multiple
 *     of ALIGN and never behind the chunk's end; 0 where there is no chunk.
 * (2) A piece stays where it is until the whole arena is given back.
 * (3) held is what all chunks have together: none leaves before the others.
 * (4) No chunk is smaller than CHUNK, and those that are kept for the thread have just that: whichever is
 *     taken fits whoever asks for no more.
 * (5) A chunk is in one arena, or kept, and then by the thread that gave it back. */

/* A chunk holds the tree of a check's body (about 1 KB), or a check's call, whole. Kept are the
 * chunks of 512 checks in flight, whose trees are gone by then. */
enum { CHUNK = 4096, KEPT_MAX = 512, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of bytes */
    _Alignas(ALIGN) char bytes[];
};

static _Thread_local struct {
    struct arena_chunk *first;
    size_t count;
} kept;

#ifdef AKKOORD_CHECKS
static size_t chunks_size(const struct arena *a)
{
    size_t sum = 0;
    for (const struct arena_chunk *c = a->chunks; c != NULL; c = c->next) {
        assert(c->size >= CHUNK);
        sum += c->size;
    }
    return sum;
}
#endif

/* Of what takes no walk; in builds for debugging and the sanitizers also (3). */
static void arena_check(const struct arena *a)
{
    assert(a->chunks != NULL ? a->used <= a->chunks->size && a->held >= a->chunks->size
                             : a->used == 0 && a->held == 0);
    assert(a->used % ALIGN == 0);
#ifdef AKKOORD_CHECKS
    assert(chunks_size(a) == a->held);
#endif
}

static struct arena_chunk *chunk_take(size_t size, bool vital)
{
    if (!vital && fault_strikes())
        return NULL;
    assert((kept.first == NULL) == (kept.count == 0));
    struct arena_chunk *c = kept.first;
    if (c != NULL && size <= c->size) {
        assert(c->size == CHUNK);
        kept.first = c->next;
        kept.count--;
        return c;
    }
    size_t room = size > CHUNK ? size : CHUNK;
    c = malloc(sizeof *c + room);
    if (c != NULL)
        c->size = room;
    return c;
}

static void chunk_give(struct arena_chunk *c)
{
    if (c->size != CHUNK || kept.count >= KEPT_MAX) {
        free(c);
        return;
    }
    c->next = kept.first;
    kept.first = c;
    kept.count++;
}

void *arena_alloc(struct arena *a, size_t size)
{
    assert(size <= PTRDIFF_MAX - sizeof(struct arena_chunk) - ALIGN); /* a size that went below zero */
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (a->chunks == NULL || a->chunks->size - a->used < size) {
        struct arena_chunk *c = chunk_take(size, a->vital);
        if (c == NULL)
            return NULL;
        c->next = a->chunks;
        a->chunks = c;
        a->held += c->size;
        a->used = 0;
    }
    void *at = a->chunks->bytes + a->used;
    a->used += size;
    assert(a->used <= a->chunks->size);
    return at;
}

void *arena_need(struct arena *a, size_t size)
{
    void *at = arena_alloc(a, size);
    if (at == NULL)
        abort();
    return at;
}

void *arena_zeroed(struct arena *a, size_t size)
{
    return memset(arena_need(a, size), 0, size);
}

char *arena_copy(struct arena *a, const char *bytes, size_t len)
{
    char *copy = arena_need(a, len + 1);
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void *arena_grow(struct arena *a, void *list, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return list;
    void *grown = arena_zeroed(a, (count == 0 ? 1 : count * 2) * size);
    if (count > 0)
        memcpy(grown, list, count * size);
    return grown;
}

void arena_free(struct arena *a)
{
    arena_check(a);
    while (a->chunks != NULL) {
        struct arena_chunk *c = a->chunks;
        a->chunks = c->next;
        chunk_give(c);
    }
    a->used = a->held = 0;
}

void arena_thread_end(void)
{
    while (kept.first != NULL) {
        struct arena_chunk *c = kept.first;
        kept.first = c->next;
        free(c);
    }
    kept.count = 0;
}
