/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/calendar.h"
#include "domain/phone_plan.h"
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool value_is(const struct node *n, unsigned kinds)
{
    static const struct {
        unsigned kind;
        const char *words;
    } names[] = {{KIND_FLAG, "true or false"},
                 {KIND_TEXT, "a string"},
                 {KIND_LIST, "an array"},
                 {KIND_OBJECT, "an object"}};
    char rule[96] = "must be ";
    size_t len = strlen(rule);
    const char *between = "";
    if (!node_present(n) || (KIND(node_kind(n)) & kinds) != 0)
        return node_present(n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((names[i].kind & kinds) == 0)
            continue;
        len += (size_t)snprintf(rule + len, sizeof rule - len, "%s%s", between, names[i].words);
        between = " or ";
    }
    assert(len < sizeof rule);
    node_fault(n, ERROR_INVALID, rule);
    return false;
}

bool value_is_word(const struct node *n, const char *word)
{
    return node_kind(n) == NODE_STRING && strcmp(node_string(n, 0, SIZE_MAX, NULL), word) == 0;
}

void value_key(const struct node *n, char key[POLICY_KEY_MAX + 1])
{
    size_t len;
    const char *text = node_string(n, 1, POLICY_KEY_MAX, &len);
    key[0] = '\0';
    if (len == 0)
        return;
    if (policy_key_valid(text, len))
        memcpy(key, text, len + 1);
    else
        node_fault(n, ERROR_INVALID, "must be of a-z, 0-9, _ and -, and begin with a letter or a digit");
}

struct duration value_duration(const struct node *n)
{
    struct duration duration = {0};
    size_t len;
    if (node_kind(n) == NODE_NULL)
        return duration;
    const char *text = node_string(n, 1, DURATION_TEXT, &len);
    if (len == 0)
        return duration;
    if (!duration_parse(text, len, &duration))
        node_fault(n, ERROR_INVALID, "must be an ISO 8601 duration in whole numbers, such as P6M");
    else if (duration_is_zero(duration))
        node_fault(n, ERROR_INVALID, "must not be zero; leave it out where there is no end");
    return duration;
}

/* The shape of RFC 5646: subtags of one to eight letters and digits, the first of two or more letters. */
static bool language_fold(const char *tag, char ret_language[LANGUAGE_SIZE])
{
    char language[LANGUAGE_SIZE];
    size_t len = strlen(tag);
    size_t subtag = 0; /* its length so far */
    bool first = true;
    if (len >= LANGUAGE_SIZE)
        return false;
    for (size_t i = 0; i <= len; i++) {
        char c = tag[i];
        language[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c == '-' || c == '\0') {
            if (subtag < (first ? 2U : 1U) || subtag > 8)
                return false;
            first = false;
            subtag = 0;
        } else if (is_lower(language[i]) || (!first && is_digit(c))) {
            subtag++;
        } else {
            return false;
        }
    }
    memcpy(ret_language, language, len + 1);
    return true;
}

bool value_language(const struct node *n, const char *tag, char ret_language[LANGUAGE_SIZE])
{
    bool good = language_fold(tag, ret_language);
    if (!good)
        node_fault(n, ERROR_INVALID, "must be a language tag (BCP 47), such as nl or nl-BE");
    return good;
}

static bool texts_have(const struct language_text *texts, size_t count, const char *language)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i].language, language) == 0)
            return true;
    }
    return false;
}

size_t value_texts(const struct node *n, struct language_text texts[POLICY_LANGUAGES_MAX])
{
    size_t count = 0;
    size_t seen = node_members(n, 1, POLICY_LANGUAGES_MAX);
    void *cursor = NULL;
    const char *tag;
    struct node member;
    if (seen == 0)
        return 0;
    while (node_next(n, &cursor, &tag, &member)) {
        struct language_text *text = &texts[count];
        text->bytes = node_string(&member, 1, POLICY_TEXT_MAX, &text->len);
        if (!value_language(&member, tag, text->language))
            continue;
        if (texts_have(texts, count, text->language))
            node_fault(&member, ERROR_INVALID, "stands twice: capitals do not count in a language tag");
        else if (text->len > 0)
            count++;
    }
    return count == seen ? count : 0;
}

void value_text_or_texts(const struct node *n)
{
    struct language_text texts[POLICY_LANGUAGES_MAX];
    if (!value_is(n, KIND_TEXT | KIND_OBJECT))
        return;
    if (node_kind(n) == NODE_STRING)
        node_string(n, 1, POLICY_TEXT_MAX, NULL);
    else
        value_texts(n, texts);
}

void value_texts_check(const struct node *n)
{
    struct language_text texts[POLICY_LANGUAGES_MAX];
    value_texts(n, texts);
}

void value_line(const struct node *n)
{
    node_string(n, 1, POLICY_LINE_MAX, NULL);
}

void value_lines(const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        value_line(&element);
    }
}

bool country_is_known(const char *country)
{
    return strlen(country) == 2 && phone_plan_of_country(country) != NULL;
}

void value_country(const struct node *n, char country[3])
{
    size_t len;
    const char *code = node_string(n, 2, 2, &len);
    country[0] = '\0';
    if (len == 0)
        return;
    if (country_is_known(code))
        memcpy(country, code, len + 1);
    else
        node_fault(n, ERROR_INVALID, "must be a country of ISO 3166-1 (alpha-2), such as NL or GB");
}

void value_country_check(const struct node *n)
{
    char country[3];
    value_country(n, country);
}

static bool date_exists(const char *text, size_t len)
{
    static const char pattern[] = "dddd-dd-dd";
    int32_t parts[3] = {0};
    size_t part = 0;
    if (len != strlen(pattern))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != pattern[i])
            return false;
        if (pattern[i] == 'd')
            parts[part] = parts[part] * 10 + (text[i] - '0');
        else
            part++;
    }
    return parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 &&
           parts[2] <= calendar_month_length(parts[0], parts[1]);
}

void value_date(const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, POLICY_LINE_MAX, &len);
    if (len > 0 && !date_exists(text, len))
        node_fault(n, ERROR_INVALID, "must be a date, such as 2027-01-31");
}

void value_email(const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, POLICY_LINE_MAX, &len);
    const char *at = memchr(text, '@', len);
    if (len > 0 && (at == NULL || at == text || at[1] == '\0' || strchr(text, ' ') != NULL))
        node_fault(n, ERROR_INVALID, "must be an e-mail address");
}

static void url_check(const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, POLICY_LINE_MAX, &len);
    if (len > 0 && (strncmp(text, "https://", 8) != 0 || strchr(text, ' ') != NULL))
        node_fault(n, ERROR_INVALID, "must be a URL of https");
}

static const struct member address_members[] = {
    {"street", OPTIONAL, .check = value_line},
    {"postal_code", OPTIONAL, .check = value_line},
    {"city", OPTIONAL, .check = value_line},
    {"country", OPTIONAL, .check = value_country_check},
    {.name = NULL},
};

static const struct member contact_members[] = {
    {"name", OPTIONAL, .check = value_line},       {"email", OPTIONAL, .check = value_email},
    {"phone", OPTIONAL, .check = value_line},      {"url", OPTIONAL, .check = url_check},
    {"address", OPTIONAL, .check = value_address}, {.name = NULL},
};

enum { CONTACT_MEMBERS_MAX = 16 };

static void line_or_object(const struct node *n, const struct member *members)
{
    if (!value_is(n, KIND_TEXT | KIND_OBJECT))
        return;
    if (node_kind(n) == NODE_STRING)
        value_line(n);
    else if (node_members(n, 1, CONTACT_MEMBERS_MAX) > 0)
        section_read(NULL, n, members);
}

void value_address(const struct node *n)
{
    line_or_object(n, address_members);
}

void value_contact(const struct node *n)
{
    line_or_object(n, contact_members);
}

void value_objects(const struct node *n, size_t max, const struct member *members)
{
    size_t count = node_elements(n, 0, max);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        section_read(NULL, &element, members);
    }
}

size_t value_purpose(const struct draft *d, const struct node *n)
{
    char key[POLICY_KEY_MAX + 1];
    value_key(n, key);
    if (key[0] == '\0')
        return SIZE_MAX;
    const struct purpose *purpose = policy_purpose(d->policy, key);
    if (purpose != NULL) {
        assert(purpose < d->policy->purposes + d->policy->purpose_count);
        return (size_t)(purpose - d->policy->purposes);
    }
    node_fault(n, ERROR_INVALID, "there is no such purpose in this document");
    return SIZE_MAX;
}
