/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/mask.h"
#include "mask/mask_find.h"

/* Private to the mask: one walk over a piece of text.
 *
 * (1) bound <= done <= seen <= len. What lies before bound has no part in any address after it.
 * (2) Each byte before done is written. Nothing before done is ever changed.
 * (3) Each address that has a candidate (mask_find.h) before seen is masked.
 * (4) A candidate is judged by at most MASK_RUN_MAX bytes before it and MASK_TOKEN_MAX from it on, all of
 *     its token; so what is held back is bounded, and a text in pieces is judged as the whole is. */
enum {
    MASK_RUN_MAX = 384,
    MASK_TOKEN_MAX =
        448 /* an IPv6 address of which each character is written \\uXXXX, and its port or zone */
};

struct scan {
    const uint8_t *text;
    size_t len;
    bool last; /* the text ends at len; else more may follow */
    mask_find *find;
    struct mask_prefixes prefixes;
    size_t bound;
    size_t done;
    size_t seen;
    struct mask_zone zone;
    char *out;
};

/* Walks on from s->seen as far as can be decided: to the end when s->last. */
void scan_run(struct scan *s);
/* mask_text with a given search, for tests. */
size_t mask_text_by(mask_find *find, const char *text, size_t len, struct mask_prefixes prefixes, char *out);

/* Judges the candidate at ${at}, masks what it belongs to, and returns where to search on, above ${at}. */
size_t scan_candidate(struct scan *s, size_t at);

/* Writes the text from s->done to ${from} as it is, then ${bytes} instead of [${from}, ${to}). */
void scan_replace(struct scan *s, size_t from, size_t to, const char *bytes, size_t len);
/* Writes the text from s->done to ${to} as it is. */
void scan_write(struct scan *s, size_t to);

/* Whether a zone starts at ${at}; s->zone says what the address before it is. */
bool zone_starts(const struct scan *s, size_t at);
/* Drops the open zone from s->done on. Leaves it open when the text ends first and more may follow. */
void zone_drop(struct scan *s);

/* Classes of bytes. JOINT: beside an address it may be part of it, or of a larger word. WORD: what an
 * address, its escapes and the name it stands in are written with. TOKEN: that, and what a colour is
 * written with. SIGN: an escape may start with it. */
enum { DIGIT = 1, HEX = 2, ALNUM = 4, ZONE = 8, JOINT = 16, WORD = 32, TOKEN = 64, SIGN = 128 };
extern const uint8_t mask_class[256];

static inline bool scan_is(const struct scan *s, size_t at, unsigned classes)
{
    return at < s->len && (mask_class[s->text[at]] & classes) != 0;
}
/* The width of the dot or colon at ${at}, 1 or 3 when encoded, with '.' or ':' in ${ret_kind}; 0 when there
 * is none. */
size_t separator_at(const struct scan *s, size_t at, char *ret_kind);
