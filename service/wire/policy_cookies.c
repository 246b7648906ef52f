/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_cookies.h"

#include "domain/duration.h"
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"
#include "wire/policy_language.h"

#include <string.h>
#include <strings.h>

/* A document that is being told. */
struct telling {
    struct node root, controller, purposes, cookies;
    const char *language;
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
    t->language = language_of(&t->root, l->language);
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
        if (strncasecmp(language, pages[i].language, 2) == 0 && (language[2] == '\0' || language[2] == '-'))
            return &pages[i];
    }
    return &pages[0];
}

static void html_text(struct buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            buf_text(out, "&amp;");
            break;
        case '<':
            buf_text(out, "&lt;");
            break;
        case '>':
            buf_text(out, "&gt;");
            break;
        case '"':
            buf_text(out, "&quot;");
            break;
        case '\'':
            buf_text(out, "&#39;");
            break;
        default:
            buf_byte(out, *c);
        }
    }
}

/* A cell in the document's words, marked with their language where that is not the page's. */
static void html_cell(struct buf *out, const struct page_words *page, const char *text, const char *language)
{
    buf_text(out, "<td");
    if (language[0] != '\0' && strcasecmp(language, page->language) != 0) {
        buf_text(out, " lang=\"");
        html_text(out, language);
        buf_byte(out, '"');
    }
    buf_byte(out, '>');
    html_text(out, text);
    buf_text(out, "</td>");
}

static void html_worded(struct buf *out, const struct page_words *page, const struct telling *t,
                        const struct node *object, const char *name, const char *otherwise)
{
    struct node texts = node_optional(object, name);
    const char *language;
    const char *text = language_text(&t->root, &texts, t->language, &language);
    html_cell(out, page, text[0] != '\0' ? text : otherwise, language);
}

static void html_duration(struct buf *out, const struct page_words *page, const char *text)
{
    struct duration d;
    if (!duration_parse(text, strlen(text), &d)) {
        html_cell(out, page, strcmp(text, "session") == 0 ? page->session : text, "");
        return;
    }
    const int64_t parts[6] = {d.months / 12,    d.months % 12,       d.days,
                              d.seconds / 3600, d.seconds / 60 % 60, d.seconds % 60};
    const char *between = "";
    buf_text(out, "<td>");
    for (size_t i = 0; i < 6; i++) {
        if (parts[i] == 0)
            continue;
        buf_printf(out, "%s%lld %s", between, (long long)parts[i], page->units[i][parts[i] != 1]);
        between = " ";
    }
    buf_text(out, "</td>");
}

/* A word of a closed list, in the page's language. */
static void html_word(struct buf *out, const struct page_words *page, const struct node *cookie,
                      const char *name, const char *const words[], const char *const translated[])
{
    struct node member = node_optional(cookie, name);
    int word = node_word(&member, words);
    html_cell(out, page, word >= 0 ? translated[word] : "", "");
}

static void html_row(struct buf *out, const struct page_words *page, const struct telling *t,
                     const struct node *cookie)
{
    struct node purpose = purpose_of(t, cookie);
    buf_text(out, "<tr>");
    html_cell(out, page, text_of(cookie, "name"), "");
    html_cell(out, page, text_of(cookie, "provider"), "");
    html_worded(out, page, t, &purpose, "name", text_of(cookie, "purpose"));
    html_duration(out, page, text_of(cookie, "duration"));
    html_word(out, page, cookie, "kind", cookie_kind_words, page->kinds);
    html_word(out, page, cookie, "party", cookie_party_words, page->parties);
    html_word(out, page, cookie, "class", cookie_class_words, page->classes);
    html_worded(out, page, t, cookie, "description", "");
    buf_text(out, "</tr>\n");
}

static void html_table(struct buf *out, const struct page_words *page, const struct telling *t)
{
    buf_text(out, "<table>\n<thead><tr>");
    for (size_t i = 0; i < sizeof page->columns / sizeof *page->columns; i++)
        buf_printf(out, "<th scope=\"col\">%s</th>", page->columns[i]);
    buf_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < cookie_count(t); i++) {
        struct node cookie = node_at(&t->cookies, i);
        html_row(out, page, t, &cookie);
    }
    buf_text(out, "</tbody>\n</table>\n");
}

static void html_title(struct buf *out, const struct page_words *page, const struct telling *t)
{
    struct node name = node_optional(&t->controller, "name");
    const char *text = language_text(&t->root, &name, t->language, NULL);
    buf_printf(out, "%s: ", page->title);
    html_text(out, text[0] != '\0' ? text : text_of(&t->controller, "key"));
}

/* GDPR art. 13(2)(d). */
static void html_authority(struct buf *out, const struct page_words *page, const struct telling *t)
{
    struct buf line;
    buf_init(&line, CONTACT_MAX);
    authority_join(&line, t);
    if (buf_failed(&line)) {
        out->failed = true;
    } else if (line.len > 1) {
        buf_printf(out, "<p>%s", page->complaints);
        html_text(out, line.data);
        buf_text(out, "</p>\n");
    }
    buf_free(&line);
}

void cookie_list_html(const struct cookie_list *l, struct buf *out)
{
    struct telling t;
    telling_begin(l, &t);
    const struct page_words *page = page_in(t.language);
    buf_printf(out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
               page->language);
    html_title(out, page, &t);
    buf_text(out,
             "</title>\n<style>body{font-family:sans-serif}table{border-collapse:collapse}"
             "th,td{border:1px solid #767676;padding:.3em .6em;text-align:left;vertical-align:top}</style>\n"
             "</head>\n<body>\n<h1>");
    html_title(out, page, &t);
    buf_text(out, "</h1>\n");
    if (node_is_array(&t.cookies))
        html_table(out, page, &t);
    else
        buf_printf(out, "<p>%s</p>\n", value_is_word(&t.cookies, "none") ? page->none : page->unstated);
    html_authority(out, page, &t);
    buf_text(out, "</body>\n</html>\n");
}
