/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_language.h"

#include "domain/policy.h"

#include <stdio.h>
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

/* ---- the language of an answer to anybody ---- */

static bool fold(const char *tag, char ret_language[LANGUAGE_CHOSEN_SIZE])
{
    size_t len = strlen(tag);
    if (len >= LANGUAGE_CHOSEN_SIZE || !language_is_tag(tag))
        return false;
    for (size_t i = 0; i <= len; i++)
        ret_language[i] = tag[i] >= 'A' && tag[i] <= 'Z' ? (char)(tag[i] | 32) : tag[i];
    return true;
}

/* Returns false where no more is to be told. */
static bool told(const char *tag, language_take *take, void *cookie, size_t *count)
{
    char language[LANGUAGE_CHOSEN_SIZE];
    if (!fold(tag, language))
        return true;
    (*count)++;
    return take(cookie, language);
}

static size_t controller_languages(const struct node *document, language_take *take, void *cookie)
{
    size_t count = 0;
    for (size_t i = 0; i < POLICY_LANGUAGES_MAX; i++) {
        const char *tag = controller_language(document, i);
        if (tag[0] == '\0' || !told(tag, take, cookie, &count))
            break;
    }
    return count;
}

void languages_each(const struct node *document, language_take *take, void *cookie)
{
    size_t count = controller_languages(document, take, cookie);
    if (count > 0)
        return;
    struct node notices = node_optional(document, "notices"), first = node_at(&notices, 0), text;
    struct node texts = node_optional(&first, "texts");
    void *cursor = NULL;
    const char *tag;
    while (node_is_object(&texts) && node_next(&texts, &cursor, &tag, &text)) {
        if (!told(tag, take, cookie, &count))
            return;
    }
    if (count == 0)
        take(cookie, fallback);
}

/* The one that serves best who asks for ${wanted}; of equals the first. */
struct choosing {
    const char *wanted;
    char *chosen;
    int fit;
};

static bool language_weigh(void *cookie, const char *language)
{
    struct choosing *ch = cookie;
    int fits = fit(language, ch->wanted);
    if (ch->chosen[0] == '\0' || fits > ch->fit) {
        snprintf(ch->chosen, LANGUAGE_CHOSEN_SIZE, "%s", language);
        ch->fit = fits;
    }
    return ch->fit < 2;
}

void language_choose(const struct node *document, const char *wanted, char room[LANGUAGE_CHOSEN_SIZE])
{
    struct choosing ch = {.wanted = wanted != NULL && language_is_tag(wanted) ? wanted : "", .chosen = room};
    room[0] = '\0';
    languages_each(document, language_weigh, &ch);
}
