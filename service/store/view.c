/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view.h"

#include "base/fault.h"
#include "store/view_part.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct part {
    pthread_mutex_t
        lock; /* of what follows; held while one tag is looked at, or one statement's rows applied */
    uint64_t epoch;
    struct view_part own;
};

/* view.h and view_part.h have what is promised. What several threads may do at once rests on this:
 * (10) Who advances, and who forgets, goes through the parts from the last to the first: where the first part
 *     stands at a number, each of the others does too, or further, or holds nothing of the controller. So no
 *     part misses a row of a statement that was sent from the first one's number on. Where one does all the
 *     same (a log that was found to be another, of which that part was told alone), it sees the gap.
 * (11) A part is of one epoch. What comes with another is not taken, and is not answered.
 * (12) The view's epoch is given out once all parts are of it. */
struct view {
    _Atomic uint64_t epoch; /* written under the lock */
    pthread_mutex_t lock;   /* of the history; held while all parts are forgotten */
    char history[DATABASE_HISTORY_SIZE];
    atomic_bool is_full; /* of a part's tables: all is forgotten by the next statement, and begins anew */
    struct part parts[PARTS];
};

struct view *view_create(size_t bytes)
{
    struct view *v = fault_strikes() ? NULL : calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    if (pthread_mutex_init(&v->lock, NULL) != 0)
        abort();
    for (size_t i = 0; i < PARTS; i++) {
        if (!part_init(&v->parts[i].own, i, bytes / PARTS)) {
            view_destroy(v);
            return NULL;
        }
        if (pthread_mutex_init(&v->parts[i].lock, NULL) != 0)
            abort();
    }
    return v;
}

void view_destroy(struct view *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; i < PARTS && v->parts[i].own.buckets != NULL; i++) {
        part_destroy(&v->parts[i].own);
        pthread_mutex_destroy(&v->parts[i].lock);
    }
    pthread_mutex_destroy(&v->lock);
    free(v);
}

/* ---- epochs ---- */

/* All parts, (10), to be of ${epoch}. */
static void parts_forget(struct view *v, uint64_t epoch)
{
    for (size_t i = PARTS; i > 0; i--) {
        struct part *p = &v->parts[i - 1];
        pthread_mutex_lock(&p->lock);
        part_forget(&p->own);
        p->epoch = epoch;
        pthread_mutex_unlock(&p->lock);
    }
}

void view_open(struct view_link *link, const char *history)
{
    struct view *v = link->view;
    assert(strlen(history) < sizeof link->history);
    strncpy(link->history, history, sizeof link->history);
    pthread_mutex_lock(&v->lock);
    memcpy(v->history, link->history, sizeof v->history);
    link->epoch = atomic_load(&v->epoch) + 1;
    parts_forget(v, link->epoch);
    atomic_store(&v->epoch, link->epoch); /* (12) */
    pthread_mutex_unlock(&v->lock);
}

void view_close(struct view_link *link)
{
    link->epoch = 0;
}

uint64_t view_epoch(struct view_link *link)
{
    struct view *v = link->view;
    if (link->epoch == 0 || link->epoch == atomic_load(&v->epoch))
        return link->epoch;

    /* another connection was opened since: to the same database? */
    pthread_mutex_lock(&v->lock);
    bool is_same = memcmp(link->history, v->history, sizeof v->history) == 0;
    uint64_t epoch = is_same ? atomic_load(&v->epoch) : 0;
    pthread_mutex_unlock(&v->lock);
    if (is_same)
        link->epoch = epoch;
    return epoch;
}

/* ---- entries ---- */

static struct part *part_of(const struct view *v, const struct tag *tag)
{
    return (struct part *)&v->parts[mark_part(tag_mark(tag))];
}

/* The locked part, where it is of that epoch; else it is left, and NULL. */
static struct part *part_entered(struct part *p, uint64_t epoch)
{
    if (p->epoch == epoch)
        return p;
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* NULL also where it is in use. */
static struct part *part_try(struct view *v, const struct tag *tag, uint64_t epoch)
{
    struct part *p = part_of(v, tag);
    return pthread_mutex_trylock(&p->lock) == 0 ? part_entered(p, epoch) : NULL;
}

static struct part *part_enter(struct view *v, const struct tag *tag, uint64_t epoch)
{
    struct part *p = part_of(v, tag);
    pthread_mutex_lock(&p->lock);
    return part_entered(p, epoch);
}

static void part_leave(struct view *v, struct part *p)
{
    if (p->own.is_full)
        atomic_store_explicit(&v->is_full, true, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
}

bool view_has(struct view *v, uint64_t epoch, int32_t controller_id, const struct purpose_set *set,
              const struct tag *tag)
{
    struct part *p = part_try(v, tag, epoch);
    if (p == NULL)
        return false;
    bool has = part_has(&p->own, part_context(&p->own, controller_id, set), tag);
    part_leave(v, p);
    return has;
}

int view_get(struct view *v, const struct view_moment *at, const struct purpose_set *set,
             const struct tag *tag, struct state ret_states[VIEW_STATES_MAX])
{
    struct part *p = part_enter(v, tag, at->epoch);
    if (p == NULL)
        return -1;
    int count = -1;
    if (part_stands(&p->own, at->controller_id) == at->number) /* (6) */
        count = part_get(&p->own, part_context(&p->own, at->controller_id, set), tag, ret_states);
    part_leave(v, p);
    return count;
}

void view_put(struct view *v, const struct view_moment *at, const struct purpose_set *set,
              const struct tag *tag, const struct state *states, size_t count)
{
    struct part *p = part_try(v, tag, at->epoch);
    if (p == NULL)
        return;
    if (part_stands(&p->own, at->controller_id) == at->number) /* (2) */
        part_put(&p->own, part_context_add(&p->own, at->controller_id, set), tag, states, count);
    part_leave(v, p);
}

void view_expect(const struct view *v, const struct tag *tag)
{
    enum { LINE = 64 /* bytes that memory gives at a time */ };
    const char *bytes = (const char *)part_bucket(&part_of(v, tag)->own, tag_mark(tag));
    for (size_t at = 0; at < sizeof(struct bucket); at += LINE)
        __builtin_prefetch(bytes + at);
}

/* ---- what a statement returned ---- */

int64_t view_stands(struct view *v, int32_t controller_id)
{
    struct part *first = &v->parts[0]; /* (10) */
    pthread_mutex_lock(&first->lock);
    int64_t stands = part_stands(&first->own, controller_id);
    pthread_mutex_unlock(&first->lock);
    return stands;
}

/* All parts begin anew, in the same epoch. */
static void view_empty(struct view *v)
{
    pthread_mutex_lock(&v->lock);
    parts_forget(v, atomic_load(&v->epoch));
    pthread_mutex_unlock(&v->lock);
}

void view_advance(struct view *v, uint64_t epoch, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count)
{
    if (atomic_load_explicit(&v->is_full, memory_order_relaxed) &&
        atomic_exchange_explicit(&v->is_full, false, memory_order_relaxed))
        view_empty(v);

    /* most often nothing was written since (10) */
    int64_t stands = view_stands(v, controller_id);
    if (stands != VIEW_NOTHING && newest <= stands && (stood == VIEW_NOTHING || newest >= stood))
        return;
    for (size_t i = PARTS; i > 0; i--) {
        struct part *p = &v->parts[i - 1];
        pthread_mutex_lock(&p->lock);
        if (p->epoch == epoch)
            part_advance(&p->own, controller_id, stood, newest, rows, count);
        part_leave(v, p);
    }
}

void view_check(struct view *v)
{
    for (size_t i = 0; i < PARTS; i++) {
        pthread_mutex_lock(&v->parts[i].lock);
        part_check(&v->parts[i].own);
        pthread_mutex_unlock(&v->parts[i].lock);
    }
}
