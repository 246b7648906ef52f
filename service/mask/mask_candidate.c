/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_address.h"
#include "mask/mask_scan.h"

#include <string.h>

/* A run of groups of hex digits (of labels: of any length) and the separators between and around them. */
struct run {
    size_t start, end;
    bool after_word, before_word; /* it touches a word: letters and digits that are no such group */
    bool too_long;
};

enum { HEXTET_DIGITS = 4, LABELS_MAX = MASK_RUN_MAX / 2 + 1, DOTTED_PARTS_MAX = MASK_DOTTED_MAX / 2 + 1 };

static bool hex_pair_at(const struct scan *s, size_t at)
{
    return scan_is(s, at, HEX) && scan_is(s, at + 1, HEX);
}

/* The width of the group that ends at ${end}, as far as a bit beyond ${most}, without the XX of a %XX before it. */
static size_t group_before(const struct scan *s, size_t end, size_t most, bool *ret_word)
{
    size_t n = 0;
    while (n < most + 3 && end - n > s->bound && scan_is(s, end - n - 1, ALNUM))
        n++;
    if (n >= 2 && end - n > s->bound && s->text[end - n - 1] == '%' && hex_pair_at(s, end - n))
        n -= 2;
    bool word = false;
    for (size_t i = 1; i <= n && !word; i++)
        word = !scan_is(s, end - i, HEX);
    *ret_word = word;
    return n;
}

static size_t group_after(const struct scan *s, size_t start, size_t most, bool *ret_word)
{
    size_t n = 0;
    bool word = false;
    for (; n <= most && scan_is(s, start + n, ALNUM); n++)
        word |= !scan_is(s, start + n, HEX);
    *ret_word = word || n > most;
    return n;
}

static size_t separator_before(const struct scan *s, size_t end, char *ret_kind)
{
    if (end >= s->bound + 1 && separator_at(s, end - 1, ret_kind) == 1)
        return 1;
    return end >= s->bound + 3 && separator_at(s, end - 3, ret_kind) == 3 ? 3 : 0;
}

/* Counts dots in a row. Returns false when the row has become a boundary: too long, or between labels of a name. */
static bool dots_count(unsigned *dots, char kind, bool fresh, bool colons)
{
    *dots = kind != '.' ? 0 : fresh ? 1 : *dots + 1;
    return *dots <= (colons ? MASK_DOTS_MAX : 1);
}

/* The start of the run around the separator at ${at}. ${colons}: whether colons are part of it; without them it is the
 * labels of a name. */
static void run_back(const struct scan *s, size_t at, bool colons, struct run *run)
{
    unsigned dots = colons ? 0 : 1; /* a label's run is looked for from a dot */
    size_t start = at;
    while (at - start <= MASK_RUN_MAX) {
        size_t most = colons ? HEXTET_DIGITS : MASK_RUN_MAX - (at - start);
        size_t digits = group_before(s, start, most, &run->after_word);
        run->after_word |= colons && digits > most;
        if (run->after_word)
            break;
        start -= digits;
        char kind;
        size_t width = separator_before(s, start, &kind);
        if (width == 0 || (kind == ':' && !colons) || !dots_count(&dots, kind, digits != 0, colons))
            break;
        start -= width;
    }
    run->start = start;
}

static void run_on(const struct scan *s, size_t at, bool colons, struct run *run)
{
    unsigned dots = 0;
    size_t end = at, digits = 0;
    while (end - at <= MASK_RUN_MAX) {
        char kind;
        size_t width = separator_at(s, end, &kind);
        if (width == 0 || (kind == ':' && !colons) || !dots_count(&dots, kind, digits != 0, colons))
            break;
        end += width;
        digits = group_after(s, end, colons ? HEXTET_DIGITS : MASK_RUN_MAX, &run->before_word);
        if (run->before_word)
            break;
        end += digits;
    }
    run->end = end;
}

static struct run run_around(const struct scan *s, size_t at, bool colons)
{
    struct run run = {0};
    run_back(s, at, colons, &run);
    run_on(s, at, colons, &run);
    run.too_long = run.end - run.start > MASK_RUN_MAX;
    return run;
}

static size_t dot_before(const struct scan *s, size_t end)
{
    char kind;
    size_t width = separator_before(s, end, &kind);
    return width != 0 && kind == '.' ? width : 0;
}

static size_t dot_at(const struct scan *s, size_t at)
{
    char kind;
    size_t width = separator_at(s, at, &kind);
    return width != 0 && kind == '.' ? width : 0;
}

/* Whether ${word}, in lower case, stands at ${at} in any case (of ASCII, whatever the locale). */
static bool word_at(const struct scan *s, size_t at, const char *word, size_t len)
{
    if (at > s->len || s->len - at < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = s->text[at + i];
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != word[i])
            return false;
    }
    return true;
}

/* Whether ${word}, a dot and "arpa" stand at ${at}. */
static bool arpa_at(const struct scan *s, size_t at, const char *word)
{
    size_t len = strlen(word);
    if (!word_at(s, at, word, len))
        return false;
    at += len;
    size_t width = dot_at(s, at);
    return width != 0 && word_at(s, at + width, "arpa", 4);
}

/* Whether the dot at ${at} is in a name below arpa. */
static bool dot_is_in_name(const struct scan *s, size_t at)
{
    struct run run = run_around(s, at, false);
    return !run.too_long && dot_before(s, run.end) != 0 &&
           (arpa_at(s, run.end, "ip6") || arpa_at(s, run.end, "in-addr"));
}

/* A run with its separators decoded, one char a unit, and where each unit stands in the text. */
struct spelled {
    char chars[128];
    size_t at[129];
    size_t count;
    size_t colons;
    bool before_name; /* labels of a name follow: no dot belongs to the address */
};

/* Returns false when it can be no IPv6 address. Of a name only what stands before its first dot is looked at. */
static bool run_spell(const struct scan *s, const struct run *run, struct spelled *spelled)
{
    bool twice = false, dotted = false;
    spelled->before_name = false;
    size_t end = run->end;
    spelled->count = spelled->colons = 0;
    for (size_t at = run->start; at < end;) {
        if (spelled->count == sizeof spelled->chars)
            return false;
        char kind = (char)s->text[at];
        size_t width = separator_at(s, at, &kind);
        if (kind == '.' && !dotted && spelled->count > 0 && spelled->chars[spelled->count - 1] != '.') {
            dotted = true;
            spelled->before_name = dot_is_in_name(s, at);
            if (spelled->before_name) {
                end = at;
                break;
            }
        }
        spelled->colons += kind == ':';
        twice |= kind == ':' && spelled->count > 0 && spelled->chars[spelled->count - 1] == ':';
        spelled->chars[spelled->count] = kind;
        spelled->at[spelled->count++] = at;
        at += width != 0 ? width : 1;
    }
    spelled->at[spelled->count] = end;
    return twice || spelled->colons >= 6; /* six, and an IPv4 address after them */
}

/* The part of a run that is an address: units [from, to). */
struct core {
    size_t from, to;
};

static bool core_read(const struct spelled *spelled, struct core core, struct ipv6 *ret_address)
{
    return core.to > core.from &&
           ipv6_read(spelled->chars + core.from, core.to - core.from, true, ret_address);
}

/* Takes a port off: a dot and up to five digits. */
static bool port_cut(const struct spelled *spelled, struct core *core)
{
    size_t at = core->to;
    while (at > core->from && core->to - at < 5 && (mask_class[(uint8_t)spelled->chars[at - 1]] & DIGIT) != 0)
        at--;
    if (at == core->to || at == core->from || spelled->chars[at - 1] != '.')
        return false;
    core->to = at - 1;
    return true;
}

/* Reads the core as it is, or without a port. */
static bool core_read_port(const struct spelled *spelled, struct core *core, struct ipv6 *ret_address)
{
    struct core less = *core;
    if (core_read(spelled, *core, ret_address))
        return true;
    if (!port_cut(spelled, &less) || !core_read(spelled, less, ret_address))
        return false;
    *core = less;
    return true;
}

/* Finds the address in a run: a word that touches it is cut off with its colon, outer dots are no part of it, and
 * where no word is, a colon before or after it ("from 2001:db8::1: ...") may be punctuation. */
static bool core_find(const struct spelled *spelled, const struct run *run, struct core *ret_core,
                      struct ipv6 *ret_address)
{
    const char *chars = spelled->chars;
    struct core core = {0, spelled->count};
    core.from += run->after_word && chars[0] == ':';
    core.to -= run->before_word && core.to > core.from && chars[core.to - 1] == ':';
    while (core.from < core.to && chars[core.from] == '.')
        core.from++;
    while (core.from < core.to && chars[core.to - 1] == '.')
        core.to--;
    bool leading = !run->after_word && core.from < core.to && chars[core.from] == ':';
    bool trailing = !run->before_word && core.from < core.to && chars[core.to - 1] == ':';
    for (unsigned cut = 0; cut < 4; cut++) {
        struct core tried = core;
        if (((cut & 1) && !trailing) || ((cut & 2) && !leading) || core.to - core.from < 2)
            continue;
        tried.to -= cut & 1;
        tried.from += cut >> 1;
        if (core_read_port(spelled, &tried, ret_address)) {
            *ret_core = tried;
            return true;
        }
    }
    return false;
}

static bool core_has_encoded(const struct spelled *spelled, struct core core, char kind)
{
    for (size_t i = core.from; i < core.to; i++)
        if (spelled->chars[i] == kind && spelled->at[i + 1] - spelled->at[i] == 3)
            return true;
    return false;
}

/* Writes ${address} in the place of the core, dots and colons encoded if one of them was. */
static void core_replace(struct scan *s, const struct spelled *spelled, struct core core,
                         const struct ipv6 *address)
{
    char plain[MASK_ADDRESS_SIZE], text[3 * MASK_ADDRESS_SIZE];
    size_t len = ipv6_print(address, !spelled->before_name, plain), n = 0;
    if (len == core.to - core.from && memcmp(plain, spelled->chars + core.from, len) == 0) {
        scan_replace(s, spelled->at[core.to], spelled->at[core.to], "", 0);
        return;
    }
    bool dots = core_has_encoded(spelled, core, '.');
    for (size_t i = 0; i < len; i++) {
        if ((plain[i] == ':' && s->zone.encoded) || (plain[i] == '.' && dots)) {
            memcpy(text + n, plain[i] == ':' ? "%3A" : "%2E", 3);
            n += 3;
        } else {
            text[n++] = plain[i];
        }
    }
    scan_replace(s, spelled->at[core.from], spelled->at[core.to], text, n);
}

/* Masks the IPv6 address around ${at}. Returns its end, or 0 when there is none. */
static size_t ipv6_found(struct scan *s, size_t at)
{
    struct run run = run_around(s, at, true);
    struct spelled spelled;
    struct core core;
    struct ipv6 address;
    if (run.too_long || !run_spell(s, &run, &spelled) || !core_find(&spelled, &run, &core, &address)) {
        s->not_ipv6 = run.end;
        return 0;
    }
    const uint8_t *bytes = address.bytes;
    s->zone = (struct mask_zone){.encoded = core_has_encoded(&spelled, core, ':'),
                                 .scoped = bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] >> 6 == 2)};
    ipv6_mask(&address, s->prefixes);
    core_replace(s, &spelled, core, &address);
    size_t end = s->bound = s->seen = s->done;
    if (end < s->len && s->text[end] == '%' && zone_starts(s, end)) {
        s->done++;
        zone_drop(s);
    }
    return s->seen;
}

/* A run of digits and dots. */
struct dotted {
    size_t start, end;
    size_t count; /* parts; 0 when it is too long or has an empty part inside */
    struct dotted_part {
        size_t at, len;
        int value; /* -1 when it is no octet */
    } parts[DOTTED_PARTS_MAX];
};

/* Both ends of the run around the dot at ${at}, or a bit more than MASK_DOTTED_MAX to either side. */
static void dotted_reach(const struct scan *s, size_t at, struct dotted *d)
{
    size_t start = at, end = at;
    unsigned dots = 0;
    while (at - start <= MASK_DOTTED_MAX) {
        size_t width = dot_before(s, start); /* first: the E of %2E is no digit, but its 2 would be */
        if (width != 0 && ++dots > MASK_DOTS_MAX)
            break;
        if (width == 0) {
            if (start == s->bound || !scan_is(s, start - 1, DIGIT))
                break;
            dots = 0;
            width = 1;
        }
        start -= width;
    }
    dots = 0;
    while (end - at <= MASK_DOTTED_MAX) {
        size_t width = dot_at(s, end);
        if (width != 0 && ++dots > MASK_DOTS_MAX)
            break;
        if (width == 0) {
            if (!scan_is(s, end, DIGIT))
                break;
            dots = 0;
            width = 1;
        }
        end += width;
    }
    d->start = start;
    d->end = end;
}

/* Splits [${from}, d->end) at its dots, outer ones apart. */
static void dotted_split(const struct scan *s, size_t from, struct dotted *d)
{
    d->count = 0;
    size_t at = from, gap = 1;
    while (at < d->end) {
        size_t width = dot_at(s, at);
        if (width != 0) {
            gap++;
            at += width;
            continue;
        }
        struct dotted_part *part = &d->parts[d->count++];
        if (d->count > 1 && gap > 1) {
            d->count = 0;
            return;
        }
        part->at = at;
        while (at < d->end && scan_is(s, at, DIGIT))
            at++;
        part->len = at - part->at;
        part->value = octet_read((const char *)s->text + part->at, part->len, true);
        gap = 0;
    }
}

/* How many digits at ${start} are the end of a %XX. */
static size_t encoded_tail(const struct scan *s, size_t start)
{
    if (start > s->bound && s->text[start - 1] == '%' && scan_is(s, start, DIGIT) &&
        scan_is(s, start + 1, DIGIT))
        return 2;
    if (start > s->bound + 1 && s->text[start - 2] == '%' && scan_is(s, start - 1, HEX) &&
        scan_is(s, start, DIGIT))
        return 1;
    return 0;
}

static void part_mask(struct scan *s, const struct dotted_part *part, unsigned i, unsigned prefix)
{
    if (prefix >= 8 * i + 8)
        return;
    if (prefix <= 8 * i) {
        if (part->len != 1 || s->text[part->at] != '0')
            scan_replace(s, part->at, part->at + part->len, "0", 1);
        return;
    }
    char text[3];
    size_t len = (size_t)(octet_print(text, byte_mask((uint8_t)part->value, i, prefix)) - text);
    if (len != part->len || memcmp(text, s->text + part->at, len) != 0)
        scan_replace(s, part->at, part->at + part->len, text, len);
}

static bool dotted_is_ipv4(const struct dotted *d)
{
    return d->count == 4 && d->parts[0].value >= 0 && d->parts[1].value >= 0 && d->parts[2].value >= 0 &&
           d->parts[3].value >= 0;
}

/* The octets of a name below in-addr.arpa stand in reverse. Digits at the end of a word are no octet of it. Returns
 * false when it is no such name. */
static bool in_addr_mask(struct scan *s, const struct dotted *d)
{
    if (d->count == 0 || dot_before(s, d->end) == 0 || !arpa_at(s, d->end, "in-addr"))
        return false;
    bool after_letter = d->parts[0].at == d->start && d->start > s->bound && scan_is(s, d->start - 1, ALNUM);
    size_t first = d->count > 4 ? d->count - 4 : after_letter;
    for (size_t i = first; i < d->count; i++)
        if (d->parts[i].value < 0)
            return false;
    for (size_t i = first; i < d->count; i++)
        part_mask(s, &d->parts[i], (unsigned)(d->count - 1 - i), s->prefixes.ipv4);
    return true;
}

/* The labels of a run of hex digits and dots. Returns how many. */
static size_t labels_split(const struct scan *s, const struct run *run, struct dotted_part labels[LABELS_MAX])
{
    size_t count = 0;
    for (size_t at = run->start; at < run->end;) {
        size_t width = dot_at(s, at), from = at;
        if (width != 0) {
            at += width;
            continue;
        }
        while (at < run->end && scan_is(s, at, HEX))
            at++;
        labels[count++] = (struct dotted_part){.at = from, .len = at - from};
    }
    return count;
}

/* The nibble ${i} of an address, counted from its end, when ${kept} bits of it are kept. */
static char nibble_mask(char old, size_t i, unsigned kept)
{
    int value = old <= '9' ? old - '0' : (old | 0x20) - 'a' + 10;
    if (i < kept / 4)
        return old;
    return i > kept / 4 ? '0' : "0123456789abcdef"[value & (0xf0 >> kept % 4) & 0xf];
}

/* Masks the name below ip6.arpa that the dot at ${at} is in: its nibbles stand in reverse. A label that is no nibble
 * becomes 0 too, but for one that touches a colon, as it belongs to what is before. Returns the name's end, or 0. */
static size_t ip6_name_found(struct scan *s, size_t at)
{
    struct run run = run_around(s, at, false);
    s->not_name = run.end;
    if (run.too_long || dot_before(s, run.end) == 0 || !arpa_at(s, run.end, "ip6"))
        return 0;
    s->not_name = 0;
    struct dotted_part labels[LABELS_MAX];
    char kind;
    size_t count = labels_split(s, &run, labels);
    bool after_colon = separator_before(s, run.start, &kind) != 0 && kind == ':';
    for (size_t i = after_colon && count > 0 && labels[0].len > 1; i < count; i++) {
        const struct dotted_part *label = &labels[i];
        char old = (char)s->text[label->at];
        char c = label->len == 1 ? nibble_mask(old, count - 1 - i, s->prefixes.ipv6) : '0';
        if (label->len != 1 || c != old)
            scan_replace(s, label->at, label->at + label->len, &c, 1);
    }
    return run.end;
}

/* Masks the IPv4 address around the dot at ${at}, if it is one. Returns where to search on. */
static size_t ipv4_found(struct scan *s, size_t at)
{
    struct dotted d;
    dotted_reach(s, at, &d);
    size_t next = d.end > at ? d.end : at + 1;
    if (d.end - d.start > MASK_DOTTED_MAX)
        return next;
    size_t encoded = encoded_tail(s, d.start);
    dotted_split(s, d.start + encoded, &d);
    if (in_addr_mask(s, &d))
        return next;
    unsigned first = 0;
    if (encoded != 0 && !dotted_is_ipv4(&d)) { /* or the percent sign is one: `user%10.0.0.1` */
        dotted_split(s, d.start, &d);
        first = 1; /* as an encoded character it must stay */
    }
    if (!dotted_is_ipv4(&d))
        return next;
    /* The candidate may have been an outer dot, of another label's run. */
    size_t dot = d.parts[0].at + d.parts[0].len, name = dot >= s->not_name ? ip6_name_found(s, dot) : 0;
    if (name != 0)
        return name;
    for (unsigned i = first; i < 4; i++)
        part_mask(s, &d.parts[i], i, s->prefixes.ipv4);
    return next;
}

/* Whether the dot at ${at} is one of a row that is too long to be part of anything. */
static bool dots_are_boundary(const struct scan *s, size_t at)
{
    size_t dots = 0, width;
    for (size_t end = at; dots <= MASK_DOTS_MAX && (width = dot_at(s, end)) != 0; end += width)
        dots++;
    for (size_t start = at; dots <= MASK_DOTS_MAX && (width = dot_before(s, start)) != 0; start -= width)
        dots++;
    return dots > MASK_DOTS_MAX;
}

static inline size_t is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* One to three digits at ${c}; reads four bytes. Octets are of any length in turn, so nothing here is left to be
 * guessed by the processor. Returns how many, with the value in ${ret_value}; 0 digits have no value below 256. */
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

/* The usual case: four octets with a boundary on either side. ${c} is the dot at ${at} with FIRST bytes before it and REST
 * from it on. Returns the end, or 0 when it is not that. */
static inline size_t ipv4_plain(struct scan *s, size_t at, const uint8_t *c)
{
    size_t two = is_digit(c[-2]), first = 1 + two + (two & is_digit(c[-3]));
    struct dotted_part parts[4];
    const uint8_t *next = c - first;
    unsigned bad = (mask_class[next[-1]] & TOKEN) != 0;
    for (int i = 0; i < 4; i++) {
        unsigned value;
        size_t n = octet_scan(next, &value);
        parts[i] = (struct dotted_part){.at = at + (size_t)(next - c), .len = n, .value = (int)value};
        next += n;
        bad |= (unsigned)(value > 255) | (i < 3 ? (unsigned)(*next != '.') : mask_class[*next] & TOKEN);
        next += i < 3;
    }
    if (bad != 0)
        return 0;
    for (unsigned i = s->prefixes.ipv4 / 8u; i < 4; i++)
        part_mask(s, &parts[i], i, s->prefixes.ipv4);
    return at + (size_t)(next - c);
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

/* The usual case: groups and colons alone with a boundary on either side. Returns the end, or 0 when it is not that. */
static size_t ipv6_plain(struct scan *s, size_t at)
{
    size_t start = at, end = at;
    while (start > s->bound && at - start < MASK_ADDRESS_SIZE &&
           (scan_is(s, start - 1, HEX) || s->text[start - 1] == ':'))
        start--;
    while (end - start < MASK_ADDRESS_SIZE && (scan_is(s, end, HEX) || (end < s->len && s->text[end] == ':')))
        end++;
    if ((start > s->bound && scan_is(s, start - 1, TOKEN)) || scan_is(s, end, TOKEN))
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
    char kind = ':';
    size_t width = separator_at(s, at, &kind), end = 0;
    if (kind == '.') {
        bool edge = at < s->bound + FIRST || s->len - at < REST;
        end = edge ? ipv4_plain_edge(s, at) : ipv4_plain(s, at, s->text + at);
        if (end == 0 && dots_are_boundary(s, at))
            return at + width;
        if (end == 0 && at >= s->not_name)
            end = ip6_name_found(s, at);
    }
    if (end == 0 && at >= s->not_ipv6)
        end = kind == ':' && width == 1 ? ipv6_plain(s, at) : 0;
    if (end == 0 && at >= s->not_ipv6)
        end = ipv6_found(s, at);
    if (end == 0)
        end = kind == '.' ? ipv4_found(s, at) : at + width;
    return end;
}
