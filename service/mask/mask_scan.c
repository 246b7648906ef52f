/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_reading.h"

#include <assert.h>
#include <string.h>

#define WORD_CLASSES  (WORD | TOKEN)
#define ALNUM_CLASSES (ALNUM | ZONE | JOINT | WORD_CLASSES)
const uint8_t mask_class[256] = {
    ['0' ... '9'] = DIGIT | HEX | ALNUM_CLASSES,
    ['a' ... 'f'] = HEX | ALNUM_CLASSES,
    ['g' ... 'z'] = ALNUM_CLASSES,
    ['A' ... 'F'] = HEX | ALNUM_CLASSES,
    ['G' ... 'Z'] = ALNUM_CLASSES,
    ['-'] = ZONE | WORD_CLASSES,
    ['_'] = ZONE | WORD_CLASSES,
    ['~'] = ZONE | WORD_CLASSES,
    ['.'] = JOINT | WORD_CLASSES,
    [':'] = JOINT | WORD_CLASSES,
    ['%'] = JOINT | SIGN | WORD_CLASSES,
    ['\\'] = JOINT | SIGN | WORD_CLASSES,
    ['#'] = SIGN | WORD_CLASSES,
    ['['] = TOKEN,
    ['('] = TOKEN,
    [';'] = TOKEN,
    [0x1b] = TOKEN,
};

size_t separator_at(const struct scan *s, size_t at, char *ret_kind)
{
    if (at >= s->len)
        return 0;
    const uint8_t *c = s->text + at;
    if (*c == '.' || *c == ':') {
        *ret_kind = (char)*c;
        return 1;
    }
    if (*c != '%' || at + 2 >= s->len)
        return 0;
    if (c[1] == '2' && (c[2] | 0x20) == 'e')
        *ret_kind = '.';
    else if (c[1] == '3' && (c[2] | 0x20) == 'a')
        *ret_kind = ':';
    else
        return 0;
    return 3;
}

void scan_write(struct scan *s, size_t to)
{
    assert(to >= s->done && to <= s->len); /* (2) */
    memcpy(s->out, s->text + s->done, to - s->done);
    s->out += to - s->done;
    s->done = to;
}

void scan_replace(struct scan *s, size_t from, size_t to, const char *bytes, size_t len)
{
    scan_write(s, from);
    memcpy(s->out, bytes, len);
    s->out += len;
    s->done = to;
}

static int hex_of(uint8_t c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* A colon that would join an address before it: a group, or another colon, follows, be it escaped. */
static bool colon_joins(const struct scan *s, size_t at)
{
    char kind;
    size_t width = separator_at(s, at, &kind), next = at + width;
    uint8_t c;
    if (width == 0 || kind != ':' || next >= s->len)
        return false;
    if (escape_read(s->text + next, s->len - next, &c) == 0)
        c = s->text[next];
    return (mask_class[c] & HEX) != 0 || c == ':' || c == '.';
}

/* How far an escape behind a zone is looked at. */
enum { AHEAD = 16 };

/* What the escape at ${at} stands for, when it is read until none is left. */
static uint8_t escape_meaning(const struct scan *s, size_t at)
{
    uint8_t copy[AHEAD], c = 0;
    size_t len = s->len - at < AHEAD ? s->len - at : AHEAD, from = 0, width;
    memcpy(copy, s->text + at, len);
    while ((width = escape_read(copy + from, len - from, &c)) != 0) {
        from += width - 1;
        copy[from] = c;
    }
    return copy[from];
}

/* '%' after an address is a zone, or the start of an encoded character that is none of its business: "%20",
 * "%5D". "%25" (RFC 6874) is always a zone; in an encoded text nothing else is. A number such as %22 may be
 * an interface where the address is of the kind that has zones, and is an encoded delimiter elsewhere. */
bool zone_starts(const struct scan *s, size_t at)
{
    if (!scan_is(s, at + 1, HEX) || !scan_is(s, at + 2, HEX))
        return !s->zone.encoded && (scan_is(s, at + 1, ZONE) || colon_joins(s, at + 1));
    int c = hex_of(s->text[at + 1]) << 4 | hex_of(s->text[at + 2]);
    if (c == '%' && s->zone.nested) { /* `%255D` is a bracket */
        uint8_t meaning = escape_meaning(s, at);
        return meaning == '%' || (mask_class[meaning] & ZONE) != 0;
    }
    if (c == '%')
        return true;
    if (s->zone.encoded)
        return false;
    bool delimiter = c < 0x10 || (c >= 0x20 && c < 0x80 && (mask_class[c] & ZONE) == 0);
    bool number = scan_is(s, at + 1, DIGIT) && scan_is(s, at + 2, DIGIT);
    return !delimiter || (number && s->zone.scoped);
}

/* Whether the zone goes on at ${at}. A dot belongs to it only before a further character of it
 * (`eth0.100`); a colon that would join the address goes with it, and what that leads to. */
static bool zone_goes_on(const struct scan *s, size_t at)
{
    char kind;
    size_t width = separator_at(s, at, &kind);
    if (width == 0)
        return scan_is(s, at, ZONE) || (s->text[at] == '%' && zone_starts(s, at)) ||
               (scan_is(s, at, SIGN) && (mask_class[escape_meaning(s, at)] & ALNUM) != 0);
    return kind == '.' ? scan_is(s, at + width, ZONE) : colon_joins(s, at);
}

/* Whether enough of the text is known to tell whether the zone goes on at ${at}: its word, or as much as an
 * escape behind an encoded colon takes. */
static bool zone_is_decided(const struct scan *s, size_t at)
{
    for (size_t i = at; i < at + AHEAD; i++) {
        if (i == s->len)
            return s->last;
        if (!scan_is(s, i, WORD))
            return true;
    }
    return true;
}

void zone_drop(struct scan *s)
{
    size_t at = s->done;
    for (;;) {
        s->zone.open = !zone_is_decided(s, at);
        if (s->zone.open || at == s->len || !zone_goes_on(s, at))
            break;
        at++;
    }
    s->bound = s->done = s->seen = at;
}

/* The start of the token that is open at the end of the text, or MASK_TOKEN_MAX before the end. */
static size_t token_start(const struct scan *s)
{
    size_t at = s->len;
    while (at > s->seen && s->len - at < MASK_TOKEN_MAX && scan_is(s, at - 1, TOKEN))
        at--;
    return at;
}

void scan_run(struct scan *s)
{
    if (s->zone.open)
        zone_drop(s);
    if (s->zone.open)
        return;
    size_t to = s->last ? s->len : token_start(s);
    size_t at = s->seen;
    while (at < to) {
        at = s->find(s->text, at, to, s->len);
        if (at == to)
            break;
        at = scan_candidate(s, at);
        if (s->zone.open)
            return;
    }
    s->seen = at > to ? at : to;
    /* Behind a token that is too long to be held whole, what a later candidate may reach back to stays
     * unwritten. */
    bool inside = !s->last && s->seen > 0 && scan_is(s, s->seen - 1, TOKEN);
    size_t upto = !inside ? s->seen : s->seen > MASK_RUN_MAX ? s->seen - MASK_RUN_MAX : 0;
    if (upto > s->done)
        scan_write(s, upto);
}

size_t mask_text_by(mask_find *find, const char *text, size_t len, struct mask_prefixes prefixes, char *out)
{
    struct scan s = {.text = (const uint8_t *)text,
                     .len = len,
                     .last = true,
                     .find = find,
                     .prefixes = prefixes,
                     .out = out};
    scan_run(&s);
    return (size_t)(s.out - out);
}

size_t mask_text(const char *text, size_t len, struct mask_prefixes prefixes, char *out)
{
    return mask_text_by(mask_find_best(), text, len, prefixes, out);
}
