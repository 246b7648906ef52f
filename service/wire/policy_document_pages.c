/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "wire/logo.h"
#include "wire/page_texts.h"
#include "wire/policy_document_internal.h"

#include <string.h>

/* How the pages behind links look and what they say: kept with the document, and read again when the first
 * page is shown (wire/policy_texts.h). Here it is only looked at. All of it is text, never markup. */

static void colour_check(const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, POLICY_LINE_MAX, &len);
    bool good = len == 7 && text[0] == '#';
    for (size_t i = 1; good && i < len; i++)
        good = hex_digit(text[i]) >= 0;
    if (len > 0 && !good)
        node_fault(n, ERROR_INVALID, "must be a colour as #rrggbb");
}

static void logo_check(const struct node *n)
{
    uint8_t bytes[LOGO_BYTES_MAX + 2];
    size_t len, size;
    const char *text = node_string(n, 1, LOGO_TEXT_MAX, &len);
    if (len > 0 && logo_read(text, len, bytes, &size) == NULL)
        node_fault(n, ERROR_INVALID, "must be a PNG or a WebP of at most 32768 bytes, as base64");
}

/* ---- texts ---- */

static size_t slots(const char *text)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "{}")) != NULL; at += 2)
        count++;
    return count;
}

static void text_check(const struct node *n, enum page_text text)
{
    size_t len;
    const char *words = node_string(n, 1, PAGE_TEXT_BYTES_MAX, &len);
    if (len > 0 && slots(words) != slots(page_text_in(text, "en")))
        node_fault(n, ERROR_INVALID, "must have {} where the value goes, as often as ours has");
}

/* What one language says. One that we do not speak must say all of it. */
static void language_check(const struct node *n, const char *language)
{
    bool had[PAGE_TEXTS_END] = {false}, whole = page_text_in(TEXT_CONTACT, language) != NULL;
    void *cursor = NULL;
    const char *name;
    struct node text;
    size_t count = 0;
    if (!value_is(n, KIND_OBJECT) || node_members(n, 1, PAGE_TEXT_COUNT) == 0)
        return;
    while (node_next(n, &cursor, &name, &text)) {
        enum page_text known = page_text_find(name);
        if (known == TEXT_NONE) {
            node_fault(&text, ERROR_INVALID, "is no text of the pages");
            continue;
        }
        count += !had[known];
        had[known] = true;
        text_check(&text, known);
    }
    if (!whole && count < PAGE_TEXT_COUNT)
        node_fault(n, ERROR_INVALID, "must have every text of the pages: they are not read in two languages");
}

static void texts_check(const struct node *n)
{
    char languages[POLICY_LANGUAGES_MAX][LANGUAGE_SIZE];
    size_t count = 0;
    void *cursor = NULL;
    const char *tag;
    struct node texts;
    if (node_members(n, 1, POLICY_LANGUAGES_MAX) == 0)
        return;
    while (node_next(n, &cursor, &tag, &texts)) {
        if (!value_language(&texts, tag, languages[count]))
            continue;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(languages[i], languages[count]) == 0)
                node_fault(&texts, ERROR_INVALID, "stands twice: capitals do not count in a language tag");
        }
        language_check(&texts, languages[count]);
        count++;
    }
}

static const struct member pages_members[] = {
    {"colour", OPTIONAL, .check = colour_check},
    {"logo", OPTIONAL, .check = logo_check},
    {"texts", OPTIONAL, .kinds = KIND_OBJECT, .check = texts_check},
    {.name = NULL},
};

void pages_read(struct draft *d, const struct node *n)
{
    if (value_is(n, KIND_OBJECT))
        section_read(d, n, pages_members);
}
