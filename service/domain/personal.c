/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/personal.h"

#include "base/hex.h"
#include "domain/identifier.h"
#include "domain/identifier_text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <unictype.h>

static const char *const faults[PERSONAL_KINDS] = {
    [PERSONAL_NONE] = "",
    [PERSONAL_EMAIL] = "holds an e-mail address: no personal data here",
    [PERSONAL_PHONE] = "holds what is a phone number: no personal data here",
    [PERSONAL_BSN] = "holds what is a citizen number (BSN): no personal data here",
};

/* What stands where somebody was named. */
static const char stars[] = "***";

/* A text with its %XX read and other scripts' forms of ASCII folded, and where each byte of it begins in what
 * was written. */
struct view {
    size_t len;
    char bytes[PERSONAL_TEXT_MAX];
    uint16_t from[PERSONAL_TEXT_MAX + 1];
};

/* [at, end) of a view. */
struct found {
    enum personal kind;
    size_t at, end;
};

const char *personal_fault(enum personal kind)
{
    return faults[kind];
}

/* ---- reading ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The bytes that the character at ${text} is written with, and what it is. */
static size_t byte_read(const char *text, size_t len, char *ret_byte)
{
    size_t at = 1;
    *ret_byte = text[0];
    if (text[0] != '%')
        return 1;
    while (at + 4 <= len && text[at] == '2' && text[at + 1] == '5')
        at += 2;
    return at + 2 <= len && hex_read(text + at, ret_byte, 1) ? at + 2 : 1;
}

enum { FOLDED_AWAY = -1, NOT_FOLDED = -2 };

/* The character of ASCII that somebody means who writes it in a name or a number; FOLDED_AWAY: none, since
 * nothing is seen of it. */
static int character_folded(ucs4_t c)
{
    enum { WIDE_FIRST = 0xff01, WIDE_LAST = 0xff5e, WIDE_STOP = 0x3002, HALF_STOP = 0xff61 };
    enum { HYPHEN = 0x2010, HORIZONTAL_BAR = 0x2015, MINUS = 0x2212 };
    int digit = identifier_character_digit(c);
    if (digit >= 0)
        return '0' + digit;
    if (c >= WIDE_FIRST && c <= WIDE_LAST)
        return (int)(c - WIDE_FIRST) + '!';
    if (c == WIDE_STOP || c == HALF_STOP)
        return '.'; /* between the labels of a domain name, as IDNA has it */
    if ((c >= HYPHEN && c <= HORIZONTAL_BAR) || c == MINUS)
        return '-';
    if (uc_is_property_white_space(c))
        return ' ';
    return identifier_character_is_blank(c) ? FOLDED_AWAY : NOT_FOLDED;
}

/* Folds what is not ASCII where it stands. */
static void view_fold(struct view *v)
{
    size_t to = 0;
    for (size_t at = 0, size; at < v->len; at += size) {
        struct identifier_text rest = {(const uint8_t *)v->bytes + at, v->len - at};
        int folded = (v->bytes[at] & 0x80) != 0 ? character_folded(identifier_text_next(&rest)) : NOT_FOLDED;
        size = folded != NOT_FOLDED ? v->len - at - rest.len : 1;
        if (folded == FOLDED_AWAY)
            continue;
        v->bytes[to] = folded != NOT_FOLDED ? (char)folded : v->bytes[at];
        v->from[to++] = v->from[at];
    }
    v->from[to] = v->from[v->len];
    v->len = to;
}

static void view_read(struct view *v, const char *text, size_t len)
{
    bool is_ascii = true;
    assert(len <= PERSONAL_TEXT_MAX);
    v->len = 0;
    for (size_t at = 0; at < len; v->len++) {
        v->from[v->len] = (uint16_t)at;
        at += byte_read(text + at, len - at, &v->bytes[v->len]);
        is_ascii = is_ascii && (v->bytes[v->len] & 0x80) == 0;
    }
    v->from[v->len] = (uint16_t)len;
    if (!is_ascii)
        view_fold(v);
}

/* '\0' beyond either end. */
static char view_at(const struct view *v, size_t at)
{
    return at < v->len ? v->bytes[at] : '\0';
}

static char view_before(const struct view *v, size_t at)
{
    return at > 0 ? v->bytes[at - 1] : '\0';
}

/* ---- UUIDs ---- */

/* Returns its length, or 0. */
static size_t uuid_at(const struct view *v, size_t at)
{
    enum { TEXT = 36 };
    if (is_alnum(view_before(v, at)) || at + TEXT > v->len || is_alnum(view_at(v, at + TEXT)))
        return 0;
    for (size_t i = 0; i < TEXT; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? v->bytes[at + i] != '-' : hex_digit(v->bytes[at + i]) < 0)
            return 0;
    }
    return TEXT;
}

/* ---- e-mail ---- */

static bool is_of_local(char c)
{
    return is_alnum(c) || (c & 0x80) != 0 || (c != '\0' && strchr("._+-'!#$&~", c) != NULL);
}

static bool is_of_domain(char c)
{
    return is_alnum(c) || (c & 0x80) != 0 || c == '-' || c == '.';
}

static bool is_letter(char c)
{
    return (is_alnum(c) && !is_digit(c)) || (c & 0x80) != 0;
}

/* Two labels at least, of which the last begins with a letter: 1.2.3 and 1.0.0-rc1 are versions. Whether
 * there can be such a name is not asked. */
static bool is_domain(const char *name, size_t len)
{
    enum { DOMAIN_MAX = 320, TOP_MIN = 2 };
    size_t label = 0, labels = 0;
    if (len < TOP_MIN || len > DOMAIN_MAX || name[len - 1] == '-')
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] != '.')
            continue;
        if (i == label || name[label] == '-')
            return false;
        labels++;
        if (i < len)
            label = i + 1;
    }
    return labels > 1 && is_letter(name[label]) && len - label >= TOP_MIN;
}

/* The end of the longest domain name that begins at ${at}: what stands behind it may be joined to it (.pdf,
 * -0612345678). Returns ${at} where there is none. */
static size_t domain_end(const struct view *v, size_t at)
{
    size_t end = at;
    while (end < v->len && is_of_domain(v->bytes[end]))
        end++;
    while (end > at && !is_domain(v->bytes + at, end - at)) {
        do {
            end--;
        } while (end > at && is_alnum(v->bytes[end]) && is_alnum(v->bytes[end - 1]));
    }
    return end;
}

/* ${at}: of an @. Looks back to ${from}. */
static bool email_at(const struct view *v, size_t from, size_t at, struct found *ret_found)
{
    size_t begin = at, end = domain_end(v, at + 1);
    while (begin > from && is_of_local(v->bytes[begin - 1]))
        begin--;
    if (begin == at || end == at + 1)
        return false;
    *ret_found = (struct found){PERSONAL_EMAIL, begin, end};
    return true;
}

/* ---- phone ---- */

static bool is_separator(char c)
{
    return c != '\0' && strchr(" -./()", c) != NULL;
}

/* dd-mm-yyyy, and the like with - . or / between. */
static bool date_at(const struct view *v, size_t at)
{
    static const char form[] = "00-00-0000";
    for (size_t i = 0; form[i] != '\0'; i++) {
        char c = view_at(v, at + i);
        if (form[i] == '0' ? !is_digit(c) : c != '-' && c != '.' && c != '/')
            return false;
    }
    const char *year = v->bytes + at + 6;
    return !is_digit(view_at(v, at + sizeof form - 1)) &&
           (memcmp(year, "19", 2) == 0 || memcmp(year, "20", 2) == 0);
}

static bool phone_is_long_enough(const struct view *v, size_t at, size_t digits)
{
    enum { WITH_PLUS_MIN = 8, WITH_ZERO_MIN = 9, WITH_ZERO_MAX = 12 };
    if (v->bytes[at] == '+')
        return digits >= WITH_PLUS_MIN;
    return digits >= WITH_ZERO_MIN && (digits <= WITH_ZERO_MAX || v->bytes[at + 1] == '0');
}

static bool phone_begins_at(const struct view *v, size_t at)
{
    char next = view_at(v, at + 1);
    if (v->bytes[at] == '+')
        return is_digit(next) || (next == '(' && is_digit(view_at(v, at + 2)));
    return v->bytes[at] == '0' && is_digit(next) && !is_alnum(view_before(v, at)) && !date_at(v, at);
}

/* The longest from ${at} on that ends with a group of digits. */
static bool phone_at(const struct view *v, size_t at, const char *country, struct found *ret_found)
{
    enum { DIGITS_MAX = 20, SEPARATORS_MAX = 2 };
    size_t digits = 0, apart = 0, end = 0;
    if (!phone_begins_at(v, at))
        return false;
    for (size_t i = at + (v->bytes[at] == '+'); digits < DIGITS_MAX && apart <= SEPARATORS_MAX; i++) {
        struct identifier made;
        bool digit = is_digit(view_at(v, i));
        if (!digit && !is_separator(view_at(v, i)))
            break;
        digits += digit;
        apart = digit ? 0 : apart + 1;
        if (digit && !is_alnum(view_at(v, i + 1)) && phone_is_long_enough(v, at, digits) &&
            identifier_normalise(IDENTIFIER_PHONE, v->bytes + at, i + 1 - at, country, &made) == NULL)
            end = i + 1;
    }
    if (end > 0)
        *ret_found = (struct found){PERSONAL_PHONE, at, end};
    return end > 0;
}

/* ---- BSN ---- */

/* Wbsn-b, art. 2: nine times the first digit, eight times the second and so on, less the last. */
static bool eleven_test(const char *digits)
{
    int sum = -(digits[8] - '0');
    for (int i = 0; i < 8; i++)
        sum += (9 - i) * (digits[i] - '0');
    return sum % 11 == 0;
}

static bool joins(char c)
{
    return c == '-' || c == '.' || c == ',' || c == ':';
}

/* What was masked was digits, perhaps: a mask makes no number of its own. */
static bool is_joined(char c)
{
    return is_digit(c) || c == stars[0];
}

enum { BSN_DIGITS = 9 };

static bool bsn_is(const char *digits)
{
    return memcmp(digits, "00", 2) != 0 && eleven_test(digits);
}

/* Whether [at, end) stands by itself, and is no part of a longer number. */
static bool bsn_is_whole(const struct view *v, size_t at, size_t end, bool is_spread)
{
    char before = view_before(v, at), after = view_at(v, end);
    if (is_alnum(before) || is_alnum(after))
        return false;
    bool joined_before = joins(before) || (is_spread && before == ' '),
         joined_after = joins(after) || (is_spread && after == ' ');
    return !(joined_before && at > 1 && is_joined(v->bytes[at - 2])) &&
           !(joined_after && is_joined(view_at(v, end + 1)));
}

static bool bsn_at(const struct view *v, size_t at, struct found *ret_found)
{
    size_t end = at + BSN_DIGITS;
    if (end > v->len || !bsn_is_whole(v, at, end, false))
        return false;
    for (size_t i = at; i < end; i++) {
        if (!is_digit(v->bytes[i]))
            return false;
    }
    *ret_found = (struct found){PERSONAL_BSN, at, end};
    return bsn_is(v->bytes + at);
}

/* The digits of a number, and the groups that they are written in. */
struct spread {
    char digits[BSN_DIGITS];
    size_t digit_count;
    size_t groups[BSN_DIGITS], group_count; /* digits of each */
    char apart;                             /* the separator between them; '\0': there is none */
};

/* Returns the end of the nine digits that begin at ${at}, with one separator between groups of them, always
 * the same; ${at} where there are no such. */
static size_t spread_read(const struct view *v, size_t at, struct spread *s)
{
    size_t i = at;
    *s = (struct spread){.group_count = 1};
    for (;; i++) {
        char c = view_at(v, i);
        if (is_digit(c)) {
            s->digits[s->digit_count++] = c;
            s->groups[s->group_count - 1]++;
            if (s->digit_count == BSN_DIGITS)
                return i + 1;
            continue;
        }
        bool separates = (c == ' ' || c == '-' || c == '.') && (s->apart == '\0' || c == s->apart);
        if (!separates || s->groups[s->group_count - 1] == 0)
            return at;
        s->apart = c;
        s->group_count++;
    }
}

/* Whether somebody writes one number so: in three groups or more, of two digits or more or of one each. What
 * has a year in it (2026-11-001) is not one, nor are four groups with dots, which are an address. */
static bool spread_is_one_number(const struct spread *s)
{
    size_t ones = 0, at = 0;
    for (size_t i = 0; i < s->group_count; at += s->groups[i++]) {
        const char *group = s->digits + at;
        ones += s->groups[i] == 1;
        if (s->groups[i] == 4 && (memcmp(group, "19", 2) == 0 || memcmp(group, "20", 2) == 0))
            return false;
    }
    return s->group_count >= 3 && (ones == 0 || ones == s->group_count) &&
           !(s->apart == '.' && s->group_count == 4);
}

static bool bsn_spread_at(const struct view *v, size_t at, struct found *ret_found)
{
    struct spread s;
    if (!is_digit(v->bytes[at]) || is_alnum(view_before(v, at)))
        return false;
    size_t end = spread_read(v, at, &s);
    if (end == at || !bsn_is_whole(v, at, end, true))
        return false;
    *ret_found = (struct found){PERSONAL_BSN, at, end};
    return spread_is_one_number(&s) && bsn_is(s.digits);
}

/* ---- all of them ---- */

static bool view_next(const struct view *v, size_t from, const char *country, struct found *ret_found)
{
    bool dutch = strcmp(country, "NL") == 0;
    for (size_t at = from; at < v->len;) {
        size_t uuid = uuid_at(v, at);
        if (uuid == 0 && ((v->bytes[at] == '@' && email_at(v, from, at, ret_found)) ||
                          phone_at(v, at, country, ret_found) ||
                          (dutch && (bsn_at(v, at, ret_found) || bsn_spread_at(v, at, ret_found)))))
            return true;
        at += uuid > 0 ? uuid : 1;
    }
    return false;
}

enum personal personal_find(const char *text, size_t len, const char *country)
{
    struct view v;
    struct found found;
    view_read(&v, text, len);
    return view_next(&v, 0, country, &found) ? found.kind : PERSONAL_NONE;
}

size_t personal_mask(const char *text, size_t len, const char *country, char *out)
{
    struct view v;
    struct found found;
    char *to = out;
    size_t at = 0;
    view_read(&v, text, len);
    while (view_next(&v, at, country, &found)) {
        to = (char *)mempcpy(to, text + v.from[at], (size_t)(v.from[found.at] - v.from[at]));
        to = (char *)mempcpy(to, stars, sizeof stars - 1);
        at = found.end;
    }
    to = (char *)mempcpy(to, text + v.from[at], len - v.from[at]);
    return (size_t)(to - out);
}
