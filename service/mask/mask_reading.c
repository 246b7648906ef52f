/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_reading.h"

#include <string.h>

enum { ESC = 0x1b, NESTED_MAX = 10 }; /* deeper than doubled backslashes can be in a reading */

static bool is_class(uint8_t c, unsigned classes)
{
    return (mask_class[c] & classes) != 0;
}

static unsigned hex_value(uint8_t c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The value of ${digits} hex digits, 128 for all above 127; false when they are none. */
static bool hex_read(const uint8_t *text, size_t len, size_t digits, uint8_t *ret_char)
{
    unsigned value = 0;
    if (len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!is_class(text[i], HEX))
            return false;
        value = value << 4 | hex_value(text[i]);
    }
    *ret_char = (uint8_t)(value < 128 ? value : 128);
    return true;
}

/* Three octal digits; but `\2001:` and `#2002:` are signs before an address. */
static bool octal_read(const uint8_t *text, size_t len, uint8_t *ret_char)
{
    if (len < 3 || text[0] < '0' || text[0] > '3' || text[1] < '0' || text[1] > '7' || text[2] < '0' ||
        text[2] > '7')
        return false;
    unsigned value = (unsigned)(text[0] & 7) << 6 | (unsigned)(text[1] & 7) << 3 | (unsigned)(text[2] & 7);
    if (value >= 128 && len > 4 && is_class(text[3], HEX) && text[4] == ':')
        return false;
    *ret_char = (uint8_t)(value < 128 ? value : 128);
    return true;
}

/* What stands after a backslash. */
static size_t backslash_read(const uint8_t *text, size_t len, uint8_t *ret_char)
{
    static const uint8_t shorts[128] =
        {
            ['\\'] = '\\', ['"'] = '"',  ['\''] = '\'', ['/'] = '/',  ['n'] = '\n',
            ['t'] = '\t',  ['r'] = '\r', ['v'] = '\v',  ['a'] = '\a', ['b'] = '\b',
            ['f'] = '\f',  ['e'] = ESC,  ['0'] = '\v', /* a NUL: a control like another */
        };
    if (len < 2)
        return 0;
    if (text[1] == 'x' && hex_read(text + 2, len - 2, 2, ret_char))
        return 4;
    if (text[1] == 'u' && hex_read(text + 2, len - 2, 4, ret_char))
        return 6;
    if (octal_read(text + 1, len - 1, ret_char))
        return 4;
    if (text[1] >= sizeof shorts || shorts[text[1]] == 0)
        return 0;
    if (len > 2 && text[2] == ':' && is_class(text[1], HEX)) /* a group */
        return 0;
    *ret_char = shorts[text[1]];
    return 2;
}

size_t escape_read(const uint8_t *text, size_t len, uint8_t *ret_char)
{
    switch (text[0]) {
    case '%':
        return hex_read(text + 1, len - 1, 2, ret_char) ? 3 : 0;
    case '\\':
        return backslash_read(text, len, ret_char);
    case '#':
        return octal_read(text + 1, len - 1, ret_char) ? 4 : 0;
    default:
        return 0;
    }
}

/* Which sign an escape may as well be that stands before digits or letters: `user%10.0.0.1`,
 * `\\203.0.113.26\share`. 0 for none. */
static unsigned doubt_of(const uint8_t *escape, size_t width, uint8_t c, bool nested)
{
    unsigned others = nested ? LITERAL_NESTED : LITERAL_OTHERS;
    if (width == 0)
        return 0;
    if (escape[0] == '%')
        return is_class(c, ALNUM) || (is_class(escape[1], DIGIT) && is_class(escape[2], DIGIT))
                   ? LITERAL_PERCENT
                   : 0;
    return is_class(escape[1], DIGIT) || (width == 2 && is_class(escape[1], HEX)) ? others : 0;
}

/* Reads the escapes once. ${nested}: those of which the sign came out of an escape itself. Returns whether
 * what came out may hold further ones. */
static bool escapes_decode(struct reading *r, unsigned literal, bool nested)
{
    bool again = false;
    size_t n = 0;
    for (size_t i = 0; i < r->count; n++) {
        uint8_t c = r->chars[i];
        bool sign = is_class(c, SIGN) && (!nested || r->at[i + 1] - r->at[i] > 1);
        size_t width = sign ? escape_read(r->chars + i, r->count - i, &c) : 0;
        unsigned doubt = doubt_of(r->chars + i, width, c, nested);
        r->doubtful |= doubt;
        again |= width != 0 && is_class(c, SIGN);
        r->at[n] = r->at[i];
        r->chars[n] = (doubt & literal) != 0 ? 0 : c;
        i += width == 0 || (doubt & literal) != 0 ? 1 : width;
    }
    r->at[n] = r->at[r->count];
    r->count = n;
    return again;
}

/* The end of the colour at ${at}, or ${at} when there is none. */
static size_t colour_end(const struct reading *r, size_t at)
{
    bool escaped = at > 0 && r->chars[at - 1] == ESC;
    size_t end = at + 1;
    if (r->chars[at] == '(')
        return escaped && end < r->count ? end + 1 : at;
    bool colon = false; /* `38:2::255:0:0m`: only of a colour proper */
    for (; end < r->count &&
           (is_class(r->chars[end], DIGIT) || r->chars[end] == ';' || (escaped && r->chars[end] == ':'));
         end++)
        colon |= r->chars[end] == ':';
    if (colon)
        return end < r->count && r->chars[end] == 'm' ? end + 1 : at;
    bool letter = end < r->count && is_class(r->chars[end], ALNUM) && !is_class(r->chars[end], DIGIT);
    return letter && (escaped || !is_class(r->chars[end], HEX)) ? end + 1 : at;
}

/* Blanks colours, dots in a row, and a dot before a colon. */
static void reading_blank(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        size_t end = i;
        if (r->chars[i] == '[' || r->chars[i] == '(')
            end = colour_end(r, i);
        else if (r->chars[i] == '.' && i + 1 < r->count && r->chars[i + 1] == '.')
            for (end = i + 1; end < r->count && r->chars[end] == '.';)
                end++;
        else if (r->chars[i] == '.' && i + 1 < r->count && r->chars[i + 1] == ':')
            end = i + 1; /* no form of an address has both */
        if (end == i)
            continue;
        memset(r->chars + i, 0, end - i);
        i = end - 1;
    }
}

/* Where the word around ${at} starts, the colour before it counted in; not before ${least}. */
static size_t word_start(const struct scan *s, size_t at, size_t least)
{
    size_t start = at;
    while (start > least && is_class(s->text[start - 1], WORD))
        start--;
    size_t colour = start;
    while (colour > least && (is_class(s->text[colour - 1], DIGIT) || s->text[colour - 1] == ';'))
        colour--;
    if (colour == least || (s->text[colour - 1] != '[' && s->text[colour - 1] != '('))
        return start;
    colour--;
    return colour > least && s->text[colour - 1] == ESC ? colour - 1 : colour;
}

void reading_make(const struct scan *s, size_t at, unsigned literal, struct reading *r)
{
    size_t least = at - s->bound > MASK_RUN_MAX ? at - MASK_RUN_MAX : s->bound;
    size_t start = word_start(s, at, least), end = at;
    while (end < s->len && end - at < MASK_TOKEN_MAX && is_class(s->text[end], WORD))
        end++;

    bool signs = false;
    for (size_t i = start; i < end; i++) {
        r->chars[i - start] = s->text[i];
        r->at[i - start] = (uint16_t)(i - start);
        signs |= is_class(s->text[i], SIGN);
    }
    r->base = start;
    r->count = end - start;
    r->at[r->count] = (uint16_t)r->count;
    r->open = end < s->len && end - at == MASK_TOKEN_MAX && is_class(s->text[end], WORD);
    r->doubtful = 0;
    for (int nested = 0; signs && nested < NESTED_MAX; nested++)
        signs = escapes_decode(r, literal, nested > 0);
    reading_blank(r);

    /* What is cut off at the front may be the end of a word: it is none of an address's groups then. */
    if (start == least && start > s->bound && is_class(s->text[start - 1], WORD))
        for (size_t i = 0; i < r->count && (i == 0 || is_class(r->chars[i], ALNUM)); i++)
            r->chars[i] = 'z';
    r->chars[r->count] = 0;
    r->here = 0;
    while (r->here + 1 < r->count && r->base + r->at[r->here + 1] <= at)
        r->here++;
}
