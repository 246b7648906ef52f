/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "domain/time_zone.h"
#include "wire/page_texts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What people are told, out of a controller's policy document: names, descriptions, notices and whom to turn
 * to, each in the languages that the document has it in. Independent of the document once it is read. All of
 * it is text, whoever wrote it: never markup. */

/* A text in one language; "" where the document names none. */
struct wording {
    const char *language;
    const char *text;
};
struct wordings {
    size_t count; /* 0: the document does not say it */
    const struct wording *list;
};

struct purpose_texts {
    const char *key;
    struct wordings name, description;
};
struct notice_wordings {
    const char *id, *version;
    struct wordings texts;
};

/* What the pages themselves say in one language; NULL where the document leaves it to them. */
struct page_language {
    const char *language;
    const char *texts[PAGE_TEXTS_END];
};

/* At the head of each page. */
struct logo {
    const char *type; /* NULL: there is none */
    const uint8_t *bytes;
    size_t len;
    char hash[17]; /* hexadecimal, of the bytes: another picture has another */
};

struct policy_texts {
    struct arena arena;     /* holds all of it */
    const char *controller; /* its key */
    int32_t controller_id;  /* its number; 0: whoever read it did not say */
    size_t language_count;
    const char **languages; /* the controller's, the first first */
    const char *time_zone;  /* IANA name; "": none is known */
    struct time_zone zone;  /* what holds there: whoever read it fills it in. Zeros: that is not known */
    struct wordings name;
    /* One line each, "" where it is not stated. */
    const char *address, *contact, *officer, *authority;
    size_t purpose_count;
    struct purpose_texts *purposes; /* in the document's order, as struct policy has them */
    size_t entity_count;
    struct wordings *entities; /* their names, in the document's order likewise */
    size_t notice_count;
    struct notice_wordings *notices;
    const char *colour;     /* "#2f4a3c"; "": none */
    const char *return_url; /* where pages lead back to; "" or NULL: nowhere */
    struct logo logo;
    size_t page_language_count;
    struct page_language *page_languages;
};

/* Reads a document that was applied. NULL where memory has run out. */
struct policy_texts *policy_texts_read(const char *document, size_t len);
/* Accepts NULL. */
void policy_texts_free(struct policy_texts *texts);

/* Of ${w}, the wording in ${language}; else in a tag that begins alike ("nl" for "nl-BE"); else in the first
 * of the controller's languages that there is; else the first. Both "" where there is none. */
struct wording wording_in(const struct policy_texts *texts, const struct wordings *w, const char *language);
/* What a page says to readers of that controller: the document's words, else ours; in
 * ${language}, or one that begins alike. NULL where it is not spoken. */
const char *policy_texts_page(const struct policy_texts *texts, enum page_text text, const char *language);
/* ... and where it is not, in English. Never NULL. */
const char *policy_texts_page_or_english(const struct policy_texts *texts, enum page_text text,
                                         const char *language);
/* NULL where there is none of that key. */
const struct purpose_texts *policy_texts_purpose(const struct policy_texts *texts, const char *key);
const struct notice_wordings *policy_texts_notice(const struct policy_texts *texts, const char *id,
                                                  const char *version);
