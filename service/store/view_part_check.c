/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view_part.h"

#include <assert.h>

#ifdef AKKOORD_CHECKS
/* (7), of the entry that a place is of. */
static bool entry_is_whole(const struct bucket *b, size_t i)
{
    unsigned seen = 0;
    int places = 0;
    for (size_t k = 0; k < WAYS; k++) {
        if (!part_place_shares(b, i, k))
            continue;
        if (b->places[k].count != b->places[i].count)
            return false;
        seen |= 1U << b->places[k].nth;
        places++;
    }
    int count = b->places[i].count;
    return places == (count > 0 ? count : 1) && seen == (1U << places) - 1;
}

static bool place_is_right(const struct view_part *p, const struct bucket *b, size_t i)
{
    const struct place *at = &b->places[i];
    return part_bucket(p, b->marks[i]) == b && entry_is_whole(b, i) /* (7) */
           && at->context <= p->context_last                        /* (8) */
           && part_is_written(p, b);                                /* (13) */
}

void part_check_bucket(const struct view_part *p, const struct bucket *b)
{
    assert(b->hand < WAYS);
    for (size_t i = 0; i < WAYS; i++)
        assert(b->places[i].context == 0 || place_is_right(p, b, i));
}

static bool context_is_known(const struct view_part *p, const struct context *c)
{
    return c->number > 0 && c->number <= p->context_last && part_stands(p, c->controller_id) != VIEW_NOTHING;
}

static size_t contexts_count(const struct view_part *p)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADS; i++) {
        for (const struct context *c = p->contexts[i]; c != NULL; c = c->next) {
            assert(context_is_known(p, c));
            count++;
        }
    }
    return count;
}

static size_t holdings_count(const struct view_part *p)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADS; i++) {
        for (const struct holding *h = p->holdings[i]; h != NULL; h = h->next)
            count++;
    }
    return count;
}

/* (9) */
void part_check_tables(const struct view_part *p)
{
    assert(contexts_count(p) == p->context_count && p->context_count <= CONTEXTS_MAX);
    assert(holdings_count(p) == p->holding_count && p->holding_count <= CONTROLLERS_MAX);
}
#else
void part_check_bucket(const struct view_part *p, const struct bucket *b)
{
    (void)p;
    (void)b;
}

void part_check_tables(const struct view_part *p)
{
    (void)p;
}
#endif

void part_check(const struct view_part *p)
{
    part_check_tables(p);
    for (size_t n = 0; n < p->bucket_count; n++)
        part_check_bucket(p, &p->buckets[n]);
}
