/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

#include <assert.h>

struct finding *segment_add(struct segment *g, size_t from, size_t to)
{
    assert(g->count < FINDINGS_MAX && from < to && to <= g->to); /* (2) */
    struct finding *f = &g->findings[g->count++];
    *f = (struct finding){.from = (uint16_t)from, .to = (uint16_t)to};
    g->starts[from] = (uint16_t)g->count;
    for (size_t i = from; i < to; i++) {
        assert(!g->taken[i]); /* (1) */
        g->taken[i] = true;
    }
    return f;
}

void segment_number(struct segment *g, size_t from, size_t to, uint8_t value)
{
    struct finding *f = segment_add(g, from, to);
    f->len = (uint8_t)(octet_print(f->text, value) - f->text);
}
