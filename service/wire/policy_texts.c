/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_texts.h"

#include "base/hex.h"
#include "domain/time_zone.h"
#include "wire/logo.h"
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"
#include "wire/policy_language.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading ---- */

static const char *copy(struct policy_texts *t, const char *text)
{
    return arena_copy(&t->arena, text, strlen(text));
}

static const char *member_copy(struct policy_texts *t, const struct node *object, const char *name)
{
    struct node n = node_optional(object, name);
    return node_kind(&n) == NODE_STRING ? copy(t, node_string(&n, 0, SIZE_MAX, NULL)) : "";
}

static struct wordings wordings_read(struct policy_texts *t, const struct node *object, const char *name)
{
    struct wording list[POLICY_LANGUAGES_MAX];
    size_t count = 0;
    const char *language;
    void *cursor = NULL;
    struct node n = node_optional(object, name), text;
    if (node_kind(&n) == NODE_STRING)
        list[count++] = (struct wording){"", node_string(&n, 0, SIZE_MAX, NULL)};
    while (node_is_object(&n) && count < POLICY_LANGUAGES_MAX && node_next(&n, &cursor, &language, &text))
        list[count++] = (struct wording){language, node_string(&text, 0, SIZE_MAX, NULL)};

    struct wording *kept = arena_need(&t->arena, (count + 1) * sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = (struct wording){copy(t, list[i].language), copy(t, list[i].text)};
    return (struct wordings){count, kept};
}

static const char *line_read(struct policy_texts *t, const struct node *object, const char *name,
                             void (*join)(struct buf *b, const struct node *n))
{
    struct node n = node_optional(object, name);
    struct buf line;
    buf_init(&line, CONTACT_MAX);
    join(&line, &n);
    const char *kept = buf_failed(&line) || line.len == 0 ? "" : arena_copy(&t->arena, line.data, line.len);
    buf_free(&line);
    return kept;
}

/* As struct policy has it. */
static const char *zone_read(struct policy_texts *t, const struct node *controller)
{
    const char *named = member_copy(t, controller, "time_zone");
    const char *usual = time_zone_of_country(member_copy(t, controller, "country"));
    return named[0] != '\0' || usual == NULL ? named : usual;
}

static void controller_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node controller = node_optional(root, "controller"),
                languages = node_optional(&controller, "languages");
    t->controller = member_copy(t, &controller, "key");
    t->time_zone = zone_read(t, &controller);
    t->name = wordings_read(t, &controller, "name");
    t->address = line_read(t, &controller, "address", address_join);
    t->contact = line_read(t, &controller, "contact", contact_join);
    t->officer = line_read(t, &controller, "data_protection_officer", contact_join);
    t->authority = line_read(t, &controller, "supervisory_authority", contact_join);
    t->language_count = node_is_array(&languages) ? node_elements(&languages, 0, POLICY_LANGUAGES_MAX) : 0;
    t->languages = arena_need(&t->arena, (t->language_count + 1) * sizeof *t->languages);
    for (size_t i = 0; i < t->language_count; i++) {
        struct node language = node_at(&languages, i);
        t->languages[i] = copy(t, node_string(&language, 0, SIZE_MAX, NULL));
    }
}

static size_t elements(const struct node *array, size_t max)
{
    return node_is_array(array) ? node_elements(array, 0, max) : 0;
}

static void purposes_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node purposes = node_optional(root, "purposes");
    size_t count = elements(&purposes, POLICY_PURPOSES_MAX);
    t->purposes = arena_need(&t->arena, (count + 1) * sizeof *t->purposes);
    for (; t->purpose_count < count; t->purpose_count++) {
        struct node purpose = node_at(&purposes, t->purpose_count);
        t->purposes[t->purpose_count] =
            (struct purpose_texts){.key = member_copy(t, &purpose, "key"),
                                   .name = wordings_read(t, &purpose, "name"),
                                   .description = wordings_read(t, &purpose, "description")};
    }
}

static void entities_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node entities = node_optional(root, "entities");
    size_t count = elements(&entities, POLICY_ENTITIES_MAX);
    t->entities = arena_need(&t->arena, (count + 1) * sizeof *t->entities);
    for (; t->entity_count < count; t->entity_count++) {
        struct node entity = node_at(&entities, t->entity_count);
        t->entities[t->entity_count] = wordings_read(t, &entity, "name");
    }
}

static void notices_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node notices = node_optional(root, "notices");
    size_t count = elements(&notices, POLICY_NOTICES_MAX);
    t->notices = arena_need(&t->arena, (count + 1) * sizeof *t->notices);
    for (; t->notice_count < count; t->notice_count++) {
        struct node notice = node_at(&notices, t->notice_count);
        t->notices[t->notice_count] = (struct notice_wordings){.id = member_copy(t, &notice, "id"),
                                                               .version = member_copy(t, &notice, "version"),
                                                               .texts = wordings_read(t, &notice, "texts")};
    }
}

/* The first of the first website that has any. */
static void sites_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node sites = node_optional(root, "sites");
    t->return_url = "";
    for (size_t i = 0; i < elements(&sites, POLICY_SITES_MAX) && t->return_url[0] == '\0'; i++) {
        struct node site = node_at(&sites, i), urls = node_optional(&site, "return_urls");
        struct node url = node_at(&urls, 0);
        if (elements(&urls, SIZE_MAX) > 0)
            t->return_url = copy(t, node_string(&url, 0, SIZE_MAX, NULL));
    }
}

static void logo_keep(struct policy_texts *t, const struct node *pages)
{
    struct node n = node_optional(pages, "logo");
    uint8_t bytes[LOGO_BYTES_MAX + 2], hash[POLICY_DOCUMENT_HASH_SIZE];
    size_t len = 0;
    const char *text = node_present(&n) ? node_string(&n, 0, LOGO_TEXT_MAX, &len) : "";
    t->logo.type = logo_read(text, len, bytes, &t->logo.len);
    if (t->logo.type == NULL || !sha256_of(bytes, t->logo.len, hash)) {
        t->logo.type = NULL;
        return;
    }
    t->logo.bytes = (const uint8_t *)arena_copy(&t->arena, (const char *)bytes, t->logo.len);
    hex_write(hash, (sizeof t->logo.hash - 1) / 2, t->logo.hash);
    t->logo.hash[sizeof t->logo.hash - 1] = '\0';
}

static void pages_texts_read(struct policy_texts *t, const struct node *root)
{
    struct node pages = node_optional(root, "pages"), texts = node_optional(&pages, "texts"), one, text;
    void *cursor = NULL;
    const char *language, *name;
    t->colour = member_copy(t, &pages, "colour");
    logo_keep(t, &pages);
    size_t most = node_is_object(&texts) ? node_members(&texts, 0, POLICY_LANGUAGES_MAX) : 0;
    t->page_languages = arena_need(&t->arena, (most + 1) * sizeof *t->page_languages);
    while (node_is_object(&texts) && t->page_language_count < most &&
           node_next(&texts, &cursor, &language, &one)) {
        struct page_language *to = &t->page_languages[t->page_language_count++];
        void *inner = NULL;
        *to = (struct page_language){.language = copy(t, language)};
        while (node_next(&one, &inner, &name, &text)) {
            enum page_text known = page_text_find(name);
            if (known != TEXT_NONE)
                to->texts[known] = copy(t, node_string(&text, 0, PAGE_TEXT_BYTES_MAX, NULL));
        }
    }
}

struct policy_texts *policy_texts_read(const char *document, size_t len)
{
    struct reader r;
    struct policy_texts *t = NULL;
    if (reader_open(&r, document, len) == ERROR_NONE && (t = calloc(1, sizeof *t)) != NULL) {
        t->arena.vital = true;
        struct node root = reader_root(&r);
        controller_texts_read(t, &root);
        purposes_texts_read(t, &root);
        entities_texts_read(t, &root);
        notices_texts_read(t, &root);
        sites_texts_read(t, &root);
        pages_texts_read(t, &root);
    }
    reader_close(&r);
    return t;
}

void policy_texts_free(struct policy_texts *t)
{
    if (t == NULL)
        return;
    arena_free(&t->arena);
    free(t);
}

/* ---- asking ---- */

static const struct wording *wording_find(const struct wordings *w, const char *language)
{
    const struct wording *alike = NULL;
    size_t primary = strcspn(language, "-");
    for (size_t i = 0; i < w->count; i++) {
        const char *tag = w->list[i].language;
        if (strcasecmp(tag, language) == 0)
            return &w->list[i];
        if (alike == NULL && strcspn(tag, "-") == primary && strncasecmp(tag, language, primary) == 0)
            alike = &w->list[i];
    }
    return alike;
}

struct wording wording_in(const struct policy_texts *t, const struct wordings *w, const char *language)
{
    const struct wording *found = wording_find(w, language);
    for (size_t i = 0; found == NULL && i < t->language_count; i++)
        found = wording_find(w, t->languages[i]);
    if (found != NULL)
        return *found;
    return w->count > 0 ? w->list[0] : (struct wording){"", ""};
}

const char *policy_texts_page(const struct policy_texts *t, enum page_text text, const char *language)
{
    const char *found = NULL;
    size_t best = 0; /* the longest tag that fits: nl-be before nl */
    for (size_t i = 0; i < t->page_language_count; i++) {
        const struct page_language *own = &t->page_languages[i];
        if (own->texts[text] != NULL && strlen(own->language) > best &&
            language_is_of(language, own->language)) {
            found = own->texts[text];
            best = strlen(own->language);
        }
    }
    return found != NULL ? found : page_text_in(text, language);
}

const char *policy_texts_page_or_english(const struct policy_texts *t, enum page_text text,
                                         const char *language)
{
    const char *found = policy_texts_page(t, text, language);
    return found != NULL ? found : policy_texts_page(t, text, "en");
}

const struct purpose_texts *policy_texts_purpose(const struct policy_texts *t, const char *key)
{
    for (size_t i = 0; i < t->purpose_count; i++) {
        if (strcmp(t->purposes[i].key, key) == 0)
            return &t->purposes[i];
    }
    return NULL;
}

const struct notice_wordings *policy_texts_notice(const struct policy_texts *t, const char *id,
                                                  const char *version)
{
    for (size_t i = 0; i < t->notice_count; i++) {
        if (strcmp(t->notices[i].id, id) == 0 && strcmp(t->notices[i].version, version) == 0)
            return &t->notices[i];
    }
    return NULL;
}
