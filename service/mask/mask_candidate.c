/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

#include <assert.h>

/* What is done with a candidate: the usual ones are read where they stand, all others are judged in the
 * word around them.
 *
 * (1) The usual case is an address with a byte on either side that is no JOINT: whatever else the word may
 *     be, that is one.
 * (2) Else the word is read with its escapes decoded (mask_reading.h), and its stretch of letters, digits
 *     and `.:-_` around the candidate, the segment, is judged as a whole, once: names below arpa, then
 *     IPv6, then IPv4 in what is left.
 * (3) A segment that ends where the reading does not is over: what is before its end has no part in what
 *     follows, and the search goes on there. In one that is cut off, what is found is masked and the search
 *     goes on SEGMENT_REST before its end.
 * (4) Where an escape may be a sign before digits or letters (`%10`), the word is read with it as a sign too,
 *     and what no address of another reading takes is judged once more.
 * (5) What is written instead is spelled as what it replaces: a colon that was an escape is one again. Kept
 *     digits stay as written. Behind a sign that was no escape's none is made: of `%3%34::1` the digit that
 *     is first becomes one instead, `%%334::`.
 * (6) Each call goes on by a byte at least, and all it writes lies at or after s->done. */
enum { SEGMENT_REST = 64 };

/* Behind `%XX` as a sign there is no IPv6 address to be found: as an escape it takes no more from one than
 * the start of its first group. */
static void segment_judge(struct segment *g, bool behind_percent)
{
    names_find(g);
    if (!behind_percent)
        ipv6_find(g);
    names_mask(g);
    ipv4_find(g);
}

/* The bytes of the ${n}th ${mark} in the place of ${f}, or of the last where there are fewer. Returns how
 * many, 0 without any. */
static size_t mark_spelling(const struct scan *s, const struct finding *f, char mark, size_t n,
                            size_t *ret_at)
{
    const struct reading *r = f->reading;
    size_t width = 0;
    for (size_t i = f->from; i < f->to; i++) {
        if (r->chars[i] != (uint8_t)mark)
            continue;
        *ret_at = r->base + r->at[i];
        width = (size_t)(r->at[i + 1] - r->at[i]);
        assert(*ret_at + width <= s->len);
        if (n-- == 0)
            break;
    }
    return width;
}

/* Whether ${f} would be read as an escape together with the byte before it, which is the sign of none. */
static bool makes_escape(const struct scan *s, const struct finding *f)
{
    enum { ESCAPE_MAX = 6 };
    size_t from = f->reading->base + f->reading->at[f->from], len = f->len < ESCAPE_MAX ? f->len : ESCAPE_MAX;
    uint8_t text[ESCAPE_MAX + 1], c;
    if (from == s->bound || !char_is(s->text[from - 1], SIGN) ||
        escape_read(s->text + from - 1, s->len - (from - 1), &c) != 0)
        return false;
    text[0] = s->text[from - 1];
    memcpy(text + 1, f->text, len);
    return escape_read(text, len + 1, &c) != 0;
}

/* (5) */
static size_t finding_spell(const struct scan *s, const struct finding *f, char *out)
{
    size_t len = 0, dots = 0, colons = 0;
    bool escape = makes_escape(s, f);
    if (escape) {
        static const char hex[] = "0123456789ABCDEF";
        out[len++] = '%';
        out[len++] = hex[(uint8_t)f->text[0] >> 4];
        out[len++] = hex[(uint8_t)f->text[0] & 15];
    }
    for (size_t i = escape; i < f->len; i++) {
        char c = f->text[i];
        size_t at = 0, width = 0;
        if (c == '.' || c == ':')
            width = mark_spelling(s, f, c, c == '.' ? dots++ : colons++, &at);
        if (width < 2) {
            out[len++] = c;
            continue;
        }
        for (size_t k = 0; k < width; k++) {
            char byte = (char)s->text[at + k];
            out[len++] = s->text[at] == '%' && byte >= 'a' && byte <= 'f' ? (char)(byte - 'a' + 'A') : byte;
        }
    }
    return len;
}

static void finding_write(struct scan *s, const struct finding *f)
{
    const struct reading *r = f->reading;
    char spelled[READING_MAX * 2];
    size_t from = r->base + r->at[f->from], to = r->base + f->end, at;
    assert(from >= s->done && to > from && to <= s->len); /* (6) */
    if (f->ipv6) {
        size_t width = mark_spelling(s, f, ':', 0, &at);
        s->zone = (struct mask_zone){.encoded = width == 3, .nested = width > 3, .scoped = f->scoped};
    }
    if (finding_stays(f))
        scan_write(s, to);
    else
        scan_replace(s, from, to, spelled, finding_spell(s, f, spelled));
}

/* Writes what was found and what is between, up to the first zone. Returns where the last finding ends, or
 * ${end}. */
static size_t findings_write(struct scan *s, const struct segment *g, size_t end)
{
    const struct finding *last = NULL;
    for (size_t i = g->begin; i < g->end; i++) {
        if (g->starts[i] == 0)
            continue;
        last = &g->findings[g->starts[i] - 1];
        finding_write(s, last);
        if (last->zoned)
            break;
    }
    if (last == NULL)
        return end;

    s->bound = s->done;
    if (s->seen < s->done)
        s->seen = s->done;
    bool zone =
        last->ipv6 && last->outer && s->done < s->len && s->text[s->done] == '%' && zone_starts(s, s->done);
    if (zone || last->zoned) {
        s->done += !last->zoned;
        zone_drop(s);
        return s->done;
    }
    return end > s->done ? end : s->done;
}

static bool is_cut_off(const struct segment *g)
{
    return g->reading->open && g->to == g->reading->count;
}

/* (3): where the search goes on behind the segment. */
static size_t segment_end(const struct segment *g)
{
    const struct reading *r = g->reading;
    size_t to = g->to;
    if (is_cut_off(g)) {
        to = to - r->here > SEGMENT_REST ? to - SEGMENT_REST : r->here + 1;
        assert(to > r->here);
    } else if (to <= r->here) {
        to = r->here + 1;
    }
    return r->base + r->at[to];
}

static bool bytes_free(const struct segment *g, size_t from, size_t to)
{
    while (from < to && g->taken[from] == 0)
        from++;
    return from == to;
}

/* The digits of ${r} at ${i}, joined to an octet that was masked, go with it, where nothing takes them.
 * Returns where they end. */
static size_t digits_join(struct segment *g, struct finding *f, const struct reading *r, size_t i)
{
    while (i < r->count && r->at[i] == f->end && char_is(r->chars[i], DIGIT) && r->at[i + 1] <= g->end &&
           bytes_free(g, f->end, r->at[i + 1])) {
        memset(g->taken + f->end, TAKEN, (size_t)(r->at[i + 1] - f->end));
        f->end = r->at[++i];
    }
    return i;
}

/* The numbers of ${r} that go on behind ${i} in the row of an octet that was masked: with it for another
 * number they may be an address that was none before. */
static void row_clear(struct segment *g, const struct reading *r, size_t i)
{
    const struct reading *own = g->reading;
    size_t to = g->to;
    g->reading = r;
    g->to = r->count;
    while (i + 1 < r->count && r->chars[i] == '.' && char_is(r->chars[i + 1], DIGIT)) {
        size_t from = i + 1;
        for (i = from; i < r->count && char_is(r->chars[i], DIGIT);)
            i++;
        if (r->at[i] <= g->end)
            segment_number(g, from, i, 0);
    }
    g->reading = own;
    g->to = to;
}

/* Octets of a literal reading are not to be part of what ${r} reads once they are masked. Digits behind
 * one go with it (`192.0.2.33%33`), and behind a sign zeros are written, of which one is left behind the
 * escape that they may be. */
static void octets_part(const struct scan *s, struct segment *g, const struct reading *r, size_t first)
{
    for (size_t n = first, count = g->count; n < count; n++) {
        struct finding *f = &g->findings[n];
        size_t from = f->reading->at[f->from], i = 0;
        uint8_t sign = from > 0 ? s->text[r->base + from - 1] : 0;
        while (i < r->count && r->at[i] < f->end)
            i++;
        if (f->ipv6)
            continue;
        if (char_is(sign, SIGN) && !finding_stays(f))
            memset(f->text, '0', f->len = sign == '%' ? 3 : 2);
        size_t end = digits_join(g, f, r, i);
        if (end > i)
            row_clear(g, r, end);
    }
}

/* Whether what begins at ${at} is what an escape `%XX` takes. */
static bool is_behind_escape(const struct scan *s, size_t at)
{
    uint8_t c;
    return at > 0 && s->text[at - 1] == '%' && escape_read(s->text + at - 1, s->len - (at - 1), &c) != 0;
}

/* (4) Of all segments of a literal reading that begin in the one of the decoded reading, which a sign may cut
 * in two: none is looked at later. Returns where the search goes on. */
static size_t literal_judge(const struct scan *s, size_t at, const struct reading *decoded, struct segment *g,
                            struct reading *r, bool *ret_over)
{
    size_t end = SIZE_MAX, reach = g->end;
    for (unsigned literal = 1; literal <= LITERAL_ALL; literal++) {
        if ((literal & ~decoded->doubtful) != 0)
            continue;
        reading_make(s, at, literal, &r[literal]);
        do {
            segment_reopen(g, &r[literal]);
            size_t first = g->count;
            segment_judge(g, is_behind_escape(s, decoded->base + r[literal].at[g->from]));
            octets_part(s, g, decoded, first);
        } while (segment_next(g, &r[literal], reach));
        size_t other = segment_end(g);
        end = other < end ? other : end;
        *ret_over &= !is_cut_off(g);
    }
    return end;
}

/* Judges what the candidate at ${at} is in. Returns where to search on. */
static __attribute__((noinline)) size_t word_judge(struct scan *s, size_t at)
{
    struct reading readings[LITERAL_ALL + 1];
    struct segment g;
    reading_make(s, at, 0, &readings[0]);
    segment_open(&g, &readings[0], s->prefixes);
    size_t end = segment_end(&g);
    bool none = g.from == g.to; /* an escape of a sign before what is no part of an address */
    if (none && readings[0].doubtful == 0)
        return end;
    if (none &&
        segment_next(&g, &readings[0], SIZE_MAX)) { /* `\056.0.2.3.3`: two dots, or a row that goes on */
        segment_open(&g, &readings[0], s->prefixes);
        end = segment_end(&g);
        none = false;
    }
    segment_judge(&g, false);
    bool over = !none && !is_cut_off(&g);
    if (readings[0].doubtful != 0) {
        size_t other = literal_judge(s, at, &readings[0], &g, readings, &over);
        end = other < end ? other : end;
    }
    end = findings_write(s, &g, end);
    assert(end > at); /* (6) */
    if (over && !s->zone.open && s->bound < end) {
        scan_write(s, end);
        s->bound = end;
    }
    return end;
}

static inline size_t is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* One to three digits at ${c}; reads four bytes. Octets are of any length in turn, so nothing here is left
 * to be guessed by the processor. Returns how many, with the value in ${ret_value}; 0 digits have no value
 * below 256. */
static inline size_t octet_scan(const uint8_t *c, unsigned *ret_value)
{
    static const unsigned weights[4][3] = {{0, 0, 0}, {1, 0, 0}, {10, 1, 0}, {100, 10, 1}};
    size_t one = is_digit(c[0]), two = one & is_digit(c[1]), three = two & is_digit(c[2]),
           n = one + two + three;
    *ret_value = weights[n][0] * (c[0] & 15u) + weights[n][1] * (c[1] & 15u) + weights[n][2] * (c[2] & 15u) +
                 (unsigned)(n == 0) * 256;
    return n;
}

enum {
    FIRST = 4,
    REST = 4 * 3 + 4
}; /* bytes: the first octet and what is before it, the rest and what is read */

struct octet {
    size_t at, len;
    unsigned value;
};

static void octet_mask(struct scan *s, const struct octet *octet, unsigned i, unsigned prefix)
{
    if (prefix >= 8 * i + 8)
        return;
    if (prefix <= 8 * i) {
        if (octet->len != 1 || s->text[octet->at] != '0')
            scan_replace(s, octet->at, octet->at + octet->len, "0", 1);
        return;
    }
    char text[3];
    size_t len = (size_t)(octet_print(text, byte_mask((uint8_t)octet->value, i, prefix)) - text);
    if (len != octet->len || memcmp(text, s->text + octet->at, len) != 0)
        scan_replace(s, octet->at, octet->at + octet->len, text, len);
}

/* The usual case: four octets with a boundary on either side. ${c} is the dot at ${at} with FIRST bytes
 * before it and REST from it on. Returns the end, or 0 when it is not that. */
static inline size_t ipv4_plain(struct scan *s, size_t at, const uint8_t *c)
{
    size_t two = is_digit(c[-2]), first = 1 + two + (two & is_digit(c[-3]));
    struct octet parts[4];
    const uint8_t *next = c - first;
    unsigned bad = (mask_class[next[-1]] & JOINT) != 0;
    for (int i = 0; i < 4; i++) {
        unsigned value;
        size_t n = octet_scan(next, &value);
        parts[i] = (struct octet){.at = at + (size_t)(next - c), .len = n, .value = value};
        next += n;
        bad |= (unsigned)(value > 255) | (i < 3 ? (unsigned)(*next != '.') : mask_class[*next] & JOINT);
        next += i < 3;
    }
    if (bad != 0)
        return 0;
    for (unsigned i = s->prefixes.ipv4 / 8u; i < 4; i++)
        octet_mask(s, &parts[i], i, s->prefixes.ipv4);
    size_t end = at + (size_t)(next - c);
    if (s->done < end)
        scan_write(s, end);
    s->bound = end;
    return end;
}

/* The same at either end of the text. */
static __attribute__((noinline)) size_t ipv4_plain_edge(struct scan *s, size_t at)
{
    uint8_t copy[FIRST + REST] = {0};
    size_t before = at - s->bound < FIRST ? at - s->bound : FIRST;
    memcpy(copy + FIRST - before, s->text + at - before, before);
    memcpy(copy + FIRST, s->text + at, s->len - at < REST ? s->len - at : REST);
    return ipv4_plain(s, at, copy + FIRST);
}

/* The first group of most addresses (RFC 4291, 2.4): 2000::/3 with all four digits. */
static bool is_global(const uint8_t *group)
{
    return (group[0] == '2' || group[0] == '3') && group[4] == ':' && (mask_class[group[1]] & HEX) != 0 &&
           (mask_class[group[2]] & HEX) != 0 && (mask_class[group[3]] & HEX) != 0;
}

/* The usual case: groups and colons alone with a boundary on either side. Returns the end, or 0 when it is
 * not that. */
static size_t ipv6_plain(struct scan *s, size_t at)
{
    size_t start = at, end = at;
    while (start > s->bound && at - start < MASK_ADDRESS_SIZE &&
           (scan_is(s, start - 1, HEX) || s->text[start - 1] == ':'))
        start--;
    while (end - start < MASK_ADDRESS_SIZE && (scan_is(s, end, HEX) || (end < s->len && s->text[end] == ':')))
        end++;
    if ((start > s->bound && scan_is(s, start - 1, JOINT)) || scan_is(s, end, JOINT) || end - start < 6 ||
        !is_global(s->text + start))
        return 0;
    struct ipv6 address;
    if (!ipv6_read((const char *)s->text + start, end - start, true, &address))
        return 0;
    ipv6_mask(&address, s->prefixes);
    char text[MASK_ADDRESS_SIZE];
    scan_replace(s, start, end, text, ipv6_print(&address, true, text));
    s->bound = end;
    return end;
}

size_t scan_candidate(struct scan *s, size_t at)
{
    size_t end = 0;
    if (s->text[at] == '.') {
        bool edge = at < s->bound + FIRST || s->len - at < REST;
        end = edge ? ipv4_plain_edge(s, at) : ipv4_plain(s, at, s->text + at);
    } else if (s->text[at] == ':') {
        end = ipv6_plain(s, at);
    }
    return end != 0 ? end : word_judge(s, at);
}
