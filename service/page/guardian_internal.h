/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/recording.h"
#include "ledger/guardian_answer.h"
#include "wire/form.h"
#include "wire/page_texts.h"

/* What the files of the guardian's page share. Nobody else includes this. */

/* What the page goes by, for a form as for what is shown. */
struct guardian_page {
    struct recording recording; /* first; a page that is only shown goes by its attempt */
    struct guardian_link link;
    struct guardian_request_job asked;
    struct form form;
    struct guardian_answer answer;
    bool complete;       /* the form had all that an answer needs */
    bool made;           /* and acts were made of it */
    enum page_text said; /* above the page: what is missing, or that it was recorded; TEXT_NONE: nothing */
};

/* One of what is asked, as it is now. */
struct asked_purpose {
    const struct purpose *purpose;
    const struct notice *notice; /* in force now; NULL: no words */
    bool gave, refused;          /* what this guardian said last */
    instant said;
    bool waits;    /* a Yes may still be given, here */
    bool on_paper; /* ... but not here: the policy in force asks for more than a page can prove */
};
/* Returns false where the purpose has left the policy: nothing is asked of it any more. */
bool guardian_asked_at(const struct guardian_page *g, const struct policy *policy, size_t i,
                       struct asked_purpose *ret_asked);
/* A bit each, of the roles that may act for all that a Yes may still be given to. */
unsigned guardian_roles(const struct guardian_page *g, const struct policy *policy);
/* What a page says to who signs it, each text with its NUL, in the order it is read, as a SHA-256. Returns
 * false when libcrypto failed. */
bool guardian_statement(const struct guardian_page *g, const struct controller *c, const char *language,
                        uint8_t ret_hash[32]);
/* The name of a purpose's box. */
enum { GUARDIAN_BOX_MAX = 16 };
void guardian_box(const struct purpose *purpose, char ret_name[GUARDIAN_BOX_MAX]);

/* Shows the page as ${g}->asked has it, and ends the call. */
void guardian_show(struct guardian_page *g, int status);
/* Which button was pressed, into ${g}->answer. Returns false where it was none of the page's. */
bool guardian_action_read(struct guardian_page *g);
bool guardian_is_ticked(const struct guardian_page *g, const struct purpose *purpose);
/* Whether the form is shown again because something was missing in it: what was there stays. */
bool guardian_is_mended(const struct guardian_page *g);
/* The name that stays in it; "": none, and never one that was too long. */
const char *guardian_name_again(const struct guardian_page *g);
/* Of the last that this guardian said its revision, 0 before. */
int64_t guardian_said_last(const struct guardian_page *g);
/* The idempotency key of the form, once ${g}->asked is known. Returns false when memory ran out. */
bool guardian_key_make(struct guardian_page *g);
/* What the form says, into ${g}->answer and ${g}->said. Returns whether there is something to record. */
bool guardian_form_read(struct guardian_page *g, const struct ledger_env *env);
