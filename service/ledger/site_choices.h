/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/acts.h"

/* What a page of a site sends: a choice of its visitor's, a code, a form. Whoever reads it is bound to the
 * policy's own site, to what its banner asks, and to a token that was made for just this. */

/* The page that asks: its Origin, as the browser sent it. */
struct site_page {
    const char *origin;
    size_t origin_len;
};

enum site_answer { SITE_ACCEPTED, SITE_REFUSED, SITE_CHOSEN, SITE_ANSWER_NONE };

enum {
    VISITOR_CODE_BYTES = 16,      /* random ones: nobody guesses a code, or meets another's */
    VISITOR_CODE_TEXT = 22,       /* characters, base64url */
    SITE_LATE_SECONDS = 31622400, /* a year: longer no choice waits in a browser */
    TC_STRING_MAX = 2000          /* characters; of those seen the longest has some 1 500 */
};

/* What was chosen, beside its acts. */
struct site_choice {
    const struct site *site;
    bool is_anonymous;                   /* the site gives no codes: there are no acts, it is counted only */
    char visitor[VISITOR_CODE_TEXT + 1]; /* "": none */
    bool words_known;
    bool words_assumed;               /* nobody said which: those in force */
    uint8_t notice[NOTICE_HASH_SIZE]; /* where they are */
    enum site_answer answer;          /* to all that is asked; NONE: a signal alone, or a copy */
    bool under_signal;
};

/* Reads the body of POST .../choices. What is wrong becomes faults of ${body}, ERROR_FOREIGN_ORIGIN and
 * ERROR_COLLECTION_TOKEN among them; then what is returned is of no use. ${ret_acts} has none where the
 * site gives no codes. */
void site_choices_read(const struct ledger_env *env, const struct site_page *page, struct reader *body,
                       struct acts *ret_acts, struct site_choice *ret_choice);

/* The site whose page it is; NULL, with a fault at the root, where the policy names none. */
const struct site *site_of_page(const struct policy *policy, const struct site_page *page,
                                const struct node *root);
/* Reads the member "token", bound to the page, the visitor's code and the notice hash ("" where there is
 * none), or, with ${or_nobodys}, to the page alone; a fault where it does not hold. */
void site_token_read(const struct ledger_env *env, const struct site_page *page, const struct node *root,
                     const char *visitor, const char *notice, bool or_nobodys);
/* The members "visitor" and "notice", each optional: ""  where it is absent, or wrong, which is a fault. */
const char *site_visitor_read(const struct node *root);
const char *site_notice_read(const struct node *root);
/* Whom a code stands for. */
void site_person(const char *visitor, const struct controller *controller, struct person *ret_person);
