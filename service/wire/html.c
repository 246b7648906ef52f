/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/html.h"

#include <assert.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool is_one_of(const char *word, const char *const words[])
{
    for (; *words != NULL; words++) {
        if (word[0] == (*words)[0] && strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

/* ---- names: ours ---- */

static bool is_name(const char *name)
{
    return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* Elements without content (HTML, 13.1.2). */
static bool is_void(const char *name)
{
    static const char *const names[] = {"area",  "base", "br",   "col",    "embed", "hr",  "img",
                                        "input", "link", "meta", "source", "track", "wbr", NULL};
    return is_one_of(name, names);
}

/* Elements whose text is read by other rules than those of html_text, or is a page of its own. */
static bool is_foreign(const char *name)
{
    static const char *const names[] = {"script",   "style",     "iframe",   "object",   "embed",
                                        "noscript", "base",      "template", "svg",      "math",
                                        "xmp",      "plaintext", "noembed",  "noframes", NULL};
    return is_one_of(name, names);
}

static const char *const url_names[] = {"href", "src", "action", "formaction", NULL};

/* Attributes that html_attribute does not write: URLs in some form, styles, scripts. */
static bool is_guarded(const char *name)
{
    static const char *const names[] = {"style",      "srcdoc", "srcset",  "ping",       "poster", "data",
                                        "background", "cite",   "profile", "http-equiv", "is",     NULL};
    return strncmp(name, "on", 2) == 0 || is_one_of(name, url_names) || is_one_of(name, names);
}

/* ---- texts: anybody's ---- */

/* What is written for a character; NULL: itself. */
static const char *entity_of(ucs4_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
    case '\r':
        return NULL;
    default:
        return c < 0x20 || (c >= 0x7f && c < 0xa0) ? REPLACEMENT : NULL;
    }
}

/* ASCII that stands for itself: nearly all of a page, which a call of libunistring a byte made slow. */
static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '&' && byte != '<' && byte != '>' && byte != '"' &&
           byte != '\'';
}

static void escape(struct buf *out, const char *bytes, size_t len)
{
    const uint8_t *at = (const uint8_t *)bytes, *end = at + len, *plain = at;
    while (at < end) {
        ucs4_t c;
        if (is_plain(*at)) {
            at++;
            continue;
        }
        int taken = u8_mbtoucr(&c, at, (size_t)(end - at));
        const char *instead = taken > 0 ? entity_of(c) : REPLACEMENT;
        if (instead != NULL) {
            buf_append(out, plain, (size_t)(at - plain));
            buf_text(out, instead);
        }
        at += taken > 0 ? taken : 1;
        if (instead != NULL)
            plain = at;
    }
    buf_append(out, plain, (size_t)(at - plain));
}

/* ---- elements ---- */

/* Whatever is written next stands behind the start tag. */
static void tag_end(struct html *h)
{
    if (h->in_tag)
        buf_byte(h->buf, '>');
    h->in_tag = false;
}

static void content_begin(struct html *h)
{
    tag_end(h);
    assert(h->depth == 0 || !is_void(h->open[h->depth - 1]));
}

void html_open(struct html *h, const char *name)
{
    assert(is_name(name) && !is_foreign(name));
    assert(h->depth < HTML_DEPTH_MAX);
    content_begin(h);
    buf_byte(h->buf, '<');
    buf_text(h->buf, name);
    h->open[h->depth++] = name;
    h->in_tag = true;
}

void html_close(struct html *h)
{
    assert(h->depth > 0);
    tag_end(h);
    const char *name = h->open[--h->depth];
    if (is_void(name))
        return;
    buf_text(h->buf, "</");
    buf_text(h->buf, name);
    buf_byte(h->buf, '>');
}

void html_element(struct html *h, const char *name, const char *text)
{
    html_open(h, name);
    html_text(h, text);
    html_close(h);
}

bool html_is_rtl(const char *language)
{
    static const char *const languages[] = {"ar", "arc", "ckb", "dv", "fa", "he", "iw",
                                            "ps", "sd",  "syr", "ug", "ur", "yi", NULL};
    char primary[4] = "";
    size_t len = strcspn(language, "-");
    for (size_t i = 0; i < len && len < sizeof primary; i++)
        primary[i] = (char)(language[i] | 32);
    return is_one_of(primary, languages);
}

void html_page(struct html *h, const char *language)
{
    assert(h->depth == 0);
    buf_text(h->buf, "<!DOCTYPE html>\n");
    html_open(h, "html");
    html_attribute(h, "lang", language);
    html_attribute(h, "dir", html_is_rtl(language) ? "rtl" : NULL);
    html_text(h, "\n");
    html_open(h, "head");
    html_open(h, "meta");
    html_attribute(h, "charset", "utf-8");
    html_close(h);
    html_open(h, "meta");
    html_attribute(h, "name", "viewport");
    html_attribute(h, "content", "width=device-width");
    html_close(h);
    html_text(h, "\n");
}

void html_finish(struct html *h)
{
    while (h->depth > 0)
        html_close(h);
    buf_byte(h->buf, '\n');
}

/* ---- attributes ---- */

static void attribute_write(struct html *h, const char *name, const char *value)
{
    assert(h->in_tag);
    buf_byte(h->buf, ' ');
    buf_text(h->buf, name);
    buf_text(h->buf, "=\"");
    escape(h->buf, value, strlen(value));
    buf_byte(h->buf, '"');
}

void html_attribute(struct html *h, const char *name, const char *value)
{
    assert(is_name(name) && !is_guarded(name));
    if (value != NULL)
        attribute_write(h, name, value);
}

/* Browsers drop blanks and control characters out of a URL, and read a backslash as a slash: what is
 * left is not what was looked at here. */
static bool url_is_plain(const char *url)
{
    for (const char *c = url; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '\\')
            return false;
    }
    return u8_check((const uint8_t *)url, strlen(url)) == NULL;
}

static bool url_is_good(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:"};
    if (!url_is_plain(url))
        return false;
    if (url[0] == '/')
        return url[1] != '/';
    if (url[0] == '?' || url[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    return false;
}

void html_url(struct html *h, const char *name, const char *url)
{
    assert(is_one_of(name, url_names));
    if (url_is_good(url))
        attribute_write(h, name, url);
}

/* ---- content ---- */

void html_bytes(struct html *h, const char *bytes, size_t len)
{
    content_begin(h);
    escape(h->buf, bytes, len);
}

void html_text(struct html *h, const char *text)
{
    html_bytes(h, text, strlen(text));
}

void html_int(struct html *h, int64_t number)
{
    content_begin(h);
    buf_printf(h->buf, "%lld", (long long)number);
}

void html_style(struct html *h, const char *css)
{
    assert(strchr(css, '<') == NULL); /* a style ends at </style, and only there */
    content_begin(h);
    buf_text(h->buf, "<style>");
    buf_text(h->buf, css);
    buf_text(h->buf, "</style>");
}
