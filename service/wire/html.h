/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes HTML into a buf: one pass, no tree, no allocation but the buf's own. Whether all of it fitted is
 * asked of the buf, once, at the end.
 *
 * (1) A text or a value is what its reader sees: nothing in it becomes markup, whoever wrote it. What HTML
 * cannot hold, a byte that is no UTF-8 or a control character, is U+FFFD in its place. (2) Names of elements
 * and attributes are ours, written in the program as a page has them. (3) Every element is ended in its turn.
 * (4) No script: neither an element of that kind, nor an attribute that runs one, nor a URL that is one.
 *
 * That names and turns are right is asserted; texts, values and URLs may be a stranger's. */

enum { HTML_DEPTH_MAX = 32 }; /* elements within each other */

struct html {
    struct buf *buf;
    const char *open[HTML_DEPTH_MAX]; /* names of the elements not ended yet, the innermost last */
    size_t depth;
    bool in_tag; /* the innermost one's start tag takes attributes still */
};

/* A writer of a page, or of a part of one, which goes behind what ${b} holds. Needs no clean-up. */
static inline struct html html_of(struct buf *b)
{
    return (struct html){.buf = b};
}

/* Whether that language (BCP 47) is written from right to left. */
bool html_is_rtl(const char *language);
/* Begins a whole page in ${language}, in its direction, and its head, which is left open. */
void html_page(struct html *h, const char *language);
/* Ends all elements that are not ended yet. */
void html_finish(struct html *h);

/* Begins an element. ${name} is a static string, lower case, and neither "script" nor "style". */
void html_open(struct html *h, const char *name);
/* Ends the innermost element; one that can hold nothing (br, meta, input, ...) gets no end tag. */
void html_close(struct html *h);
/* An element of nothing but a text. */
void html_element(struct html *h, const char *name, const char *text);

/* An attribute of the element just begun; "" for one that is true by being there, and nothing is written for
 * NULL. ${name} must be none that takes a URL, a style or a script. */
void html_attribute(struct html *h, const char *name, const char *value);
/* One that takes a URL: href, src, action or formaction. The URL is absolute, of http, https, mailto or tel,
 * or one of this site that begins with one / or with ? or #. Of any other, and where it has a blank, a
 * control character or a backslash, nothing is written: a link that leads nowhere. */
void html_url(struct html *h, const char *name, const char *url);

/* In the innermost element. */
void html_text(struct html *h, const char *text);
/* As html_text; there may be NULs in it. */
void html_bytes(struct html *h, const char *bytes, size_t len);
void html_int(struct html *h, int64_t number);
/* A style element. ${css} is ours, word for word. */
void html_style(struct html *h, const char *css);
