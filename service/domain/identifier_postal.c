/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

/* Of what people type only blanks, the width and script of digits, and the place of what follows the house
 * number are taken for one: `7521 PR; 02a`. What they mean by a range (2-4) or a stair (5/2) is theirs. */

enum { FIELD_COUNTRY, FIELD_CODE, FIELD_NUMBER, FIELD_ADDITION, FIELDS };

/* Bytes, before marks combine with their letters. */
enum { POSTAL_RAW_MAX = 2 * IDENTIFIER_MAX };

static const char too_long[] = "An address has at most 320 bytes";

struct postal_text {
    size_t len;
    uint8_t bytes[POSTAL_RAW_MAX];
};

static bool postal_add(struct postal_text *text, const uint8_t *bytes, size_t len)
{
    if (text->len + len > sizeof text->bytes)
        return false;
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    return true;
}

static bool postal_add_field(struct postal_text *text, struct identifier_text field)
{
    return postal_add(text, field.bytes, field.len);
}

/* As ASCII writes it: digits of any script, and what is as wide as an ideograph (U+FF01 to U+FF5E). U+037E is
 * a semicolon in any normal form. */
static ucs4_t postal_character_plain(ucs4_t c)
{
    int digit = identifier_character_digit(c);
    if (digit >= 0)
        return (ucs4_t)('0' + digit);
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xff01 + '!';
    return c == 0x37e ? ';' : c;
}

/* What is not blank, as plain as it gets. Before folding: marks that a blank kept apart would else combine in
 * a second pass only. Returns false when it does not fit. */
static bool postal_strip(struct identifier_text raw, struct postal_text *ret_text)
{
    ret_text->len = 0;
    while (raw.len > 0) {
        uint8_t utf8[4];
        ucs4_t c = identifier_text_next(&raw);
        if (identifier_character_is_blank(c))
            continue;
        int size = u8_uctomb(utf8, postal_character_plain(c), sizeof utf8);
        if (size > 0 && !postal_add(ret_text, utf8, (size_t)size))
            return false;
    }
    return true;
}

/* Returns false when there are more than four. */
static bool postal_split(const struct postal_text *text, struct identifier_text ret_fields[FIELDS])
{
    const uint8_t *at = text->bytes, *end = at + text->len;
    for (int i = 0; i < FIELDS; i++) {
        const uint8_t *semicolon = memchr(at, ';', (size_t)(end - at));
        ret_fields[i] = (struct identifier_text){at, (size_t)((semicolon != NULL ? semicolon : end) - at)};
        at = semicolon != NULL ? semicolon + 1 : end;
        if (semicolon == NULL) {
            while (++i < FIELDS)
                ret_fields[i] = (struct identifier_text){end, 0};
            return true;
        }
    }
    return false;
}

static struct identifier_text postal_without(struct identifier_text text, uint8_t byte, size_t least)
{
    while (text.len > least && text.bytes[0] == byte) {
        text.bytes++;
        text.len--;
    }
    return text;
}

/* Takes what follows the digits of a house number off it: a letter, or what a hyphen joins to it. */
static struct identifier_text postal_number_tail(struct identifier_text *number)
{
    size_t digits = 0;
    while (digits < number->len && number->bytes[digits] >= '0' && number->bytes[digits] <= '9')
        digits++;
    struct identifier_text tail = {number->bytes + digits, number->len - digits}, first = tail;
    if (digits == 0)
        return (struct identifier_text){number->bytes, 0};
    *number = (struct identifier_text){number->bytes, digits};
    *number = postal_without(*number, '0', 1);
    if (tail.len == 0 || tail.bytes[0] == '-' ||
        uc_is_general_category_withtable(identifier_text_next(&first), UC_CATEGORY_MASK_L))
        return tail;
    number->len += tail.len;
    return (struct identifier_text){tail.bytes + tail.len, 0};
}

static bool postal_country_is_fit(struct identifier_text country)
{
    const uint8_t *c = country.bytes;
    return country.len == 2 && (c[0] | 0x20) >= 'a' && (c[0] | 0x20) <= 'z' && (c[1] | 0x20) >= 'a' &&
           (c[1] | 0x20) <= 'z';
}

static const char *postal_check(const struct identifier_text fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        for (struct identifier_text rest = fields[i]; rest.len > 0;) {
            if (identifier_character_is_other(identifier_text_next(&rest)))
                return "An address has no control characters";
        }
    }
    if (!postal_country_is_fit(fields[FIELD_COUNTRY]))
        return "An address begins with two letters for its country";
    if (fields[FIELD_CODE].len == 0 || fields[FIELD_NUMBER].len == 0)
        return "An address has a postal code and a house number";
    return NULL;
}

/* All semicolons written. Returns false when it does not fit. */
static bool postal_join(const struct identifier_text fields[FIELDS], struct postal_text *ret_text)
{
    static const uint8_t semicolon = ';';
    struct identifier_text number = fields[FIELD_NUMBER], tail = postal_number_tail(&number);
    struct identifier_text tail_bare = postal_without(tail, '-', 0), addition = fields[FIELD_ADDITION];
    if (tail_bare.len == 0)
        addition = postal_without(addition, '-', 0);
    ret_text->len = 0;
    return postal_add_field(ret_text, fields[FIELD_COUNTRY]) && postal_add(ret_text, &semicolon, 1) &&
           postal_add_field(ret_text, fields[FIELD_CODE]) && postal_add(ret_text, &semicolon, 1) &&
           postal_add_field(ret_text, number) && postal_add(ret_text, &semicolon, 1) &&
           postal_add_field(ret_text, tail_bare) && postal_add_field(ret_text, addition);
}

const char *identifier_normalise_postal(struct identifier_text raw, struct identifier *ret_identifier)
{
    struct postal_text bare, joined;
    struct identifier_text fields[FIELDS];
    if (!postal_strip(raw, &bare))
        return too_long;
    if (!postal_split(&bare, fields))
        return "An address has no more than country;code;number;addition";
    const char *fault = postal_check(fields);
    if (fault != NULL)
        return fault;
    if (!postal_join(fields, &joined))
        return too_long;
    struct identifier_text text = {joined.bytes, joined.len};
    ret_identifier->len = identifier_text_fold(text, IDENTIFIER_UPPER, (uint8_t *)ret_identifier->value,
                                               sizeof ret_identifier->value);
    return ret_identifier->len == 0 ? too_long : NULL;
}
