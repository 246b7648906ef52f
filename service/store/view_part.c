/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view_part.h"

#include "base/fault.h"
#include "store/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool part_init(struct view_part *p, size_t index, size_t bytes)
{
    size_t count = bytes / sizeof(struct bucket);
    if (count == 0 || count > UINT32_MAX || fault_strikes())
        return false;
    *p = (struct view_part){.index = index, .bucket_count = count, .bytes = count * sizeof(struct bucket)};
    void *bytes_of = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes_of == MAP_FAILED)
        return false;
    /* A place is touched here and there: of huge pages a few hundred people would have all of it. */
    madvise(bytes_of, p->bytes, MADV_NOHUGEPAGE);
    p->written = fault_strikes() ? NULL : calloc(count / WRITTEN_BUCKETS / 8 + 1, 1);
    if (p->written == NULL) {
        munmap(bytes_of, p->bytes);
        return false;
    }
    p->buckets = bytes_of;
    return true;
}

void part_destroy(struct view_part *p)
{
    part_forget(p);
    munmap(p->buckets, p->bytes);
    free(p->written);
}

/* ---- controllers, and their sets of purposes ---- */

static struct holding *holding_find(const struct view_part *p, int32_t controller_id)
{
    struct holding *h = p->holdings[(uint32_t)controller_id % HEADS];
    while (h != NULL && h->controller_id != controller_id)
        h = h->next;
    return h;
}

int64_t part_stands(const struct view_part *p, int32_t controller_id)
{
    const struct holding *h = holding_find(p, controller_id);
    return h != NULL ? h->stands : VIEW_NOTHING;
}

/* Of one controller, or of all (0). */
static void contexts_drop(struct view_part *p, int32_t controller_id)
{
    for (size_t i = 0; i < HEADS; i++) {
        for (struct context **at = &p->contexts[i]; *at != NULL;) {
            struct context *c = *at;
            if (controller_id != 0 && c->controller_id != controller_id) {
                at = &c->next;
                continue;
            }
            *at = c->next;
            p->context_count--;
            free(c);
        }
    }
}

void part_forget(struct view_part *p)
{
    contexts_drop(p, 0);
    for (size_t i = 0; i < HEADS; i++) {
        while (p->holdings[i] != NULL) {
            struct holding *h = p->holdings[i];
            p->holdings[i] = h->next;
            free(h);
        }
    }
    p->holding_count = 0;
    p->is_full = false;
}

static size_t context_hash(int32_t controller_id, const struct purpose_set *set)
{
    uint32_t hash = (uint32_t)controller_id;
    for (size_t i = 0; i < set->count; i++)
        hash = (hash ^ (uint32_t)set->numbers[i]) * 2654435761U;
    return (hash >> 8) % HEADS;
}

uint32_t part_context(const struct view_part *p, int32_t controller_id, const struct purpose_set *set)
{
    for (const struct context *c = p->contexts[context_hash(controller_id, set)]; c != NULL; c = c->next) {
        if (c->controller_id == controller_id && c->count == set->count &&
            memcmp(c->numbers, set->numbers, set->count * sizeof *set->numbers) == 0)
            return c->number;
    }
    return 0;
}

uint32_t part_context_add(struct view_part *p, int32_t controller_id, const struct purpose_set *set)
{
    uint32_t known = part_context(p, controller_id, set);
    if (known != 0 || part_stands(p, controller_id) == VIEW_NOTHING || p->context_last == UINT32_MAX)
        return known;
    if (p->context_count == CONTEXTS_MAX) {
        p->is_full = true;
        return 0;
    }
    size_t size = set->count * sizeof *set->numbers;
    struct context *c = fault_strikes() ? NULL : malloc(sizeof *c + size);
    if (c == NULL)
        return 0;
    struct context **head = &p->contexts[context_hash(controller_id, set)];
    *c = (struct context){*head, ++p->context_last, controller_id, set->count};
    memcpy(c->numbers, set->numbers, size);
    *head = c;
    p->context_count++;
    return c->number;
}

/* ---- entries ---- */

static uint32_t mark_read(const char *bytes)
{
    uint32_t mark;
    memcpy(&mark, bytes, sizeof mark);
    return mark;
}

uint32_t tag_mark(const struct tag *tag)
{
    return mark_read((const char *)tag->bytes + 1);
}

/* A tag in its two parts: the mark, as tag_mark() of SQL, and the number of its key with all that is left. */
struct split {
    uint32_t mark;
    uint8_t rest[TAG_SIZE - TAG_MARK_SIZE];
};

static struct split tag_split(const struct tag *tag)
{
    struct split s = {.mark = tag_mark(tag), .rest = {tag->bytes[0]}};
    memcpy(s.rest + 1, tag->bytes + 1 + TAG_MARK_SIZE, sizeof s.rest - 1);
    return s;
}

struct bucket *part_bucket(const struct view_part *p, uint32_t mark)
{
    return &p->buckets[(uint64_t)mark * p->bucket_count >> 32];
}

/* Which bit of ${written}. */
static size_t written_bit(const struct view_part *p, const struct bucket *b)
{
    return (size_t)(b - p->buckets) / WRITTEN_BUCKETS;
}

bool part_is_written(const struct view_part *p, const struct bucket *b)
{
    size_t bit = written_bit(p, b);
    return (p->written[bit / 8] >> bit % 8 & 1) != 0;
}

static void written_set(struct view_part *p, const struct bucket *b)
{
    size_t bit = written_bit(p, b);
    p->written[bit / 8] |= (uint8_t)(1U << bit % 8);
}

static bool place_is(const struct bucket *b, size_t i, uint32_t context, const struct split *tag)
{
    const struct place *at = &b->places[i];
    return b->marks[i] == tag->mark && at->context == context &&
           memcmp(at->tag, tag->rest, sizeof at->tag) == 0;
}

bool part_place_shares(const struct bucket *b, size_t i, size_t k)
{
    const struct place *p = &b->places[i], *q = &b->places[k];
    return b->marks[i] == b->marks[k] && p->context == q->context &&
           memcmp(p->tag, q->tag, sizeof p->tag) == 0;
}

/* All of the entry that has the place. */
static void entry_remove(struct bucket *b, size_t i)
{
    for (size_t k = 0; k < WAYS; k++) {
        if (k != i && part_place_shares(b, i, k))
            b->places[k].context = 0;
    }
    b->places[i].context = 0;
}

/* (2) Whatever stands under a tag of that mark may be another now. */
static void mark_remove(struct view_part *p, uint32_t mark)
{
    struct bucket *b = part_bucket(p, mark);
    if (!part_is_written(p, b))
        return;
    for (size_t i = 0; i < WAYS; i++) {
        if (b->marks[i] == mark)
            b->places[i].context = 0;
    }
    part_check_bucket(p, b);
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

void part_put(struct view_part *p, uint32_t context, const struct tag *tag, const struct state *states,
              size_t count)
{
    static const struct state none;
    struct split split = tag_split(tag);
    struct bucket *b = part_bucket(p, split.mark);
    if (part_is_written(p, b)) {
        for (size_t i = 0; i < WAYS; i++) {
            if (place_is(b, i, context, &split))
                b->places[i].context = 0;
        }
    }
    if (context == 0 || count > VIEW_STATES_MAX)
        return;

    unsigned taken = 0;
    written_set(p, b);
    for (size_t k = 0; k < (count > 0 ? count : 1); k++) {
        size_t i = place_make(b, taken);
        taken |= 1U << i;
        b->marks[i] = split.mark;
        b->places[i] = place_of(context, &split, count > 0 ? &states[k] : &none, k, count);
    }
    b->asked &= (uint8_t)~taken; /* asked once it is no more than others */
    part_check_bucket(p, b);
}

bool part_has(const struct view_part *p, uint32_t context, const struct tag *tag)
{
    struct split split = tag_split(tag);
    const struct bucket *b = part_bucket(p, split.mark);
    if (context == 0 || !part_is_written(p, b))
        return false;
    for (size_t i = 0; i < WAYS; i++) {
        if (place_is(b, i, context, &split))
            return true;
    }
    return false;
}

int part_get(struct view_part *p, uint32_t context, const struct tag *tag,
             struct state ret_states[VIEW_STATES_MAX])
{
    struct split split = tag_split(tag);
    struct bucket *b = part_bucket(p, split.mark);
    int count = -1, found = 0;
    if (context == 0 || !part_is_written(p, b))
        return -1;
    part_check_bucket(p, b);
    for (size_t i = 0; i < WAYS; i++) {
        if (!place_is(b, i, context, &split))
            continue;
        const struct place *at = &b->places[i];
        b->asked |= (uint8_t)(1U << i);
        count = at->count;
        if (count > 0)
            ret_states[at->nth] = place_state(at);
        found++;
    }
    assert(found == (count == 0) + (count > 0 ? count : 0));
    return count;
}

/* ---- what a statement returned ---- */

/* (3) */
static bool is_gapless(int64_t stood, int64_t newest, const struct touched *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (rows[i].marks == NULL)
            return false;
    }
    return count > 0 && rows[0].no == stood && rows[count - 1].no == newest;
}

static struct holding *holding_add(struct view_part *p, int32_t controller_id)
{
    if (p->holding_count == CONTROLLERS_MAX) {
        p->is_full = true;
        return NULL;
    }
    struct holding **head = &p->holdings[(uint32_t)controller_id % HEADS];
    struct holding *h = fault_strikes() ? NULL : malloc(sizeof *h);
    if (h == NULL)
        return NULL;
    *h = (struct holding){*head, controller_id, VIEW_NOTHING};
    *head = h;
    p->holding_count++;
    return h;
}

/* What was touched after what is known of it already. */
static void rows_apply(struct view_part *p, int64_t known, const struct touched *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; rows[i].no > known && at + TAG_MARK_SIZE <= rows[i].len; at += TAG_MARK_SIZE) {
            uint32_t mark = mark_read(rows[i].marks + at);
            if (mark_part(mark) == p->index)
                mark_remove(p, mark);
        }
    }
}

void part_advance(struct view_part *p, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count)
{
    part_check_tables(p);
    struct holding *h = holding_find(p, controller_id);
    if (h == NULL && (h = holding_add(p, controller_id)) == NULL)
        return;

    /* A log is no shorter than it was when the statement was sent. One that is is another log. */
    bool is_other = stood != VIEW_NOTHING && newest < stood;
    /* another's statement has seen as much meanwhile, or more */
    if (!is_other && h->stands != VIEW_NOTHING && newest <= h->stands)
        return;

    /* begins, or begins anew, with nothing */
    if (is_other || h->stands == VIEW_NOTHING || stood > h->stands || !is_gapless(stood, newest, rows, count))
        contexts_drop(p, controller_id);
    else
        rows_apply(p, h->stands, rows, count);
    h->stands = newest;
}
