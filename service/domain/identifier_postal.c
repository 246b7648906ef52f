/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"

#include <string.h>

enum { FIELD_COUNTRY, FIELD_CODE, FIELD_NUMBER, FIELD_ADDITION, FIELDS };

/* Bytes, before marks combine with their letters. */
enum { POSTAL_RAW_MAX = 2 * IDENTIFIER_MAX };

static bool postal_country_is_fit(const char *value, size_t len)
{
    return len == 2 && value[0] >= 'A' && value[0] <= 'Z' && value[1] >= 'A' && value[1] <= 'Z';
}

static bool postal_add(struct identifier *made, const void *bytes, size_t size)
{
    if (made->len + size > IDENTIFIER_MAX)
        return false;
    memcpy(made->value + made->len, bytes, size);
    made->len += size;
    return true;
}

/* Copies what is not blank, and returns its length; 0 when it does not fit. Before folding: marks that a
 * blank kept apart would else combine in a second pass only. */
static size_t postal_strip(struct identifier_text raw, uint8_t out[POSTAL_RAW_MAX])
{
    size_t len = 0;
    while (raw.len > 0) {
        const uint8_t *start = raw.bytes;
        bool blank = identifier_character_is_blank(identifier_text_next(&raw));
        size_t size = (size_t)(raw.bytes - start);
        if (blank)
            continue;
        if (len + size > POSTAL_RAW_MAX)
            return 0;
        memcpy(out + len, start, size);
        len += size;
    }
    return len;
}

/* Copies the fields, all semicolons written, and tells how long each is. */
static const char *postal_add_fields(struct identifier_text rest, struct identifier *made,
                                     size_t lens[FIELDS])
{
    static const char too_long[] = "An address has at most 320 bytes";
    int field = FIELD_COUNTRY;
    while (rest.len > 0) {
        const uint8_t *start = rest.bytes;
        ucs4_t c = identifier_text_next(&rest);
        size_t size = (size_t)(rest.bytes - start);
        if (c == ';' && ++field == FIELDS)
            return "An address has no more than country;code;number;addition";
        if (identifier_character_is_other(c))
            return "An address has no control characters";
        if (!postal_add(made, start, size))
            return too_long;
        if (c != ';')
            lens[field] += size;
    }
    for (; field < FIELD_ADDITION; field++) {
        if (!postal_add(made, ";", 1))
            return too_long;
    }
    return NULL;
}

const char *identifier_normalise_postal(struct identifier_text raw, struct identifier *ret_identifier)
{
    uint8_t bare[POSTAL_RAW_MAX];
    uint8_t upper[IDENTIFIER_MAX];
    size_t lens[FIELDS] = {0};
    struct identifier_text text = {bare, postal_strip(raw, bare)};
    text.len = identifier_text_fold(text, IDENTIFIER_UPPER, upper, sizeof upper);
    text.bytes = upper;
    if (text.len == 0)
        return "An address is country;code;number;addition of at most 320 bytes";
    const char *fault = postal_add_fields(text, ret_identifier, lens);
    if (fault != NULL)
        return fault;
    if (!postal_country_is_fit(ret_identifier->value, lens[FIELD_COUNTRY]))
        return "An address begins with two letters for its country";
    if (lens[FIELD_CODE] == 0 || lens[FIELD_NUMBER] == 0)
        return "An address has a postal code and a house number";
    return NULL;
}
