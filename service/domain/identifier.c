/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"

#include <string.h>
#include <unictype.h>

static const char *const words[IDENTIFIER_TYPES] = {
    [IDENTIFIER_EMAIL] = "email",       [IDENTIFIER_PHONE] = "phone",     [IDENTIFIER_POSTAL] = "postal",
    [IDENTIFIER_CUSTOMER] = "customer", [IDENTIFIER_VISITOR] = "visitor",
};

const char *identifier_type_word(enum identifier_type type)
{
    return words[type];
}

bool identifier_type_parse(const char *word, enum identifier_type *ret_type)
{
    for (int i = 0; i < IDENTIFIER_TYPES; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_type = (enum identifier_type)i;
            return true;
        }
    }
    return false;
}

static const char *identifier_normalise_code(struct identifier_text raw, struct identifier *ret_identifier)
{
    if (raw.len == 0)
        return "A code has at least one character";
    if (raw.len > IDENTIFIER_MAX)
        return "A code has at most 320 bytes";
    for (struct identifier_text rest = raw; rest.len > 0;) {
        if (uc_is_general_category_withtable(identifier_text_next(&rest), UC_CATEGORY_MASK_Cc))
            return "A code has no control characters";
    }
    memcpy(ret_identifier->value, raw.bytes, raw.len);
    ret_identifier->len = raw.len;
    return NULL;
}

const char *identifier_normalise(enum identifier_type type, const char *raw, size_t len, const char *country,
                                 struct identifier *ret_identifier)
{
    struct identifier_text text = {.bytes = (const uint8_t *)raw, .len = len};
    const char *fault = "This type of identifier is not known";
    struct identifier made = {.type = type};
    switch (type) {
    case IDENTIFIER_EMAIL:
        fault = identifier_normalise_email(text, &made);
        break;
    case IDENTIFIER_PHONE:
        fault = identifier_normalise_phone(text, country, &made);
        break;
    case IDENTIFIER_POSTAL:
        fault = identifier_normalise_postal(text, &made);
        break;
    case IDENTIFIER_CUSTOMER:
    case IDENTIFIER_VISITOR:
        fault = identifier_normalise_code(text, &made);
        break;
    case IDENTIFIER_TYPES:
        break;
    }
    if (fault == NULL)
        *ret_identifier = made;
    return fault;
}

const char *identifier_readings(enum identifier_type type, const char *raw, size_t len, const char *country,
                                struct identifier ret_readings[IDENTIFIER_READINGS], size_t *ret_count)
{
    struct identifier_text text = {.bytes = (const uint8_t *)raw, .len = len};
    for (size_t i = 0; i < IDENTIFIER_READINGS; i++)
        ret_readings[i] = (struct identifier){.type = type};
    if (type == IDENTIFIER_PHONE)
        return identifier_phone_readings(text, country, ret_readings, ret_count);
    const char *fault = identifier_normalise(type, raw, len, country, ret_readings);
    if (fault == NULL)
        *ret_count = 1;
    return fault;
}
