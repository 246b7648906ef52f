/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view_internal.h"

#include <assert.h>

#ifdef AKKOORD_CHECKS
/* (6), of the entry that a place is of. */
static bool entry_is_whole(const struct bucket *b, size_t i)
{
    unsigned seen = 0;
    int places = 0;
    for (size_t k = 0; k < WAYS; k++) {
        if (!view_place_shares(b, i, k))
            continue;
        if (b->places[k].count != b->places[i].count)
            return false;
        seen |= 1U << b->places[k].nth;
        places++;
    }
    int count = b->places[i].count;
    return places == (count > 0 ? count : 1) && seen == (1U << places) - 1;
}

void view_check_bucket(const struct view *v, const struct bucket *b)
{
    assert(b->hand < WAYS);
    for (size_t i = 0; i < WAYS; i++) {
        if (b->places[i].context == 0)
            continue;
        assert(view_bucket(v, b->marks[i]) == b && entry_is_whole(b, i)); /* (6) */
        assert(b->places[i].context <= v->context_last);                  /* (7) */
    }
}

static bool context_is_known(const struct view *v, const struct context *c)
{
    return c->number > 0 && c->number <= v->context_last && view_stands(v, c->controller_id) != VIEW_NOTHING;
}

static size_t contexts_count(const struct view *v)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADS; i++) {
        for (const struct context *c = v->contexts[i]; c != NULL; c = c->next) {
            assert(context_is_known(v, c));
            count++;
        }
    }
    return count;
}

static size_t holdings_count(const struct view *v)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADS; i++) {
        for (const struct holding *h = v->holdings[i]; h != NULL; h = h->next)
            count++;
    }
    return count;
}

/* (8) */
void view_check_tables(const struct view *v)
{
    assert(contexts_count(v) == v->context_count && v->context_count <= CONTEXTS_MAX);
    assert(holdings_count(v) == v->holding_count && v->holding_count <= CONTROLLERS_MAX);
}
#else
void view_check_bucket(const struct view *v, const struct bucket *b)
{
    (void)v;
    (void)b;
}

void view_check_tables(const struct view *v)
{
    (void)v;
}
#endif

void view_check(const struct view *v)
{
    view_check_tables(v);
    for (size_t n = 0; n < v->bucket_count; n++)
        view_check_bucket(v, &v->buckets[n]);
}
