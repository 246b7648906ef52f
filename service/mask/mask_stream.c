/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_scan.h"

#include <assert.h>
#include <string.h>

void mask_stream_init(struct mask_stream *s, struct mask_prefixes prefixes)
{
    s->prefixes = prefixes;
    s->zone = (struct mask_zone){0};
    s->held = s->done = s->seen =
        0; /* carry holds nothing: most streams are short, and this is done for each */
}

static struct scan scan_of(const struct mask_stream *s, const char *text, size_t len, char *out)
{
    return (struct scan){.text = (const uint8_t *)text,
                         .len = len,
                         .find = mask_find_best(),
                         .prefixes = s->prefixes,
                         .done = s->done,
                         .seen = s->seen,
                         .zone = s->zone,
                         .out = out};
}

/* Remembers what the rest of the text needs of ${scan}'s: from where, and how far it got. */
static size_t scan_keep(struct mask_stream *s, const struct scan *scan)
{
    /* By (4), and a byte that tells whether what is looked at begins inside a word. */
    const size_t before = MASK_RUN_MAX + 8;
    size_t keep = scan->seen > before ? scan->seen - before : 0;
    if (scan->seen == 0 || !scan_is(scan, scan->seen - 1, TOKEN))
        keep = scan->seen;
    if (keep > scan->done)
        keep = scan->done;
    if (keep < scan->bound)
        keep = scan->bound;
    s->done = scan->done - keep;
    s->seen = scan->seen - keep;
    s->zone = scan->zone;
    s->held = scan->len - keep;
    return keep;
}

size_t mask_stream_feed(struct mask_stream *s, const char *text, size_t len, char *out)
{
    struct scan scan = scan_of(s, text, len, out);
    size_t old = s->held, keep = 0;
    if (old != 0) { /* the seam: what is held, and enough of the new text to decide all of it */
        size_t taken = len < sizeof s->carry - old ? len : sizeof s->carry - old;
        memcpy(s->carry + old, text, taken);
        scan = scan_of(s, s->carry, old + taken, out);
        scan_run(&scan);
        keep = scan_keep(s, &scan);
        assert(keep >= old || taken == len); /* by (4): what was held is decided */
        if (taken == len) {
            memmove(s->carry, s->carry + keep, s->held);
            return (size_t)(scan.out - out);
        }
        text += keep - old;
        len -= keep - old;
        scan = scan_of(s, text, len, scan.out);
    }
    scan_run(&scan);
    keep = scan_keep(s, &scan);
    memcpy(s->carry, text + keep, s->held);
    return (size_t)(scan.out - out);
}

size_t mask_stream_finish(struct mask_stream *s, char *out)
{
    struct scan scan = scan_of(s, s->carry, s->held, out);
    scan.last = true;
    scan_run(&scan);
    mask_stream_init(s, s->prefixes);
    return (size_t)(scan.out - out);
}
