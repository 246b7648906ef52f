/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

#include <stdio.h>

/* IPv6 addresses in a segment: which groups of a run are one, and what is only joined to it by a colon.
 * mask.h has the grammar.
 *
 * (1) A run is of groups of one to four hex digits, colons and dots. A word that touches it is no part of
 *     an address, nor is the colon between them; but for its end if that is a head before one colon, and its
 *     start if that is the eighth group.
 * (2) A run that is an address as a whole is that address; outer dots, one outer colon and a port behind a
 *     dot apart.
 * (3) In another run an address begins at a head, or is of eight groups. What is left of a run holds none.
 * (4) What was masked is judged to be what it was: a head decides before anything else, and "::" alone is
 *     none. */
struct run {
    size_t from, to;
    size_t zone; /* where the rest of a word ends of which only the start is a group: `7c8d%35`; or 0 */
    bool after_word, before_word;
    bool glued; /* the head is the end of a word: `src2001:db8:1::` */
};

struct span {
    size_t from, to;
};

static bool span_read(const struct segment *g, struct span span, struct ipv6 *ret_address)
{
    return span.to > span.from &&
           ipv6_read((const char *)g->reading->chars + span.from, span.to - span.from, true, ret_address);
}

static size_t group_width(const struct segment *g, size_t at, size_t end)
{
    size_t n = 0;
    while (at + n < end && char_is(g->reading->chars[at + n], HEX))
        n++;
    return n;
}

/* The first group of an address that is in use: of 2000::/3, fc00::/7, fe80::/10 or ff00::/9, with all its
 * digits. */
static bool is_head(const struct segment *g, size_t at, size_t end)
{
    const uint8_t *c = g->reading->chars + at;
    if (group_width(g, at, end) != 4)
        return false;
    uint8_t second = c[1] | 0x20, third = c[2] | 0x20;
    if (c[0] == '2' || c[0] == '3')
        return true;
    return (c[0] | 0x20) == 'f' &&
           (second == 'c' || second == 'd' ||
            (second == 'e' && (third == '8' || third == '9' || third == 'a' || third == 'b')) ||
            (second == 'f' && third >= '0' && third <= '7'));
}

/* Whether the four characters at ${at} are decimal digits. */
static bool is_decimal(const struct segment *g, size_t at)
{
    const uint8_t *c = g->reading->chars + at;
    return char_is(c[0], DIGIT) && char_is(c[1], DIGIT) && char_is(c[2], DIGIT) && char_is(c[3], DIGIT);
}

/* Whether an address may end at ${at}: before a colon, or a dot that is not inside four octets. */
static bool is_end(const struct segment *g, size_t at, size_t end)
{
    const uint8_t *chars = g->reading->chars;
    if (at == end || chars[at] == ':')
        return true;
    if (chars[at] != '.')
        return false;
    size_t dots = 0;
    for (; at < end && (chars[at] == '.' || char_is(chars[at], DIGIT)); at++)
        dots += chars[at] == '.' && at + 1 < end && char_is(chars[at + 1], DIGIT);
    return dots < 2;
}

/* The end of four octets at ${at}, or 0. */
static size_t octets_end(const struct segment *g, size_t at, size_t end)
{
    uint8_t bytes[4];
    size_t n = at, dots = 0;
    while (n < end &&
           (char_is(g->reading->chars[n], DIGIT) || (g->reading->chars[n] == '.' && dots < 3 && n + 1 < end &&
                                                     char_is(g->reading->chars[n + 1], DIGIT))))
        dots += g->reading->chars[n++] == '.';
    return ipv4_read((const char *)g->reading->chars + at, n - at, true, bytes) ? n : 0;
}

/* A walk over the groups of an address. */
struct walk {
    size_t at, groups;
    size_t longest; /* where an address ended last, or 0 */
    bool gap;       /* "::" was passed */
};

/* Passes the colons behind a group. Returns false when no group can follow. */
static bool colons_pass(const struct segment *g, struct walk *w, size_t end)
{
    const uint8_t *chars = g->reading->chars;
    if (w->at >= end || chars[w->at] != ':')
        return false;
    w->at++;
    if (w->at == end || chars[w->at] != ':')
        return true;
    if (w->gap || w->groups == 8)
        return false;
    w->gap = true;
    w->at++;
    if (is_end(g, w->at, end))
        w->longest = w->at;
    return true;
}

/* The end of the longest address that begins with the group or the two colons at ${from}, or 0. */
static size_t longest_end(const struct segment *g, size_t from, size_t end)
{
    struct walk w = {.at = from};
    if (end - from > 2 && g->reading->chars[from] == ':' && g->reading->chars[from + 1] == ':') {
        w.gap = true;
        w.at += 2;
    }
    do {
        size_t width = group_width(g, w.at, end), octets = 0;
        if (w.gap ? w.groups <= 6 : w.groups == 6)
            octets = octets_end(g, w.at, end);
        if (octets != 0 && is_end(g, octets, end))
            return octets;
        if (width == 0 || width > 4 || w.groups == 8)
            break;
        w.at += width;
        w.groups++;
        if ((w.gap || w.groups == 8) && is_end(g, w.at, end))
            w.longest = w.at;
    } while (colons_pass(g, &w, end));
    return w.longest;
}

static bool is_masked(const struct segment *g, struct ipv6 address)
{
    struct ipv6 masked = address;
    ipv6_mask(&masked, g->prefixes);
    return memcmp(&masked, &address, sizeof masked) == 0;
}

/* All eight groups, or two colons in the place of the zeros that are first. */
static size_t groups_print(const struct ipv6 *address, bool gap_first, char out[MASK_ADDRESS_SIZE])
{
    size_t len = 0, first = 0;
    while (gap_first && first < 14 && address->bytes[first] == 0 && address->bytes[first + 1] == 0)
        first += 2;
    if (first > 0)
        out[len++] = ':';
    for (size_t i = first; i < 16; i += 2)
        len += (size_t)snprintf(out + len, MASK_ADDRESS_SIZE - len, i == 0 ? "%x" : ":%x",
                                (unsigned)(address->bytes[i] << 8 | address->bytes[i + 1]));
    return len;
}

/* Whether "::" stands in ${text}. */
static bool has_gap(const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++)
        if (text[i] == ':' && text[i + 1] == ':')
            return true;
    return false;
}

/* (4) Whether what was masked, ${f} in the place of ${span}, is to be written with all its groups: its gap is
 * not to be filled by what is joined behind, nor to be a second one. */
static bool is_written_out(const struct segment *g, const struct run *run, struct span span,
                           const struct finding *f)
{
    const char *old = (const char *)g->reading->chars + span.from;
    size_t old_len = span.to - span.from, before = span.from - run->from;
    bool glued = run->glued && before == 0; /* `src2001::` is a name */
    bool dotted = memchr(old, '.', old_len) != NULL && memchr(f->text, '.', f->len) == NULL;
    bool group_follows = span.to + 1 < run->to && segment_is(g, span.to + 1, HEX);
    bool filled = segment_is_char(g, span.to, ':') && (dotted || !has_gap(old, old_len) || group_follows);
    bool second = has_gap(old - before, before) && !is_head(g, span.from, span.to);
    if (second || glued)
        return (second || filled) && has_gap(f->text, f->len);
    return filled && has_gap(f->text, f->len - 1u); /* three colons are none that can be filled */
}

static void address_found(struct segment *g, const struct run *run, struct span span, struct ipv6 *address)
{
    size_t to = span.to == run->to && run->zone != 0 ? run->zone : span.to;
    if (!segment_cover(g, span.from, to))
        return;
    struct finding *f = segment_add(g, span.from, to);
    const uint8_t *bytes = address->bytes;
    const char *old = (const char *)g->reading->chars + span.from;
    f->ipv6 = true;
    f->zoned = to > span.to;
    f->scoped = bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] >> 6 == 2);
    f->masked = is_masked(g, *address) && memchr(old, '.', span.to - span.from) == NULL;
    ipv6_mask(address, g->prefixes);

    bool before_name = false; /* labels of a name follow: no dot belongs to the address */
    for (size_t i = 0; i < g->name_count; i++)
        before_name |= g->names[i].from <= span.to && g->names[i].dot >= span.to;
    f->len = (uint8_t)ipv6_print(address, !before_name, f->text);
    bool moved = span.from > g->from && old[-1] == ':' && old[0] == ':' && f->text[0] != ':';
    if (moved || is_written_out(g, run, span, f)) /* three colons stay three */
        f->len = (uint8_t)groups_print(address, moved, f->text);
}

/* Takes a port off: a dot and up to five digits. */
static bool port_cut(const struct segment *g, struct span *span)
{
    size_t at = span->to;
    while (at > span->from && span->to - at < 5 && char_is(g->reading->chars[at - 1], DIGIT))
        at--;
    if (at == span->to || at == span->from || g->reading->chars[at - 1] != '.')
        return false;
    span->to = at - 1;
    return true;
}

/* Reads the span as it is, or without a port. */
static bool span_read_port(const struct segment *g, struct span *span, struct ipv6 *ret_address)
{
    struct span less = *span;
    if (span_read(g, *span, ret_address))
        return true;
    if (!port_cut(g, &less) || !span_read(g, less, ret_address))
        return false;
    *span = less;
    return true;
}

/* Names of programs are joined by "::" too (`std::dead::beef`): none of their parts begins with a digit. */
static bool is_name(const struct segment *g, struct span span)
{
    if (is_head(g, span.from, span.to) && !char_is(g->reading->chars[span.from], DIGIT))
        return false;
    for (size_t i = span.from; i < span.to; i++)
        if (char_is(g->reading->chars[i], DIGIT) &&
            (i == span.from || !char_is(g->reading->chars[i - 1], ALNUM)))
            return false;
    return true;
}

/* An address without a head in it that a run begins with, before a dot, or a colon and a dot: `::6.c` is one
 * and a label. Empty without one. */
static struct span front_find(const struct segment *g, const struct run *run, struct span span)
{
    struct span none = {span.from, span.from}, front = {span.from, longest_end(g, span.from, span.to)};
    size_t dot = front.to + (front.to < span.to && g->reading->chars[front.to] == ':');
    if (run->after_word || dot >= span.to || g->reading->chars[dot] != '.' ||
        (g->reading->chars[front.from] != ':' && is_name(g, front)))
        return none;
    for (size_t i = front.from; i < front.to; i++)
        if ((i == front.from || g->reading->chars[i - 1] == ':') && is_head(g, i, front.to))
            return none;
    return front;
}

/* (2): what the run is as a whole. A colon that touches a word is cut off, and a second one too, and where
 * no word is, a colon before or after it may be punctuation ("from 2001:db8::1: ..."). */
static bool whole_read(const struct segment *g, const struct run *run, struct span *ret_span,
                       struct ipv6 *ret_address)
{
    struct span span = *ret_span;
    for (unsigned cut = 0; cut < 4; cut++) {
        struct span tried = span;
        bool trailing = (cut & 1) != 0, leading = (cut & 2) != 0;
        if (tried.to - tried.from < 2 || (trailing && g->reading->chars[tried.to - 1] != ':') ||
            (leading && g->reading->chars[tried.from] != ':'))
            continue;
        tried.to -= trailing;
        tried.from += leading;
        if (!span_read_port(g, &tried, ret_address))
            continue;
        bool gap_first =
            g->reading->chars[tried.from] == ':'; /* `:::22` is `::` and a port; `:::ffff:c000:221` is not */
        if (leading && gap_first && !(ret_address->bytes[10] == 0xff && ret_address->bytes[11] == 0xff))
            continue;
        if (((leading && run->after_word) || (trailing && run->before_word)) && is_name(g, tried))
            continue;
        *ret_span = tried;
        return true;
    }
    return false;
}

/* One to three groups up to ${to} that are a time of day: of two decimal digits, and zeros before them, which
 * are not printed. */
static bool is_time(const struct segment *g, size_t from, size_t to)
{
    const uint8_t *chars = g->reading->chars;
    for (size_t width, groups = 0; from < to; from += width + 1, groups++) {
        width = group_width(g, from, to);
        size_t zeros = 0;
        while (zeros + 2 < width && chars[from + zeros] == '0')
            zeros++;
        const uint8_t *digits = chars + from + zeros;
        if (groups == 3 || width != zeros + 2 || chars[from + width] != ':' || digits[0] > '5' ||
            !char_is(digits[0], DIGIT) || !char_is(digits[1], DIGIT))
            return false;
    }
    return true;
}

/* A whole run may begin with a time, or with a key or number if what follows is masked already: then that
 * is the address. */
static void prefix_cut(const struct segment *g, struct span *span, struct ipv6 *address)
{
    if (is_head(g, span->from, span->to))
        return;
    for (size_t i = span->from; i < span->to;) {
        i += group_width(g, i, span->to) + 1; /* none between two colons */
        struct ipv6 rest;
        if (!is_head(g, i, span->to))
            continue;
        struct span tried = {i, span->to};
        if (!span_read(g, tried, &rest)) /* two colons that were cut off before a word are its end */
            tried.to += segment_is_char(g, span->to, ':') && segment_is_char(g, span->to + 1, ':') ? 2 : 0;
        if (span_read(g, tried, &rest) && (is_time(g, span->from, i) || is_masked(g, rest))) {
            *span = tried;
            *address = rest;
        }
        return;
    }
}

/* (3): the first address in ${rest}. (4): one that begins at no head, but is masked, stays as it is. */
static bool part_find(const struct segment *g, struct span rest, struct span *ret_span, bool *ret_stays)
{
    const char *chars = (const char *)g->reading->chars;
    struct span eight = {0};
    *ret_stays = false;
    for (size_t i = rest.from; i < rest.to && (eight.to == 0 || i < eight.to); i++) {
        if (!segment_is(g, i, HEX) || (i > rest.from && segment_is(g, i - 1, HEX)))
            continue;
        bool joined = i == rest.from || chars[i - 1] == ':', head = is_head(g, i, rest.to);
        if (!joined && !(head && is_decimal(g, i))) /* `1.2.3.3a21::` may hold four octets */
            continue;
        struct span span = {i, longest_end(g, i, rest.to)};
        if (span.to == 0)
            continue;

        /* Of eight groups, and a head among them, the head is where it is if eight follow that too, or did
         * before they were masked; but not if the eight groups are what was masked. */
        bool gap = has_gap(chars + i, span.to - i), dotted = memchr(chars + i, '.', span.to - i) != NULL;
        struct ipv6 address, other;
        bool masked = gap && !dotted && span_read(g, span, &address) && is_masked(g, address);
        *ret_stays = !head && eight.to == 0 && masked;
        bool instead = masked && span_read(g, eight, &other) && !is_masked(g, other);
        if ((head && (eight.to == 0 || !gap || instead)) || *ret_stays) {
            *ret_span = span;
            return true;
        }
        if (eight.to == 0 && joined && !gap && !dotted)
            eight = span;
    }
    *ret_span = eight;
    return eight.to != 0;
}

/* Addresses of hardware, and fingerprints: each of six groups and more has two digits. */
static bool is_hardware(const struct segment *g, struct span span)
{
    if (span.to - span.from < 17 || (span.to - span.from) % 3 != 2)
        return false;
    for (size_t i = span.from; i < span.to; i += 3)
        if (group_width(g, i, span.to) != 2 || (i + 2 < span.to && g->reading->chars[i + 2] != ':'))
            return false;
    return true;
}

static void run_judge(struct segment *g, const struct run *run)
{
    const uint8_t *chars = g->reading->chars;
    struct span span = {run->from, run->to};
    size_t colons = 0;
    for (size_t i = span.from; i < span.to; i++)
        colons += chars[i] == ':';
    if (colons < 2)
        return;

    span.from += run->after_word && chars[span.from] == ':';
    span.to -= run->before_word && span.to > span.from && chars[span.to - 1] == ':';
    while (span.from < span.to && chars[span.from] == '.')
        span.from++;
    while (span.from < span.to && chars[span.to - 1] == '.')
        span.to--;
    struct span groups = span;
    groups.from += groups.from < groups.to && chars[groups.from] == ':';
    groups.to -= groups.from < groups.to && chars[groups.to - 1] == ':';
    struct span behind_head = {groups.from + 5, groups.to};
    if (is_hardware(g, groups) || (run->glued && is_hardware(g, behind_head)))
        return;

    struct ipv6 address;
    if (whole_read(g, run, &span, &address)) {
        prefix_cut(g, &span, &address);
        address_found(g, run, span, &address);
        return;
    }
    struct span front = front_find(g, run, span);
    if (span_read(g, front, &address)) {
        address_found(g, run, front, &address);
        span.from = front.to;
    }
    bool stays;
    for (struct span rest = span, part; part_find(g, rest, &part, &stays); rest.from = part.to) {
        if (!span_read(g, part, &address))
            continue;
        if (stays && segment_free(g, part.from, part.to))
            segment_add(g, part.from, part.to)->ipv6 = true;
        else if (!stays)
            address_found(g, run, part, &address);
    }
}

static bool is_in_name(const struct segment *g, size_t at)
{
    for (size_t i = 0; i < g->name_count; i++)
        if (at >= g->names[i].from && at <= g->names[i].dot)
            return true;
    return false;
}

/* The width of the group that the word at ${at} begins with, before a letter or digit that is written as
 * %XX: a zone. 0 without one. */
static size_t zoned_width(const struct segment *g, size_t at, size_t width)
{
    const struct reading *r = g->reading;
    for (size_t i = 1; i < width && i <= 4 && char_is(r->chars[at + i - 1], HEX); i++)
        if (r->at[at + i + 1] - r->at[at + i] >= 3)
            return i;
    return 0;
}

/* Whether the digits at ${at} are the last octet of an address and a zone, and no octet together: `33%34`. */
static bool is_zoned_octet(const struct segment *g, size_t at, size_t width)
{
    const uint8_t *chars = g->reading->chars;
    size_t from = at;
    for (int octets = 0; octets < 3; octets++) {
        if (from == g->from || chars[from - 1] != '.')
            return false;
        for (from--; from > g->from && char_is(chars[from - 1], DIGIT);)
            from--;
    }
    return from > g->from && chars[from - 1] == ':' && zoned_width(g, at, width) != 0 &&
           octet_read((const char *)chars + at, width, true) < 0;
}

/* The width of the group that the word at ${at} begins with, where it is the eighth of a run. */
static size_t eighth_width(const struct segment *g, const struct run *run, size_t at)
{
    size_t width = group_width(g, at, g->to), from = at;
    for (int groups = 0; groups < 7; groups++) {
        size_t end = from > run->from && g->reading->chars[from - 1] == ':' ? from - 1 : run->from;
        for (from = end; from > run->from && end - from < 4 && char_is(g->reading->chars[from - 1], HEX);)
            from--;
        if (from == end)
            return 0;
    }
    return width <= 4 ? width : 0;
}

/* Whether the word [${from}, ${end}) ends with letters and a head, and one colon follows: in names of
 * programs there are two. */
static bool is_glued(const struct segment *g, size_t from, size_t end)
{
    return end - from > 4 && !char_is(g->reading->chars[end - 5], DIGIT) && is_head(g, end - 4, end) &&
           segment_is_char(g, end, ':') && !segment_is_char(g, end + 1, ':');
}

/* Judges the run that ends at ${at}, before a word of ${width} characters or what is none. Returns the
 * next. */
static struct run run_end(struct segment *g, struct run run, size_t at, size_t width, bool word)
{
    size_t zoned = word ? zoned_width(g, at, width) : 0;
    size_t eighth = word && zoned == 0 ? eighth_width(g, &run, at) : 0;
    run.to = at + zoned + eighth;
    run.zone = zoned != 0 ? at + width : 0;
    run.before_word = word && zoned + eighth == 0;
    run_judge(g, &run);
    bool glued = word && is_glued(g, at, at + width);
    return (struct run){.from = at + width - (glued ? 4 : 0), .after_word = word && !glued, .glued = glued};
}

void ipv6_find(struct segment *g)
{
    struct run run = {.from = g->from};
    for (size_t i = g->from, width; i <= g->to; i += width) {
        bool mark = segment_is_char(g, i, ':') || (segment_is_char(g, i, '.') && !is_in_name(g, i));
        bool alnum = segment_is(g, i, ALNUM);
        size_t hex = alnum ? group_width(g, i, g->to) : 0;
        width = alnum ? hex : 1;
        while (alnum && segment_is(g, i + width, ALNUM))
            width++;
        bool word = alnum && (hex != width || hex > 4 || is_zoned_octet(g, i, width));
        if (!mark && (!alnum || word))
            run = run_end(g, run, i, width, word);
    }
}
