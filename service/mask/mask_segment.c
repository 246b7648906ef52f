/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

#include <assert.h>

static bool is_of_segment(uint8_t c)
{
    return char_is(c, ALNUM) || c == '.' || c == ':' || c == '-' || c == '_';
}

static void segment_bound(struct segment *g, const struct reading *r)
{
    size_t from = r->here, to = from;
    while (from > 0 && is_of_segment(r->chars[r->here]) && is_of_segment(r->chars[from - 1]))
        from--;
    while (to < r->count && is_of_segment(r->chars[to]))
        to++;
    g->reading = r;
    g->from = from;
    g->to = to;
    g->name_count = 0;
}

static void segment_clear(struct segment *g, size_t begin, size_t end)
{
    memset(g->taken + begin, 0, (end - begin) * sizeof g->taken[0]);
    memset(g->starts + begin, 0, (end - begin) * sizeof g->starts[0]);
}

void segment_open(struct segment *g, const struct reading *r, struct mask_prefixes prefixes)
{
    g->prefixes = prefixes;
    g->count = 0;
    segment_bound(g, r);
    g->begin = r->at[g->from];
    g->end = r->at[g->to];
    segment_clear(g, g->begin, g->end);
}

bool finding_stays(const struct finding *f)
{
    const struct reading *r = f->reading;
    return f->len == 0 || (f->len == f->to - f->from && f->end == r->at[f->to] &&
                           memcmp(f->text, r->chars + f->from, f->len) == 0);
}

/* What stays as it is takes nothing of what other readings may hold; what is left moves up. */
static void findings_release(struct segment *g)
{
    size_t count = 0;
    for (size_t n = 0; n < g->count; n++) {
        struct finding *f = &g->findings[n];
        size_t begin = f->reading->at[f->from];
        if (g->starts[begin] != n + 1)
            continue;
        if (f->masked || finding_stays(f)) {
            segment_clear(g, begin, f->end);
            continue;
        }
        g->findings[count++] = *f;
        g->starts[begin] = (uint16_t)count;
    }
    g->count = count;
}

void segment_reopen(struct segment *g, const struct reading *r)
{
    findings_release(g);
    segment_bound(g, r);
    size_t begin = r->at[g->from], end = r->at[g->to];
    if (begin < g->begin) {
        segment_clear(g, begin, g->begin);
        g->begin = begin;
    }
    if (end > g->end) {
        segment_clear(g, g->end, end);
        g->end = end;
    }
}

bool segment_next(const struct segment *g, struct reading *r, size_t reach)
{
    size_t next = g->to;
    while (next < r->count && !is_of_segment(r->chars[next]))
        next++;
    if (next >= r->count || r->at[next] >= reach)
        return false;
    r->here = next;
    return true;
}

struct finding *segment_add(struct segment *g, size_t from, size_t to)
{
    assert(g->count < FINDINGS_MAX && from < to && to <= g->to); /* (2) */
    const uint16_t *at = g->reading->at;
    struct finding *f = &g->findings[g->count++];
    *f = (struct finding){.reading = g->reading,
                          .from = (uint16_t)from,
                          .to = (uint16_t)to,
                          .end = at[to],
                          .outer = to == g->to};
    g->starts[at[from]] = (uint16_t)g->count;
    for (size_t i = at[from]; i < at[to]; i++) {
        assert(g->taken[i] == 0); /* (1) */
        g->taken[i] = TAKEN;
    }
    return f;
}

/* The end of the finding that starts at the byte ${at}, or 0. */
static size_t finding_end(const struct segment *g, size_t at)
{
    return g->starts[at] != 0 ? g->findings[g->starts[at] - 1].end : 0;
}

/* Whether ${f} is an octet of a row that is in [${begin}, ${end}) by a part only. */
static bool is_of_row_beyond(const struct segment *g, const struct finding *f, size_t begin, size_t end)
{
    const struct reading *r = f->reading;
    size_t before = f->from > 1 && r->chars[f->from - 1] == '.' ? r->at[f->from - 2] : begin;
    size_t after = f->to + 1u < r->count && r->chars[f->to] == '.' ? r->at[f->to + 1] : begin;
    return g->taken[r->at[f->from]] == TAKEN_OCTET && ((before < begin && g->taken[before] == TAKEN_OCTET) ||
                                                       (after >= end && g->taken[after] == TAKEN_OCTET));
}

bool segment_cover(struct segment *g, size_t from, size_t to)
{
    size_t begin = g->reading->at[from], end = g->reading->at[to];
    for (size_t i = begin; i < end; i++) {
        size_t known = finding_end(g, i);
        if (known > end || (known == 0 && g->taken[i] != 0))
            return false;
        if (known != 0 && is_of_row_beyond(g, &g->findings[g->starts[i] - 1], begin, end))
            return false;
        if (known != 0)
            i = known - 1;
    }
    segment_clear(g, begin, end);
    return true;
}

bool segment_free(const struct segment *g, size_t from, size_t to)
{
    const uint16_t *at = g->reading->at;
    for (size_t i = at[from]; i < at[to]; i++)
        if (g->taken[i] != 0)
            return false;
    return true;
}

struct finding *segment_number(struct segment *g, size_t from, size_t to, uint8_t value)
{
    const uint16_t *at = g->reading->at;
    size_t known = g->starts[at[from]];
    struct finding *f = known != 0 ? &g->findings[known - 1] : NULL;
    if (f != NULL && g->taken[at[from]] == TAKEN_OCTET && f->end == at[to])
        value &= (uint8_t)octet_read(f->text, f->len, true);
    else if (!segment_free(g, from, to))
        return NULL;
    else
        f = segment_add(g, from, to);
    memset(g->taken + at[from], TAKEN_OCTET, (size_t)(at[to] - at[from]));
    f->len = (uint8_t)(octet_print(f->text, value) - f->text);
    return f;
}
