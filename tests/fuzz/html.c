/* SPDX-License-Identifier: Apache-2.0 */
/* A text in HTML is what it was, but for what HTML cannot hold, and has nothing in it that is markup; a URL
 * that is written leads where it seems to. */
#include "wire/html.h"
#include "fuzz.h"

#include <stdio.h>
#include <strings.h>
#include <unistr.h>

#define INSTEAD "\xef\xbf\xbd" /* U+FFFD */

enum { OUT_MAX = 1 << 20 };

/* The character that an entity of html.h's stands for, and its length. */
static size_t entity_read(const char *at, char *ret_character)
{
    static const struct {
        const char *entity;
        char character;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(at, known[i].entity, strlen(known[i].entity)) == 0) {
            *ret_character = known[i].character;
            return strlen(known[i].entity);
        }
    }
    return 0;
}

/* The width of the control character at ${at}, as HTML cannot hold it; 0 where there is none. */
static size_t control_width(const char *at, size_t left)
{
    if (strchr("\t\n\r", *at) != NULL && *at != '\0')
        return 0;
    if ((unsigned char)*at < ' ' || *at == 0x7f)
        return 1;
    return left >= 2 && *at == '\xc2' && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0 ? 2 : 0;
}

/* Holds what was written, up to ${until}, to what it was written from. Returns where it ends. */
static const char *text_holds(const char *written, const char *until, const char *from, size_t len)
{
    for (size_t i = 0; i < len;) {
        char character = *written;
        size_t width = character == '&' ? entity_read(written, &character) : 1;
        REQUIRE(width > 0 && written < until);
        REQUIRE(width > 1 || strchr("<>\"'", character) == NULL);
        size_t control = control_width(from + i, len - i);
        if (control == 0 && character == from[i] && strncmp(written, INSTEAD, 3) != 0) {
            written += width;
            i++;
        } else if (len - i >= 3 && memcmp(from + i, INSTEAD, 3) == 0) {
            written += 3;
            i += 3;
        } else {
            REQUIRE(strncmp(written, INSTEAD, 3) == 0 && (control > 0 || (unsigned char)from[i] > 0x7f));
            written += 3;
            i += control > 0 ? control : 1;
        }
    }
    return written;
}

static void text_stands(struct buf *out, const char *text, size_t len)
{
    struct html h = html_of(out);
    html_open(&h, "p");
    html_bytes(&h, text, len);
    html_close(&h);
    buf_byte(out, '\0');
    REQUIRE(!buf_failed(out) && strncmp(out->data, "<p>", 3) == 0);
    REQUIRE(u8_check((const uint8_t *)out->data, out->len) == NULL);
    const char *end = out->data + out->len - 1 - strlen("</p>");
    REQUIRE(text_holds(out->data + 3, end, text, len) == end && strcmp(end, "</p>") == 0);
}

static void attribute_stands(struct buf *out, const char *value)
{
    struct html h = html_of(out);
    html_open(&h, "p");
    html_attribute(&h, "title", value);
    html_close(&h);
    buf_byte(out, '\0');
    static const char begin[] = "<p title=\"", close[] = "\"></p>";
    REQUIRE(!buf_failed(out) && strncmp(out->data, begin, strlen(begin)) == 0);
    const char *end = out->data + out->len - 1 - strlen(close);
    REQUIRE(text_holds(out->data + strlen(begin), end, value, strlen(value)) == end &&
            strcmp(end, close) == 0);
}

/* As a browser reads it: without what it drops; a scheme is what stands before the first colon, if no
 * slash and the like is before that. */
static void url_leads(const char *url)
{
    static const char *const schemes[] = {"http", "https", "mailto", "tel"};
    for (const char *c = url; *c != '\0'; c++)
        REQUIRE((unsigned char)*c > ' ' && *c != 0x7f && *c != '\\');
    size_t scheme = strcspn(url, ":/?#");
    if (url[scheme] != ':') {
        REQUIRE(scheme == 0 && strncmp(url, "//", 2) != 0 && url[0] != '\0');
        return;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i]) == scheme && strncasecmp(url, schemes[i], scheme) == 0)
            return;
    }
    abort();
}

static void url_stands(struct buf *out, const char *url)
{
    struct html h = html_of(out);
    html_open(&h, "a");
    html_url(&h, "href", url);
    html_close(&h);
    buf_byte(out, '\0');
    REQUIRE(!buf_failed(out));
    if (strcmp(out->data, "<a></a>") != 0)
        url_leads(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out;
    char *text = malloc(size + 1);
    REQUIRE(text != NULL && size < OUT_MAX / 8);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    buf_init(&out, OUT_MAX);
    text_stands(&out, text, size);
    buf_clear(&out);
    attribute_stands(&out, text);
    buf_clear(&out);
    url_stands(&out, text);
    buf_free(&out);
    free(text);
    return 0;
}
