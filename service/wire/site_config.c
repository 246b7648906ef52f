/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/site_config.h"

#include "base/embedded.h"
#include "wire/policy_document_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

extern const struct embedded banner_texts_files[];

/* A document that is being told. */
struct telling {
    const struct site_config *c;
    struct node root, controller, purposes, notices, cookies, sites;
    char language[LANGUAGE_CHOSEN_SIZE];
};

static const char *text_of(const struct node *object, const char *name)
{
    struct node member = node_optional(object, name);
    return node_kind(&member) == NODE_STRING ? node_string(&member, 0, SIZE_MAX, NULL) : "";
}

/* ---- languages ---- */

void site_config_language(const struct site_config *c, char room[LANGUAGE_CHOSEN_SIZE])
{
    struct node root = reader_root(c->document);
    language_choose(&root, c->language, room);
}

static bool language_write(void *cookie, const char *language)
{
    writer_text(cookie, NULL, language);
    return true;
}

static bool is_right_to_left(const char *language)
{
    static const char *const scripts[] = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"};
    size_t primary = strcspn(language, "-");
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (strlen(scripts[i]) == primary && memcmp(scripts[i], language, primary) == 0)
            return true;
    }
    return false;
}

/* ---- texts ---- */

static void worded_write(struct writer *w, const struct telling *t, const struct node *object,
                         const char *name)
{
    struct node texts = node_optional(object, name);
    const char *text = language_text(&t->root, &texts, t->language, NULL);
    writer_text(w, name, text[0] != '\0' ? text : NULL);
}

/* The banner's own words: in this language, else in English. */
static void words_write(struct writer *w, const struct telling *t)
{
    char file[LANGUAGE_CHOSEN_SIZE + 8];
    snprintf(file, sizeof file, "%.*s.json", (int)strcspn(t->language, "-"), t->language);
    const struct embedded *words = embedded_find(banner_texts_files, file);
    if (words == NULL)
        words = embedded_find(banner_texts_files, "en.json");
    size_t len = words->len;
    while (len > 0 && words->data[len - 1] == '\n')
        len--;
    writer_raw(w, "texts", words->data, len);
}

/* The words of a site in place of them: those that are in this language. */
static void site_words_write(struct writer *w, const struct telling *t, const struct node *site)
{
    struct node texts = node_optional(site, "texts"), one;
    void *cursor = NULL;
    const char *name;
    writer_object_begin(w, "texts");
    while (node_is_object(&texts) && node_next(&texts, &cursor, &name, &one)) {
        const char *text = language_text_fitting(&one, t->language);
        if (text[0] != '\0')
            writer_text(w, name, text);
    }
    writer_object_end(w);
}

/* ---- sites ---- */

static void raw_write(struct writer *w, const struct node *object, const char *name, const char *otherwise)
{
    struct node member = node_optional(object, name);
    struct buf raw;
    buf_init(&raw, w->buf->ceiling);
    node_dump(&member, false, &raw);
    if (buf_failed(&raw))
        w->buf->failed = true;
    else if (raw.len > 0)
        writer_raw(w, name, raw.data, raw.len);
    else
        writer_raw(w, name, otherwise, strlen(otherwise));
    buf_free(&raw);
}

static void sites_write(struct writer *w, const struct telling *t)
{
    writer_array_begin(w, "sites");
    for (size_t i = 0; i < t->c->policy->site_count; i++) {
        struct node site = node_at(&t->sites, i);
        writer_object_begin(w, NULL);
        raw_write(w, &site, "origins", "[]");
        raw_write(w, &site, "cookie_domain", "null");
        raw_write(w, &site, "visitor_code", "\"random\"");
        raw_write(w, &site, "theme", "{}");
        site_words_write(w, t, &site);
        writer_object_end(w);
    }
    writer_array_end(w);
}

/* ---- purposes ---- */

/* The words of a version of a notice, in the language of ${text}. */
static const char *notice_words(const struct telling *t, const struct notice *n,
                                const struct notice_text *text)
{
    size_t count = node_elements(&t->notices, 0, POLICY_NOTICES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node notice = node_at(&t->notices, i), texts = node_optional(&notice, "texts"), one;
        if (strcmp(text_of(&notice, "id"), n->id) != 0 ||
            strcmp(text_of(&notice, "version"), n->version) != 0)
            continue;
        void *cursor = NULL;
        const char *tag;
        while (node_next(&texts, &cursor, &tag, &one)) {
            if (strcasecmp(tag, text->language) == 0)
                return node_string(&one, 0, SIZE_MAX, NULL);
        }
    }
    return "";
}

static void notice_write(struct writer *w, const struct telling *t, const struct notice *n)
{
    const struct notice_text *text = n != NULL ? notice_text_in(n, t->language) : NULL;
    if (text == NULL) {
        writer_null(w, "notice");
        return;
    }
    writer_object_begin(w, "notice");
    writer_text(w, "id", n->id);
    writer_text(w, "version", n->version);
    writer_sha256(w, "sha256", text->sha256);
    writer_text(w, "text", notice_words(t, n, text));
    writer_object_end(w);
}

/* Whether a cookie is for it. */
static bool has_cookies(const struct telling *t, const char *key)
{
    size_t count = node_is_array(&t->cookies) ? node_elements(&t->cookies, 0, POLICY_COOKIES_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node cookie = node_at(&t->cookies, i);
        if (strcmp(text_of(&cookie, "purpose"), key) == 0)
            return true;
    }
    return false;
}

static void purpose_write(struct writer *w, const struct telling *t, const struct node *n,
                          const struct purpose *p)
{
    const struct notice *notice = policy_banner_notice(t->c->policy, p, t->c->at);
    writer_object_begin(w, NULL);
    writer_text(w, "key", p->key);
    worded_write(w, t, n, "name");
    worded_write(w, t, n, "description");
    writer_bool(w, "ask", notice != NULL);
    writer_bool(w, "gpc", p->gpc);
    raw_write(w, n, "signals", "[]");
    raw_write(w, n, "validity", "null");
    raw_write(w, n, "refused_until", "null");
    raw_write(w, n, "replaces", "null");
    notice_write(w, t, notice);
    writer_object_end(w);
}

static void purposes_write(struct writer *w, const struct telling *t)
{
    const struct policy *policy = t->c->policy;
    writer_array_begin(w, "purposes");
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        struct node n = node_at(&t->purposes, i);
        if (!policy->cookies_none && (p->on_banner || has_cookies(t, p->key)))
            purpose_write(w, t, &n, p);
    }
    writer_array_end(w);
}

/* ---- cookies and forms ---- */

static void cookies_write(struct writer *w, const struct telling *t)
{
    static const char *const plain[] = {"name", "provider", "purpose", "duration", "kind", "party", "class"};
    size_t count = node_is_array(&t->cookies) ? node_elements(&t->cookies, 0, POLICY_COOKIES_MAX) : 0;
    writer_text(w, "statement",
                t->c->policy->cookies_none   ? "none"
                : node_is_array(&t->cookies) ? "listed"
                                             : "unstated");
    writer_array_begin(w, "cookies");
    for (size_t i = 0; i < count; i++) {
        struct node cookie = node_at(&t->cookies, i), class = node_optional(&cookie, "class");
        writer_object_begin(w, NULL);
        for (size_t k = 0; k < sizeof plain / sizeof *plain; k++)
            writer_text(w, plain[k], text_of(&cookie, plain[k]));
        writer_bool(w, "needs_consent", node_word(&class, cookie_class_words) >= COOKIE_CONSENT_CLASSES);
        worded_write(w, t, &cookie, "description");
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void forms_write(struct writer *w, const struct telling *t)
{
    const struct policy *policy = t->c->policy;
    writer_array_begin(w, "forms");
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        const struct notice *notice = policy_form_notice(policy, p, t->c->at);
        if (notice == NULL)
            continue;
        struct node n = node_at(&t->purposes, i);
        writer_object_begin(w, NULL);
        writer_text(w, "key", p->key);
        worded_write(w, t, &n, "name");
        notice_write(w, t, notice);
        writer_object_end(w);
    }
    writer_array_end(w);
}

/* ---- the whole ---- */

static struct telling telling_of(const struct site_config *c)
{
    struct telling t = {.c = c, .root = reader_root(c->document)};
    site_config_language(c, t.language);
    return t;
}

/* Nodes point at those they are of, which stay where they are. */
static void sections_find(struct telling *t)
{
    t->controller = node_optional(&t->root, "controller");
    t->purposes = node_optional(&t->root, "purposes");
    t->notices = node_optional(&t->root, "notices");
    t->cookies = node_optional(&t->root, "cookies");
    t->sites = node_optional(&t->root, "sites");
}

void site_config_json(const struct site_config *c, struct buf *out)
{
    struct telling t = telling_of(c);
    struct writer w = writer_of(out);
    uint8_t hash[NOTICE_HASH_SIZE];
    sections_find(&t);
    bool ask = policy_banner_hash(c->policy, t.language, c->at, hash);

    writer_object_begin(&w, NULL);
    writer_text(&w, "controller", c->policy->controller);
    worded_write(&w, &t, &t.controller, "name");
    writer_int(&w, "version", c->version);
    writer_text(&w, "language", t.language);
    writer_array_begin(&w, "languages");
    languages_each(&t.root, language_write, &w);
    writer_array_end(&w);
    writer_text(&w, "direction", is_right_to_left(t.language) ? "rtl" : "ltr");
    writer_bool(&w, "ask", ask);
    if (ask)
        writer_sha256(&w, "notice", hash);
    else
        writer_null(&w, "notice");
    sites_write(&w, &t);
    words_write(&w, &t);
    purposes_write(&w, &t);
    cookies_write(&w, &t);
    forms_write(&w, &t);
    writer_object_end(&w);
}

bool site_config_changes(const struct policy *policy, instant at)
{
    for (size_t i = 0; i < policy->notice_count; i++) {
        if (policy->notices[i].effective_from > at)
            return true;
    }
    return false;
}
