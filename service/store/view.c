/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view_internal.h"

#include "base/fault.h"
#include "store/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct view *view_create(size_t bytes)
{
    size_t count = bytes / sizeof(struct bucket);
    struct view *v = count > 0 && count <= UINT32_MAX && !fault_strikes() ? calloc(1, sizeof *v) : NULL;
    if (v == NULL)
        return NULL;
    v->bucket_count = count;
    v->bytes = count * sizeof(struct bucket);
    v->buckets = mmap(NULL, v->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (v->buckets == MAP_FAILED) {
        free(v);
        return NULL;
    }
    return v;
}

void view_destroy(struct view *v)
{
    if (v == NULL)
        return;
    view_forget(v);
    munmap(v->buckets, v->bytes);
    free(v);
}

/* ---- controllers, and their sets of purposes ---- */

static struct holding *holding_find(const struct view *v, int32_t controller_id)
{
    struct holding *h = v->holdings[(uint32_t)controller_id % HEADS];
    while (h != NULL && h->controller_id != controller_id)
        h = h->next;
    return h;
}

int64_t view_stands(const struct view *v, int32_t controller_id)
{
    const struct holding *h = holding_find(v, controller_id);
    return h != NULL ? h->stands : VIEW_NOTHING;
}

/* Of one controller, or of all (0). */
static void contexts_drop(struct view *v, int32_t controller_id)
{
    for (size_t i = 0; i < HEADS; i++) {
        for (struct context **at = &v->contexts[i]; *at != NULL;) {
            struct context *c = *at;
            if (controller_id != 0 && c->controller_id != controller_id) {
                at = &c->next;
                continue;
            }
            *at = c->next;
            v->context_count--;
            free(c);
        }
    }
}

void view_forget(struct view *v)
{
    if (v == NULL)
        return;
    contexts_drop(v, 0);
    for (size_t i = 0; i < HEADS; i++) {
        while (v->holdings[i] != NULL) {
            struct holding *h = v->holdings[i];
            v->holdings[i] = h->next;
            free(h);
        }
    }
    v->holding_count = 0;
    v->is_full = false;
}

static size_t context_hash(int32_t controller_id, const struct purpose_set *set)
{
    uint32_t hash = (uint32_t)controller_id;
    for (size_t i = 0; i < set->count; i++)
        hash = (hash ^ (uint32_t)set->numbers[i]) * 2654435761U;
    return (hash >> 8) % HEADS;
}

static uint32_t context_add(struct view *v, struct context **head, int32_t controller_id,
                            const struct purpose_set *set)
{
    if (v->context_count == CONTEXTS_MAX || v->context_last == UINT32_MAX) {
        v->is_full = true;
        return 0;
    }
    size_t size = set->count * sizeof *set->numbers;
    struct context *c = fault_strikes() ? NULL : malloc(sizeof *c + size);
    if (c == NULL)
        return 0;
    *c = (struct context){*head, ++v->context_last, controller_id, set->count};
    memcpy(c->numbers, set->numbers, size);
    *head = c;
    v->context_count++;
    return c->number;
}

uint32_t view_context(struct view *v, int32_t controller_id, const struct purpose_set *set)
{
    if (view_stands(v, controller_id) == VIEW_NOTHING)
        return 0;
    struct context **head = &v->contexts[context_hash(controller_id, set)];
    for (const struct context *c = *head; c != NULL; c = c->next) {
        if (c->controller_id == controller_id && c->count == set->count &&
            memcmp(c->numbers, set->numbers, set->count * sizeof *set->numbers) == 0)
            return c->number;
    }
    return context_add(v, head, controller_id, set);
}

/* ---- entries ---- */

static uint32_t tag_mark(const uint8_t *bytes)
{
    uint32_t mark;
    memcpy(&mark, bytes, sizeof mark);
    return mark;
}

/* A tag in its two parts: the mark, as tag_mark() of SQL, and the number of its key with all that is left. */
struct split {
    uint32_t mark;
    uint8_t rest[TAG_SIZE - TAG_MARK_SIZE];
};

static struct split tag_split(const struct tag *tag)
{
    struct split s = {.mark = tag_mark(tag->bytes + 1), .rest = {tag->bytes[0]}};
    memcpy(s.rest + 1, tag->bytes + 1 + TAG_MARK_SIZE, sizeof s.rest - 1);
    return s;
}

struct bucket *view_bucket(const struct view *v, uint32_t mark)
{
    return &v->buckets[(uint64_t)mark * v->bucket_count >> 32];
}

static bool place_is(const struct bucket *b, size_t i, uint32_t context, const struct split *tag)
{
    const struct place *p = &b->places[i];
    return b->marks[i] == tag->mark && p->context == context && memcmp(p->tag, tag->rest, sizeof p->tag) == 0;
}

bool view_place_shares(const struct bucket *b, size_t i, size_t k)
{
    const struct place *p = &b->places[i], *q = &b->places[k];
    return b->marks[i] == b->marks[k] && p->context == q->context &&
           memcmp(p->tag, q->tag, sizeof p->tag) == 0;
}

/* All of the entry that has the place. */
static void entry_remove(struct bucket *b, size_t i)
{
    for (size_t k = 0; k < WAYS; k++) {
        if (k != i && view_place_shares(b, i, k))
            b->places[k].context = 0;
    }
    b->places[i].context = 0;
}

/* (2) Whatever stands under a tag of that mark may be another now. */
static void mark_remove(struct view *v, uint32_t mark)
{
    struct bucket *b = view_bucket(v, mark);
    for (size_t i = 0; i < WAYS; i++) {
        if (b->marks[i] == mark)
            b->places[i].context = 0;
    }
    view_check_bucket(v, b);
}

/* A place that is free from here on, and none of ${taken}, a bit a place, of which there are fewer than WAYS:
 * who was not asked since the hand passed leaves, with all of its entry. */
static size_t place_make(struct bucket *b, unsigned taken)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (b->places[i].context == 0)
            return i;
    }
    while (((b->asked | taken) >> b->hand & 1) != 0) {
        b->asked = (uint8_t)(b->asked & ~(1U << b->hand));
        b->hand = (uint8_t)((b->hand + 1) % WAYS);
    }
    size_t i = b->hand;
    b->hand = (uint8_t)((b->hand + 1) % WAYS);
    entry_remove(b, i);
    return i;
}

static struct place place_of(uint32_t context, const struct split *tag, const struct state *s, size_t nth,
                             size_t count)
{
    struct place p = {.rank = s->rank,
                      .revision = s->revision,
                      .valid_until = s->valid_until,
                      .context = context,
                      .purpose = s->purpose,
                      .slot = s->guardian * SLOT_COUNT + (int32_t)s->slot,
                      .notice_number = s->notice_number,
                      .flags = s->flags,
                      .nth = nth & 0xF,
                      .count = count & 0xF};
    memcpy(p.record_id, s->record_id, UUID_SIZE);
    memcpy(p.tag, tag->rest, sizeof p.tag);
    return p;
}

static struct state place_state(const struct place *p)
{
    struct state s = {.purpose = p->purpose,
                      .rank = p->rank,
                      .revision = p->revision,
                      .valid_until = p->valid_until,
                      .notice_number = p->notice_number,
                      .flags = p->flags};
    slot_split(p->slot, &s.slot, &s.guardian);
    memcpy(s.record_id, p->record_id, UUID_SIZE);
    return s;
}

void view_put(struct view *v, uint32_t context, const struct tag *tag, const struct state *states,
              size_t count)
{
    static const struct state none;
    struct split split = tag_split(tag);
    struct bucket *b = view_bucket(v, split.mark);
    for (size_t i = 0; i < WAYS; i++) {
        if (place_is(b, i, context, &split))
            b->places[i].context = 0;
    }
    if (context == 0 || count > VIEW_STATES_MAX)
        return;

    unsigned taken = 0;
    for (size_t k = 0; k < (count > 0 ? count : 1); k++) {
        size_t i = place_make(b, taken);
        taken |= 1U << i;
        b->marks[i] = split.mark;
        b->places[i] = place_of(context, &split, count > 0 ? &states[k] : &none, k, count);
    }
    b->asked |= (uint8_t)taken;
    view_check_bucket(v, b);
}

void view_expect(const struct view *v, const struct tag *tag)
{
    enum { LINE = 64 /* bytes that memory gives at a time */ };
    const char *bytes = (const char *)view_bucket(v, tag_split(tag).mark);
    for (size_t at = 0; at < sizeof(struct bucket); at += LINE)
        __builtin_prefetch(bytes + at);
}

bool view_has(const struct view *v, uint32_t context, const struct tag *tag)
{
    struct split split = tag_split(tag);
    const struct bucket *b = view_bucket(v, split.mark);
    for (size_t i = 0; i < WAYS && context != 0; i++) {
        if (place_is(b, i, context, &split))
            return true;
    }
    return false;
}

int view_get(struct view *v, uint32_t context, const struct tag *tag,
             struct state ret_states[VIEW_STATES_MAX])
{
    struct split split = tag_split(tag);
    struct bucket *b = view_bucket(v, split.mark);
    int count = -1, found = 0;
    view_check_bucket(v, b);
    for (size_t i = 0; i < WAYS && context != 0; i++) {
        if (!place_is(b, i, context, &split))
            continue;
        const struct place *p = &b->places[i];
        b->asked |= (uint8_t)(1U << i);
        count = p->count;
        if (count > 0)
            ret_states[p->nth] = place_state(p);
        found++;
    }
    assert(found == (count == 0) + (count > 0 ? count : 0));
    return count;
}

/* ---- what a statement returned ---- */

/* (3) */
static bool is_gapless(int64_t stood, int64_t newest, const struct touched *rows, size_t count)
{
    if (count == 0)
        return newest == 0 && stood == 0;
    for (size_t i = 1; i < count; i++) {
        if (rows[i].marks == NULL)
            return false;
    }
    return rows[0].no == stood && rows[count - 1].no == newest;
}

static struct holding *holding_add(struct view *v, int32_t controller_id)
{
    if (v->holding_count == CONTROLLERS_MAX) {
        v->is_full = true;
        return NULL;
    }
    struct holding **head = &v->holdings[(uint32_t)controller_id % HEADS];
    struct holding *h = fault_strikes() ? NULL : malloc(sizeof *h);
    if (h == NULL)
        return NULL;
    *h = (struct holding){*head, controller_id, VIEW_NOTHING};
    *head = h;
    v->holding_count++;
    return h;
}

void view_advance(struct view *v, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count)
{
    if (v->is_full)
        view_forget(v);
    view_check_tables(v);
    struct holding *h = holding_find(v, controller_id);
    if (h == NULL && (h = holding_add(v, controller_id)) == NULL)
        return;

    /* begins, or begins anew, with nothing */
    if (stood == VIEW_NOTHING || h->stands == VIEW_NOTHING || newest < h->stands ||
        !is_gapless(stood, newest, rows, count)) {
        contexts_drop(v, controller_id);
        h->stands = newest;
        return;
    }

    /* a statement that was on its way before may have brought the first of them already */
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; rows[i].no > h->stands && at + TAG_MARK_SIZE <= rows[i].len; at += TAG_MARK_SIZE)
            mark_remove(v, tag_mark((const uint8_t *)rows[i].marks + at));
    }
    h->stands = newest;
}
