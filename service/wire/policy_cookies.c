/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_cookies.h"

#include "domain/duration.h"
#include "wire/html.h"
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"
#include "wire/policy_language.h"

#include <string.h>
#include <strings.h>

/* A document that is being told. */
struct telling {
    struct node root, controller, purposes, cookies;
    char language[LANGUAGE_CHOSEN_SIZE];
    size_t key_count;
    const char *keys[POLICY_PURPOSES_MAX]; /* of the purposes: looked through for each cookie */
};

static const char *text_of(const struct node *object, const char *name)
{
    struct node member = node_optional(object, name);
    return node_kind(&member) == NODE_STRING ? node_string(&member, 0, SIZE_MAX, NULL) : "";
}

static void telling_begin(const struct cookie_list *l, struct telling *t)
{
    t->root = reader_root(l->document);
    t->controller = node_optional(&t->root, "controller");
    t->purposes = node_optional(&t->root, "purposes");
    t->cookies = node_optional(&t->root, "cookies");
    language_choose(&t->root, l->language, t->language);
    t->key_count = node_elements(&t->purposes, 0, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < t->key_count; i++) {
        struct node purpose = node_at(&t->purposes, i);
        t->keys[i] = text_of(&purpose, "key");
    }
}

static size_t cookie_count(const struct telling *t)
{
    return node_is_array(&t->cookies) ? node_elements(&t->cookies, 0, POLICY_COOKIES_MAX) : 0;
}

/* Whom people may complain to, as one line with a NUL behind; "" where that is not stated. */
static void authority_join(struct buf *line, const struct telling *t)
{
    struct node authority = node_optional(&t->controller, "supervisory_authority");
    contact_join(line, &authority);
    buf_byte(line, '\0');
}

/* "none": there are no cookies. "listed": these. "unstated": the document says nothing of them. */
static const char *statement_of(const struct telling *t)
{
    if (value_is_word(&t->cookies, "none"))
        return "none";
    return node_is_array(&t->cookies) ? "listed" : "unstated";
}

/* Of ${cookie}. Absent where there is none of that key, which an applied document does not have. */
static struct node purpose_of(const struct telling *t, const struct node *cookie)
{
    const char *key = text_of(cookie, "purpose");
    size_t i = 0;
    while (i < t->key_count && strcmp(t->keys[i], key) != 0)
        i++;
    return node_at(&t->purposes, i);
}

static enum cookie_class class_of(const struct node *cookie)
{
    struct node class = node_optional(cookie, "class");
    int word = node_word(&class, cookie_class_words);
    return word >= 0 ? (enum cookie_class)word : COOKIE_CONSENT_CLASSES;
}

/* ---- JSON ---- */

static void worded_write(struct writer *w, const struct telling *t, const struct node *object,
                         const char *name)
{
    struct node texts = node_optional(object, name);
    const char *text = language_text(&t->root, &texts, t->language, NULL);
    writer_text(w, name, text[0] != '\0' ? text : NULL);
}

static void cookie_write(struct writer *w, const struct telling *t, const struct node *cookie)
{
    static const char *const plain[] = {"name", "provider", "duration", "kind", "party", "class"};
    struct node purpose = purpose_of(t, cookie);
    writer_object_begin(w, NULL);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        writer_text(w, plain[i], text_of(cookie, plain[i]));
    writer_bool(w, "needs_consent", class_of(cookie) >= COOKIE_CONSENT_CLASSES);
    worded_write(w, t, cookie, "description");
    writer_object_begin(w, "purpose");
    writer_text(w, "key", text_of(cookie, "purpose"));
    worded_write(w, t, &purpose, "name");
    worded_write(w, t, &purpose, "description");
    writer_object_end(w);
    writer_object_end(w);
}

static void authority_write(struct writer *w, const struct telling *t)
{
    struct buf line;
    buf_init(&line, CONTACT_MAX);
    authority_join(&line, t);
    if (buf_failed(&line))
        w->buf->failed = true;
    else
        writer_text(w, "supervisory_authority", line.len > 1 ? line.data : NULL);
    buf_free(&line);
}

void cookie_list_json(const struct cookie_list *l, struct buf *out)
{
    struct telling t;
    struct writer w = writer_of(out);
    telling_begin(l, &t);
    writer_object_begin(&w, NULL);
    writer_text(&w, "controller", text_of(&t.controller, "key"));
    worded_write(&w, &t, &t.controller, "name");
    authority_write(&w, &t);
    writer_int(&w, "policy_version", l->version);
    writer_text(&w, "language", t.language);
    writer_text(&w, "cookies", statement_of(&t));
    writer_array_begin(&w, "list");
    for (size_t i = 0; i < cookie_count(&t); i++) {
        struct node cookie = node_at(&t.cookies, i);
        cookie_write(&w, &t, &cookie);
    }
    writer_array_end(&w);
    writer_object_end(&w);
}

/* ---- HTML ---- */

/* The page's own words, in the order of cookie_kind_words and its like. What the
 * document says has its own language. */
struct page_words {
    const char *language;
    const char *title, *none, *unstated, *complaints;
    const char *columns[8];
    const char *kinds[3], *parties[2], *classes[5], *session;
    const char *units[6][2]; /* one, several */
};

static const struct page_words pages[] = {
    {"en",
     "Cookies",
     "This site places no cookies and uses nothing like them.",
     "Nothing is stated about cookies.",
     "You may complain to: ",
     {"Name", "From", "Purpose", "Kept for", "Kind", "Party", "Class", "What it does"},
     {"cookie", "local storage", "pixel"},
     {"first", "third"},
     {"strictly necessary", "anonymous statistics", "preferences (with consent)", "statistics (with consent)",
      "marketing (with consent)"},
     "the session",
     {{"year", "years"},
      {"month", "months"},
      {"day", "days"},
      {"hour", "hours"},
      {"minute", "minutes"},
      {"second", "seconds"}}},
    {"nl",
     "Cookies",
     "Deze site plaatst geen cookies en gebruikt niets wat daarop lijkt.",
     "Over cookies is niets vastgelegd.",
     "Een klacht indienen kan bij: ",
     {"Naam", "Van", "Doel", "Bewaard", "Soort", "Partij", "Klasse", "Wat het doet"},
     {"cookie", "lokale opslag", "pixel"},
     {"eigen", "derde"},
     {"strikt noodzakelijk", "anonieme statistiek", "voorkeuren (met toestemming)",
      "statistiek (met toestemming)", "marketing (met toestemming)"},
     "de sessie",
     {{"jaar", "jaar"},
      {"maand", "maanden"},
      {"dag", "dagen"},
      {"uur", "uur"},
      {"minuut", "minuten"},
      {"seconde", "seconden"}}},
};

static const struct page_words *page_in(const char *language)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (language_is_of(language, pages[i].language))
            return &pages[i];
    }
    return &pages[0];
}

/* What the cells of a page share. */
struct page {
    struct html h;
    const struct page_words *words;
    const struct telling *telling;
    size_t column; /* of the next cell */
};

/* The next cell of a row. That it is one is said: styles that lay it out anew would take that away. */
static void cell_open(struct page *p)
{
    html_open(&p->h, "td");
    html_attribute(&p->h, "role", "cell");
    html_attribute(&p->h, "data-column", p->words->columns[p->column++]);
}

/* A cell in the document's words, marked with their language where that is not the page's. */
static void cell_put(struct page *p, const char *text, const char *language)
{
    cell_open(p);
    if (language[0] != '\0' && strcasecmp(language, p->words->language) != 0)
        html_attribute(&p->h, "lang", language);
    html_text(&p->h, text);
    html_close(&p->h);
}

static void worded_put(struct page *p, const struct node *object, const char *name, const char *otherwise)
{
    struct node texts = node_optional(object, name);
    const char *language;
    const char *text = language_text(&p->telling->root, &texts, p->telling->language, &language);
    cell_put(p, text[0] != '\0' ? text : otherwise, language);
}

static void duration_put(struct page *p, const char *text)
{
    struct duration d;
    if (!duration_parse(text, strlen(text), &d)) {
        cell_put(p, strcmp(text, "session") == 0 ? p->words->session : text, "");
        return;
    }
    const int64_t parts[6] = {d.months / 12,    d.months % 12,       d.days,
                              d.seconds / 3600, d.seconds / 60 % 60, d.seconds % 60};
    const char *between = "";
    cell_open(p);
    for (size_t i = 0; i < 6; i++) {
        if (parts[i] == 0)
            continue;
        html_text(&p->h, between);
        html_int(&p->h, parts[i]);
        html_text(&p->h, " ");
        html_text(&p->h, p->words->units[i][parts[i] != 1]);
        between = " ";
    }
    html_close(&p->h);
}

/* A word of a closed list, in the page's language. */
static void word_put(struct page *p, const struct node *cookie, const char *name, const char *const words[],
                     const char *const translated[])
{
    struct node member = node_optional(cookie, name);
    int word = node_word(&member, words);
    cell_put(p, word >= 0 ? translated[word] : "", "");
}

static void row_put(struct page *p, const struct node *cookie)
{
    struct node purpose = purpose_of(p->telling, cookie);
    html_open(&p->h, "tr");
    html_attribute(&p->h, "role", "row");
    p->column = 0;
    cell_put(p, text_of(cookie, "name"), "");
    cell_put(p, text_of(cookie, "provider"), "");
    worded_put(p, &purpose, "name", text_of(cookie, "purpose"));
    duration_put(p, text_of(cookie, "duration"));
    word_put(p, cookie, "kind", cookie_kind_words, p->words->kinds);
    word_put(p, cookie, "party", cookie_party_words, p->words->parties);
    word_put(p, cookie, "class", cookie_class_words, p->words->classes);
    worded_put(p, cookie, "description", "");
    html_close(&p->h);
    html_text(&p->h, "\n");
}

static void table_put(struct page *p)
{
    html_open(&p->h, "table");
    html_attribute(&p->h, "role", "table");
    html_open(&p->h, "thead");
    html_attribute(&p->h, "role", "rowgroup");
    html_open(&p->h, "tr");
    html_attribute(&p->h, "role", "row");
    for (size_t i = 0; i < sizeof p->words->columns / sizeof *p->words->columns; i++) {
        html_open(&p->h, "th");
        html_attribute(&p->h, "scope", "col");
        html_attribute(&p->h, "role", "columnheader");
        html_text(&p->h, p->words->columns[i]);
        html_close(&p->h);
    }
    html_close(&p->h);
    html_close(&p->h);
    html_open(&p->h, "tbody");
    html_attribute(&p->h, "role", "rowgroup");
    html_text(&p->h, "\n");
    for (size_t i = 0; i < cookie_count(p->telling); i++) {
        struct node cookie = node_at(&p->telling->cookies, i);
        row_put(p, &cookie);
    }
    html_close(&p->h);
    html_close(&p->h);
}

/* The title, as the text of element ${name}. */
static void title_put(struct page *p, const char *name)
{
    const struct node *controller = &p->telling->controller;
    struct node texts = node_optional(controller, "name");
    const char *text = language_text(&p->telling->root, &texts, p->telling->language, NULL);
    html_open(&p->h, name);
    html_text(&p->h, p->words->title);
    html_text(&p->h, ": ");
    html_text(&p->h, text[0] != '\0' ? text : text_of(controller, "key"));
    html_close(&p->h);
}

/* GDPR art. 13(2)(d). */
static void authority_put(struct page *p)
{
    struct buf line;
    buf_init(&line, CONTACT_MAX);
    authority_join(&line, p->telling);
    if (buf_failed(&line)) {
        p->h.buf->failed = true;
    } else if (line.len > 1) {
        html_open(&p->h, "p");
        html_text(&p->h, p->words->complaints);
        html_text(&p->h, line.data);
        html_close(&p->h);
    }
    buf_free(&line);
}

void cookie_list_html(const struct cookie_list *l, struct buf *out)
{
    static const char css[] =
        "body{font-family:sans-serif}table{border-collapse:collapse}"
        "th,td{border:1px solid #767676;padding:.3em .6em;text-align:start;vertical-align:top;"
        "overflow-wrap:anywhere}"
        /* on a telephone each cookie is a list, and each cell says what it is of */
        "@media(max-width:60em){thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:"
        "hidden}"
        "table,tbody,tr,td{display:block}tr{border:1px solid #767676;margin-bottom:1em}td{border:0}"
        "td:empty{display:none}"
        "td::before{content:attr(data-column) \": \";font-weight:bold}}";
    struct telling t;
    telling_begin(l, &t);
    struct page p = {html_of(out), page_in(t.language), &t, 0};
    html_page(&p.h, p.words->language);
    title_put(&p, "title");
    html_style(&p.h, css);
    html_close(&p.h);
    html_open(&p.h, "body");
    html_open(&p.h, "main");
    title_put(&p, "h1");
    if (node_is_array(&t.cookies))
        table_put(&p);
    else
        html_element(&p.h, "p", value_is_word(&t.cookies, "none") ? p.words->none : p.words->unstated);
    authority_put(&p);
    html_finish(&p.h);
}
