/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

/* Names below in-addr.arpa (RFC 1035, 3.5) and ip6.arpa (RFC 3596, 2.5): the labels of an address stand in
 * reverse. The 32 labels of a whole IPv6 address are one below any other name too, as lists of senders are
 * asked (RFC 5782, 2.4). */

/* Whether ${word}, in lower case, stands at ${at} in any case (of ASCII, whatever the locale). */
static bool word_at(const struct segment *g, size_t at, const char *word)
{
    for (; *word != '\0'; word++, at++) {
        uint8_t c = at < g->to ? g->reading->chars[at] : 0;
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != *word)
            return false;
    }
    return true;
}

/* The first character of the labels before the dot at ${dot}: of hex digits, or of decimal ones. */
static size_t labels_start(const struct segment *g, size_t dot, bool ip6)
{
    const uint8_t *chars = g->reading->chars;
    size_t start = dot;
    while (start > g->from && chars[start - 1] != ':') {
        size_t label = start;
        while (label > g->from && char_is(chars[label - 1], ip6 ? HEX : DIGIT))
            label--;
        if (ip6 && label > g->from && char_is(chars[label - 1], ALNUM))
            break; /* a word */
        if (label == start && chars[label - 1] != '.')
            break;
        start = label == start ? start - 1 : label;
    }
    return start;
}

/* Whether the 32 labels before the dot at ${dot} are of one hex digit each, and it goes on as a name. */
static bool is_list_name(const struct segment *g, size_t dot)
{
    enum { LABELS = 32 };
    bool word = false; /* a label that is none of an address */
    for (size_t i = dot + 1; segment_is(g, i, ALNUM); i++)
        word |= !segment_is(g, i, HEX);
    if (dot < g->from + 2 * LABELS - 1 || !word)
        return false;
    for (size_t i = 0; i < LABELS; i++)
        if (!segment_is(g, dot - 1 - 2 * i, HEX) || (i > 0 && !segment_is_char(g, dot - 2 * i, '.')))
            return false;
    return dot == g->from + 2 * LABELS - 1 || !segment_is(g, dot - 2 * LABELS, ALNUM);
}

void names_find(struct segment *g)
{
    for (size_t i = g->from; i < g->to && g->name_count < NAMES_MAX; i++) {
        if (g->reading->chars[i] != '.' || !segment_is(g, i + 1, ALNUM))
            continue;
        bool ip6 = word_at(g, i + 1, "ip6.arpa") || is_list_name(g, i);
        if (!ip6 && !word_at(g, i + 1, "in-addr.arpa"))
            continue;
        g->names[g->name_count++] =
            (struct segment_name){.from = labels_start(g, i, ip6), .dot = i, .ip6 = ip6};
    }
}

/* The nibble ${i} of an address, counted from its start, when ${kept} bits of it are kept. */
static char nibble_mask(uint8_t old, size_t i, unsigned kept)
{
    int value = old <= '9' ? old - '0' : (old | 0x20) - 'a' + 10;
    if (i < kept / 4)
        return (char)old;
    return i > kept / 4 ? '0' : "0123456789abcdef"[value & (0xf0 >> kept % 4) & 0xf];
}

/* A label that is no nibble becomes 0 too. */
static void nibble_label_mask(struct segment *g, size_t from, size_t to, size_t i)
{
    char old = (char)g->reading->chars[from];
    char c = to - from == 1 ? nibble_mask((uint8_t)old, i, g->prefixes.ipv6) : '0';
    if ((to - from == 1 && c == old) || !segment_free(g, from, to))
        return;
    struct finding *f = segment_add(g, from, to);
    f->text[0] = c;
    f->len = 1;
}

/* A label before the four of an address, as in RFC 2317's `26.0-63.113.0.203`, is as good as its last
 * octet. ${joined}: letters and a colon are before it, and it keeps its width, so that they are no group of
 * an IPv6 address now if they were none. */
static void octet_label_mask(struct segment *g, size_t from, size_t to, size_t i, bool joined)
{
    const char *label = (const char *)g->reading->chars + from;
    int value = octet_read(label, to - from, true);
    if (value < 0)
        return;
    uint8_t kept = byte_mask((uint8_t)value, i < 4 ? (unsigned)i : 3, g->prefixes.ipv4);
    if (kept == value)
        return;
    struct finding *f = segment_number(g, from, to, kept);
    if (f == NULL || !joined || f->len >= to - from)
        return;
    memmove(f->text + (to - from) - f->len, f->text, f->len);
    memset(f->text, '0', to - from - f->len);
    f->len = (uint8_t)(to - from);
}

/* Whether a colon is before the word that ends at ${end}. */
static bool is_behind_colon(const struct segment *g, size_t end)
{
    while (end > g->from && char_is(g->reading->chars[end - 1], ALNUM))
        end--;
    return end > g->from && g->reading->chars[end - 1] == ':';
}

static void label_mask(struct segment *g, const struct segment_name *name, size_t from, size_t end, size_t i)
{
    bool joined = from == name->from && is_behind_colon(g, from);
    if (from == end || segment_taken(g, from))
        return;
    if (!name->ip6)
        octet_label_mask(g, from, end, i, joined && g->reading->chars[from - 1] != ':');
    else if (!joined || end - from == 1) /* else a group */
        nibble_label_mask(g, from, end, i);
}

static void name_mask(struct segment *g, const struct segment_name *name)
{
    const uint8_t *chars = g->reading->chars;
    const uint16_t *at = g->reading->at;
    size_t i = 0;
    for (size_t end = name->dot; end > name->from; i++) {
        size_t from = end;
        while (from > name->from && chars[from - 1] != '.')
            from--;
        label_mask(g, name, from, end, i);
        end = from > name->from ? from - 1 : from;
    }

    size_t from = name->from; /* `0-` of `26.0-63`, and what is before it */
    while (!name->ip6 && from > g->from && i >= 4 &&
           (char_is(chars[from - 1], DIGIT) || chars[from - 1] == '-' || chars[from - 1] == '.')) {
        size_t end = from--;
        while (from > g->from && char_is(chars[from], DIGIT) && char_is(chars[from - 1], DIGIT))
            from--;
        if (char_is(chars[from], DIGIT) && !segment_taken(g, from))
            octet_label_mask(g, from, end, 3, false);
    }
    memset(g->taken + at[from], TAKEN_NAME, (size_t)(at[name->dot + 1] - at[from]));
}

void names_mask(struct segment *g)
{
    for (size_t i = 0; i < g->name_count; i++)
        name_mask(g, &g->names[i]);
}
