/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_language.h"

#include <string.h>
#include <strings.h>

static const char fallback[] = "en";

/* The controller's language number ${i}; "" behind the last. */
static const char *controller_language(const struct node *document, size_t i)
{
    struct node controller = node_optional(document, "controller");
    struct node languages = node_optional(&controller, "languages");
    struct node element = node_at(&languages, i);
    return node_string(&element, 0, SIZE_MAX, NULL);
}

const char *language_of(const struct node *document, const char *wanted)
{
    if (wanted != NULL)
        return wanted;
    const char *first = controller_language(document, 0);
    return first[0] != '\0' ? first : fallback;
}

bool language_is_of(const char *tag, const char *language)
{
    size_t len = strlen(language);
    return strncasecmp(tag, language, len) == 0 && (tag[len] == '\0' || tag[len] == '-');
}

bool language_is_tag(const char *tag)
{
    enum { TAG_MAX = 15, SUBTAG_MAX = 8 };
    static const char inside[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if (strlen(tag) > TAG_MAX || strspn(tag, inside) < 2)
        return false;
    for (const char *at = tag;; at++) {
        size_t len = strspn(at, inside);
        if (len == 0 || len > SUBTAG_MAX)
            return false;
        at += len;
        if (*at != '-')
            return *at == '\0';
    }
}

/* How well a text in ${tag} serves who asked for ${language}: 2 it is that, 1 the
 * first part is the same, 0 not. */
static int fit(const char *tag, const char *language)
{
    size_t primary = strcspn(language, "-");
    if (strcasecmp(tag, language) == 0)
        return 2;
    return strcspn(tag, "-") == primary && strncasecmp(tag, language, primary) == 0;
}

/* The best text for ${language}; returns NULL when none fits. */
static const char *texts_find(const struct node *texts, const char *language, const char **ret_tag)
{
    int best = 0;
    const char *found = NULL;
    const char *tag;
    void *cursor = NULL;
    struct node text;
    while (best < 2 && node_next(texts, &cursor, &tag, &text)) {
        int fits = fit(tag, language);
        if (fits <= best)
            continue;
        best = fits;
        *ret_tag = tag;
        found = node_string(&text, 0, SIZE_MAX, NULL);
    }
    return found;
}

static const char *texts_first(const struct node *texts, const char **ret_tag)
{
    void *cursor = NULL;
    struct node text;
    *ret_tag = "";
    return node_next(texts, &cursor, ret_tag, &text) ? node_string(&text, 0, SIZE_MAX, NULL) : "";
}

const char *language_text(const struct node *document, const struct node *texts, const char *language,
                          const char **ret_language)
{
    const char *tag = "";
    const char *found = "";
    if (node_kind(texts) == NODE_STRING) {
        found = node_string(texts, 0, SIZE_MAX, NULL);
    } else if (node_is_object(texts)) {
        found = texts_find(texts, language, &tag);
        for (size_t i = 0; found == NULL; i++) {
            const char *next = controller_language(document, i);
            found = next[0] != '\0' ? texts_find(texts, next, &tag) : texts_first(texts, &tag);
        }
    }
    if (ret_language != NULL)
        *ret_language = tag;
    return found;
}

const char *language_text_fitting(const struct node *texts, const char *language)
{
    const char *tag;
    if (node_kind(texts) == NODE_STRING)
        return node_string(texts, 0, SIZE_MAX, NULL);
    const char *found = node_is_object(texts) ? texts_find(texts, language, &tag) : NULL;
    return found != NULL ? found : "";
}
