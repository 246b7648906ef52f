/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "wire/html.h"
#include "wire/page_texts.h"
#include "wire/policy_texts.h"

/* What all pages have in common: a letter from the controller, with its name above and whom to ask below.
 * Plain HTML that needs no script, one style sheet of our own, nothing of anybody else's, no cookie.
 *
 * (1) GET and HEAD change nothing: a page acts by a form with a button, and no page presses its own.
 * (2) Texts of the policy are text. (3) No page is kept by anybody, tells where its reader came from, or is
 * shown within another (headers of page_answer). */
struct page {
    struct call *call;
    struct buf buf;
    struct html html;
    const struct policy_texts *texts; /* of the controller */
    const char *language;             /* that it speaks */
};

enum {
    PAGE_BYTES_MAX = 1024 * 1024, /* 500 purposes, each with its words */
    PAGE_URL_MAX = 1024
};

/* The language for a reader: ${wanted} (of a link; NULL: none), what the browser asks for, the controller's
 * first; of these the first in which there are texts, else English. Lives as long as the call and ${texts}.
 */
const char *page_language(struct call *call, const struct policy_texts *texts, const char *wanted);
/* Begins a page, titled ${title}, up to where its content goes. */
void page_begin(struct page *p, struct call *call, const struct policy_texts *texts, const char *language,
                enum page_text title);
/* Ends it, and the call. Frees what ${p} holds. */
void page_answer(struct page *p, int status);

/* A text of the pages, in the page's language. Never NULL. */
const char *page_text(const struct page *p, enum page_text text);
/* An element of nothing but a text, in which ${value} (NULL: none) stands for "{}". */
void page_say(struct page *p, const char *element, enum page_text text, const char *value);
/* The text alone, in the innermost element. */
void page_words(struct page *p, enum page_text text, const char *value);
/* An element of nothing but a wording of the policy's, with its language where that is another. Nothing
 * where there is none. */
void page_wording(struct page *p, const char *element, const struct wordings *wordings);
/* ... in another language than the page's, where that is given. */
void page_wording_in(struct page *p, const char *element, const struct wordings *wordings,
                     const char *language_or_null);
/* An element with a purpose's name; its key where it has none. */
void page_purpose(struct page *p, const char *element, const struct purpose_texts *purpose);
/* A paragraph in small letters. */
void page_small(struct page *p, enum page_text text, const char *value);
/* Whether this is a demonstration; else the call ends: its pages are not there. */
bool page_is_demo(struct call *call);
/* The controller's name. */
const char *page_controller(const struct page *p);
/* A form that is posted to the address of the page itself. Is ended with html_close. */
void page_form(struct page *p);
/* A button that posts its form with ${name}=${value}. ${kind}: a class of the style sheet, or NULL. */
void page_button(struct page *p, enum page_text text, const char *name, const char *value, const char *kind);
/* A field of its form that nobody sees. */
void page_hidden(struct page *p, const char *name, const char *value);
/* The day of ${at} in the controller's time zone, as people write it there: "21 November 2026"; where the
 * machine does not know that zone, in UTC, and that it is: "21 November 2026 (UTC)". */
enum { PAGE_DAY_MAX = 64 };
void page_day(const struct page *p, instant at, char text[PAGE_DAY_MAX]);

/* Answers a program that shows its answer to nobody. Ends the call. */
void page_answer_text(struct call *call, int status, const char *text);

/* ---- pages that speak for nobody: the same bytes whatever was asked, in both languages ---- */

/* 404: no such link. */
void page_not_found(struct call *call);
/* Of any error. For struct route. */
void page_problem(struct worker *worker, h2o_req_t *req, enum error e);

/* ---- what a page's form may send ---- */

/* Whether a POST comes from a page of ours, as far as its browser says where it comes from. A mail program
 * and an old browser say nothing. */
bool page_is_origin_ours(struct call *call);
