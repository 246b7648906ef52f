/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_text.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

ucs4_t identifier_text_next(struct identifier_text *text)
{
    ucs4_t c;
    int size = u8_mbtouc(&c, text->bytes, text->len);
    text->bytes += size;
    text->len -= (size_t)size;
    return c;
}

struct identifier_text identifier_text_trim(struct identifier_text text)
{
    struct identifier_text rest = text;
    while (rest.len > 0 && identifier_character_is_blank(identifier_text_next(&rest)))
        text = rest;
    while (text.len > 0) {
        ucs4_t c;
        const uint8_t *last = u8_prev(&c, text.bytes + text.len, text.bytes);
        if (last == NULL || !identifier_character_is_blank(c))
            break;
        text.len = (size_t)(last - text.bytes);
    }
    return text;
}

bool identifier_text_is_ascii(struct identifier_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] >= 0x80)
            return false;
    }
    return true;
}

bool identifier_character_is_blank(ucs4_t c)
{
    return uc_is_property_white_space(c) || uc_is_property_default_ignorable_code_point(c);
}

bool identifier_character_is_other(ucs4_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C);
}

int identifier_character_digit(ucs4_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9' ? (int)(c - '0') : -1;
    return uc_decimal_value(c);
}

/* Nearly all identifiers are ASCII, where libunistring would do the same at a hundred times the cost. */
static size_t identifier_fold_ascii(struct identifier_text text, enum identifier_case to, uint8_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.bytes[i];
        if (to == IDENTIFIER_LOWER)
            out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 0x20) : c;
        else
            out[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c;
    }
    return text.len;
}

/* libunistring answers in the caller's memory where that is large enough, else in memory of its own. */
static size_t identifier_fold_end(uint8_t *result, const uint8_t *out, size_t len)
{
    if (result == out)
        return len;
    free(result);
    return 0;
}

size_t identifier_text_fold(struct identifier_text text, enum identifier_case to, uint8_t *out, size_t size)
{
    enum { COMPOSED_MAX = 1024 }; /* bytes; more than any caller keeps */
    uint8_t composed[COMPOSED_MAX];
    size_t len = sizeof composed;
    size_t folded = size;
    uint8_t *result;
    if (text.len == 0 || (text.len > size && text.len > sizeof composed))
        return 0;
    if (identifier_text_is_ascii(text))
        return text.len > size ? 0 : identifier_fold_ascii(text, to, out);
    /* NFC on the way in as well: a mark that changes its place in upper case (iota subscript) would tell the
     * two spellings of one letter apart. */
    result = u8_normalize(UNINORM_NFC, text.bytes, text.len, composed, &len);
    if (identifier_fold_end(result, composed, len) == 0)
        return 0;
    if (to == IDENTIFIER_LOWER)
        result = u8_tolower(composed, len, NULL, UNINORM_NFC, out, &folded);
    else
        result = u8_toupper(composed, len, NULL, UNINORM_NFC, out, &folded);
    return identifier_fold_end(result, out, folded);
}
