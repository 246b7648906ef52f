/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "page/link.h"

/* What a page with choices showed of each purpose, as its form tells it again: a page may be open for days,
 * and what is marked on it is sent along whether anybody touched it or not.
 *
 * (1) A choice that is the one that was marked is none. (2) A Yes is to what was shown: where anything that
 * counts for the purpose was recorded since, it is asked again. (3) A No that was pressed counts whenever the
 * page is from. Who changes these fields can say what a button says, and no more. */

enum choice { CHOICE_NONE, CHOICE_YES, CHOICE_NO };

/* What the form chooses of the purpose of that key. */
enum choice choice_sent(const struct form *form, const char *key);

/* Writes what is shown of a purpose, by its place in the policy: what is marked, and what stands. */
void shown_write(const struct link_page *p, struct page *page, size_t place, enum choice marked);

struct shown {
    bool is_told;    /* the form says what was shown; where it does not, nothing below holds */
    bool is_current; /* nothing was recorded since that counts for the purpose */
    enum choice marked;
};
struct shown shown_read(const struct link_page *p, size_t place);
/* What was marked of the purpose of that key, which the policy may not have any more. */
enum choice shown_marked(const struct form *form, const char *key);
