/* SPDX-License-Identifier: Apache-2.0 */
#include "page/frame.h"

#include "domain/calendar.h"
#include "domain/moment.h"
#include "domain/time_zone.h"
#include "http/media.h"
#include "http/server.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char html_type[] = "text/html; charset=utf-8";

/* ---- where we are ---- */

/* Behind the host of the public URL: "" or "/consent". */
static const char *base_path(const char *public_url)
{
    const char *host = strstr(public_url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    return path != NULL ? path : "";
}

/* "https://consent.example", as browsers write an origin: without the scheme's own port. */
static bool is_public_origin(const struct call *call, h2o_iovec_t origin)
{
    const char *url = call->worker->options->public_url;
    size_t len = strlen(url) - strlen(base_path(url));
    return origin.len == len && strncasecmp(origin.base, url, len) == 0;
}

bool page_is_origin_ours(struct call *call)
{
    h2o_iovec_t site = call_header(call, "sec-fetch-site"), origin = call_header(call, "origin");
    if (site.base != NULL && h2o_memis(site.base, site.len, H2O_STRLIT("cross-site")))
        return false;
    /* From a page that tells nobody where its reader came from, a browser says null of our own origin too
     * (Fetch, 3.1). Who is no reader of this page lacks the token. */
    if (origin.base == NULL || h2o_memis(origin.base, origin.len, H2O_STRLIT("null")))
        return true;
    return is_public_origin(call, origin);
}

bool page_is_demo(struct call *call)
{
    bool demo = call->worker->options->demo;
    if (!demo)
        page_not_found(call);
    return demo;
}

/* ---- languages ---- */

/* Whether the pages speak it, to readers of this controller. */
static bool is_spoken(const struct policy_texts *texts, const char *language)
{
    if (policy_texts_page(texts, TEXT_CONTACT, language) == NULL)
        return false;
    if (texts->language_count == 0)
        return true;
    size_t primary = strcspn(language, "-");
    for (size_t i = 0; i < texts->language_count; i++) {
        if (strncasecmp(texts->languages[i], language, primary) == 0)
            return true;
    }
    return false;
}

/* Of a header Accept-Language (RFC 9110, 12.5.4) the one of most weight that is spoken; of equals the
 * first. */
static const char *language_accepted(struct call *call, const struct policy_texts *texts)
{
    enum { RANGES_MAX = 32, TAG_MAX = 15 };
    h2o_iovec_t accept = call_header(call, "accept-language");
    const char *at = accept.base, *end = at != NULL ? at + accept.len : NULL, *best = NULL;
    int most = 0; /* what weighs nothing is not wanted */
    for (size_t i = 0; i < RANGES_MAX && at < end; i++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t len = (size_t)((comma != NULL ? comma : end) - at), tag = 0;
        while (tag < len && (*at == ' ' || *at == '\t'))
            at++, len--;
        while (tag < len && at[tag] != ';' && at[tag] != ' ')
            tag++;
        const char *language = call_copy(call, at, tag <= TAG_MAX ? tag : 0);
        int weight = coding_weight(accept, language); /* named and weighed as codings are */
        if (weight > most && is_spoken(texts, language)) {
            best = language;
            most = weight;
        }
        at = comma != NULL ? comma + 1 : end;
    }
    return best;
}

const char *page_language(struct call *call, const struct policy_texts *texts, const char *wanted)
{
    if (wanted != NULL && is_spoken(texts, wanted))
        return wanted;
    const char *accepted = language_accepted(call, texts);
    if (accepted != NULL)
        return accepted;
    for (size_t i = 0; i < texts->language_count; i++) {
        if (is_spoken(texts, texts->languages[i]))
            return texts->languages[i];
    }
    return "en";
}

/* ---- texts ---- */

const char *page_text(const struct page *p, enum page_text text)
{
    return policy_texts_page_or_english(p->texts, text, p->language);
}

void page_words(struct page *p, enum page_text text, const char *value)
{
    const char *words = page_text(p, text), *slot = strstr(words, "{}");
    if (slot == NULL) {
        html_text(&p->html, words);
        return;
    }
    html_bytes(&p->html, words, (size_t)(slot - words));
    html_text(&p->html, value != NULL ? value : "");
    html_text(&p->html, slot + 2);
}

void page_say(struct page *p, const char *element, enum page_text text, const char *value)
{
    html_open(&p->html, element);
    page_words(p, text, value);
    html_close(&p->html);
}

void page_wording(struct page *p, const char *element, const struct wordings *wordings)
{
    page_wording_in(p, element, wordings, NULL);
}

void page_wording_in(struct page *p, const char *element, const struct wordings *wordings,
                     const char *language_or_null)
{
    struct wording w =
        wording_in(p->texts, wordings, language_or_null != NULL ? language_or_null : p->language);
    if (w.text[0] == '\0')
        return;
    html_open(&p->html, element);
    if (w.language[0] != '\0' && strcasecmp(w.language, p->language) != 0) {
        html_attribute(&p->html, "lang", w.language);
        html_attribute(&p->html, "dir", "auto");
    }
    html_text(&p->html, w.text);
    html_close(&p->html);
}

void page_purpose(struct page *p, const char *element, const struct purpose_texts *purpose)
{
    if (purpose->name.count > 0)
        page_wording(p, element, &purpose->name);
    else
        html_element(&p->html, element, purpose->key);
}

void page_small(struct page *p, enum page_text text, const char *value)
{
    html_open(&p->html, "p");
    html_attribute(&p->html, "class", "small");
    page_words(p, text, value);
    html_close(&p->html);
}

const char *page_controller(const struct page *p)
{
    const char *name = wording_in(p->texts, &p->texts->name, p->language).text;
    return name[0] != '\0' ? name : p->texts->controller;
}

void page_day(const struct page *p, instant at, char text[PAGE_DAY_MAX])
{
    static const char *const months[2][12] = {{"January", "February", "March", "April", "May", "June", "July",
                                               "August", "September", "October", "November", "December"},
                                              {"januari", "februari", "maart", "april", "mei", "juni", "juli",
                                               "augustus", "september", "oktober", "november", "december"}};
    const struct time_zone *zone = &p->texts->zone;
    const instant day = 86400 * SECOND;
    int32_t ahead = 0;
    bool is_known = zone->offsets != NULL && time_zone_offset(zone, at, &ahead);
    const char *where = is_known ? "" : " (UTC)";
    instant there = at + ahead * SECOND;
    struct calendar_date d = calendar_date_of(there / day - (there % day < 0));
    bool dutch = strncasecmp(p->language, "nl", 2) == 0, english = strncasecmp(p->language, "en", 2) == 0;
    if (dutch || english)
        snprintf(text, PAGE_DAY_MAX, "%d %s %d%s", (int)d.day, months[dutch][d.month - 1], (int)d.year,
                 where);
    else
        snprintf(text, PAGE_DAY_MAX, "%04d-%02d-%02d%s", (int)d.year, (int)d.month, (int)d.day, where);
}

/* ---- a page ---- */

static void sheet_write(struct html *h, const char *public_url, const char *name)
{
    char url[PAGE_URL_MAX];
    html_open(h, "link");
    html_attribute(h, "rel", "stylesheet");
    snprintf(url, sizeof url, "%s/%s.css", base_path(public_url), name);
    html_url(h, "href", url);
    html_close(h);
}

/* ${colour}: of the controller, "#2f4a3c"; "" or NULL: ours. */
static void head_write(struct html *h, const char *public_url, const char *title, const char *colour)
{
    char name[sizeof "page-rrggbb"];
    html_element(h, "title", title);
    html_open(h, "meta");
    html_attribute(h, "name", "robots");
    html_attribute(h, "content", "noindex");
    html_close(h);
    sheet_write(h, public_url, "page");
    if (colour != NULL && colour[0] != '\0') {
        snprintf(name, sizeof name, "page-%.6s", colour + 1);
        sheet_write(h, public_url, name);
    }
    html_close(h); /* the head */
    html_text(h, "\n");
    html_open(h, "body");
}

/* The name stands behind it: who does not see it misses nothing. */
static void logo_write(struct page *p)
{
    const struct logo *logo = &p->texts->logo;
    char url[PAGE_URL_MAX];
    if (logo->type == NULL)
        return;
    snprintf(url, sizeof url, "%s/logo/%d/%s", base_path(p->call->worker->options->public_url),
             (int)p->texts->controller_id, logo->hash);
    html_open(&p->html, "img");
    html_url(&p->html, "src", url);
    html_attribute(&p->html, "alt", "");
    html_close(&p->html);
}

void page_begin(struct page *p, struct call *call, const struct policy_texts *texts, const char *language,
                enum page_text title)
{
    *p = (struct page){.call = call, .texts = texts, .language = language};
    buf_init(&p->buf, PAGE_BYTES_MAX);
    p->html = html_of(&p->buf);
    html_page(&p->html, language);
    head_write(&p->html, call->worker->options->public_url, page_text(p, title), texts->colour);
    html_open(&p->html, "div");
    html_attribute(&p->html, "class", "sheet");
    html_open(&p->html, "header");
    logo_write(p);
    html_element(&p->html, "p", page_controller(p));
    html_close(&p->html);
    html_text(&p->html, "\n");
    html_open(&p->html, "main");
    page_say(p, "h1", title, NULL);
    html_text(&p->html, "\n");
}

/* Where the reader came from, as far as the policy says: no request does. A page of nobody has none. */
static void back_write(struct page *p)
{
    const char *url = p->texts->return_url, *host = url != NULL ? strstr(url, "://") : NULL;
    char name[PAGE_URL_MAX];
    if (host == NULL)
        return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(host + 3, ":/"), host + 3);
    html_open(&p->html, "p");
    html_open(&p->html, "a");
    html_url(&p->html, "href", url);
    page_words(p, TEXT_BACK, name);
    html_close(&p->html);
    html_close(&p->html);
}

/* Who wrote this, and whom to ask. */
static void footer_write(struct page *p)
{
    html_open(&p->html, "footer");
    html_open(&p->html, "p");
    html_text(&p->html, page_controller(p));
    if (p->texts->address[0] != '\0') {
        html_text(&p->html, ", ");
        html_text(&p->html, p->texts->address);
    }
    html_close(&p->html);
    if (p->texts->contact[0] != '\0')
        page_say(p, "p", TEXT_CONTACT, p->texts->contact);
    html_close(&p->html);
}

static void headers_set(h2o_req_t *req)
{
    static const struct {
        const char *name, *value;
    } headers[] = {
        {"content-security-policy",
         "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
         "base-uri 'none'; frame-ancestors 'none'"},
        {"x-content-type-options", "nosniff"},
        {"referrer-policy", "no-referrer"},
        {"cache-control", "no-store"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        h2o_add_header_by_str(&req->pool, &req->res.headers, headers[i].name, strlen(headers[i].name), 1,
                              NULL, headers[i].value, strlen(headers[i].value));
}

void page_answer(struct page *p, int status)
{
    struct call *call = p->call;
    back_write(p);
    html_close(&p->html); /* main */
    html_text(&p->html, "\n");
    footer_write(p);
    html_finish(&p->html);
    struct buf own = p->buf; /* where p lives goes with the call */
    if (buf_failed(&own)) {
        buf_free(&own);
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (call->req != NULL)
        headers_set(call->req);
    call_answer_buf(call, status, html_type, &own);
    buf_free(&own);
}

void page_answer_text(struct call *call, int status, const char *text)
{
    if (call->req != NULL)
        headers_set(call->req);
    call_answer(call, status, "text/plain; charset=utf-8", text, strlen(text));
}

void page_form(struct page *p)
{
    html_open(&p->html, "form");
    html_attribute(&p->html, "method", "post");
}

void page_button(struct page *p, enum page_text text, const char *name, const char *value, const char *kind)
{
    html_open(&p->html, "button");
    html_attribute(&p->html, "class", kind);
    html_attribute(&p->html, "name", name);
    html_attribute(&p->html, "value", value);
    page_words(p, text, NULL);
    html_close(&p->html);
}

void page_hidden(struct page *p, const char *name, const char *value)
{
    html_open(&p->html, "input");
    html_attribute(&p->html, "type", "hidden");
    html_attribute(&p->html, "name", name);
    html_attribute(&p->html, "value", value);
    html_close(&p->html);
}

/* ---- pages that speak for nobody ---- */

/* In both languages: whom it is for is not known, and its bytes must not tell. */
struct plain {
    enum error error;
    const char *english, *dutch;
};

static const struct plain plain_of_error[] = {
    {ERROR_NOT_FOUND, "There is nothing here. Was the link cut off? Copy it whole, out of the message.",
     "Hier is niets. Is de link afgebroken? Kopieer hem in zijn geheel uit het bericht."},
    {ERROR_BAD_REQUEST, "What arrived was not what this page sends. Nothing was changed.",
     "Wat binnenkwam is niet wat deze pagina verstuurt. Er is niets gewijzigd."},
    {ERROR_TOO_MANY_REQUESTS, "Too many at a time. Nothing was changed. Try again in a minute.",
     "Te veel tegelijk. Er is niets gewijzigd. Probeer het over een minuut opnieuw."},
    {ERROR_OUTCOME_UNKNOWN, "We do not know whether that was recorded. Please press the button again.",
     "Het is niet zeker of dit is vastgelegd. Druk nog een keer op de knop."},
    {ERROR_NONE, "Something went wrong here. Nothing was changed. Please try again later.",
     "Er ging hier iets mis. Er is niets gewijzigd. Probeer het later opnieuw."},
};

static const struct plain *plain_of(enum error e)
{
    const struct plain *plain = plain_of_error;
    int status = error_status(e);
    if (e != ERROR_OUTCOME_UNKNOWN && e != ERROR_NOT_FOUND && e != ERROR_TOO_MANY_REQUESTS && status >= 400 &&
        status < 500)
        e = ERROR_BAD_REQUEST;
    while (plain->error != e && plain->error != ERROR_NONE)
        plain++;
    return plain;
}

void page_problem(struct worker *worker, h2o_req_t *req, enum error e)
{
    const struct plain *plain = plain_of(e);
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    struct html h = html_of(&out);
    html_page(&h, "nl");
    head_write(&h, worker->options->public_url, "Akkoord", NULL);
    html_open(&h, "div");
    html_attribute(&h, "class", "sheet");
    html_open(&h, "main");
    html_element(&h, "h1", plain->dutch);
    html_open(&h, "p");
    html_attribute(&h, "lang", "en");
    html_text(&h, plain->english);
    html_finish(&h);
    headers_set(req);
    answer_write(req, error_status(e), html_type, buf_failed(&out) ? "" : out.data, out.len);
    buf_free(&out);
}

void page_not_found(struct call *call)
{
    call_problem(call, ERROR_NOT_FOUND, NULL, NULL);
}
