/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/site_choices.h"

/* The cookie `akkoord`, which keeps a visitor's choice in the browser (openapi/akkoord.yaml,
 * ChoiceCookie): states, policy version, the visitor's code, and nothing else. */

enum {
    CHOICE_COOKIE_MAX = 4096, /* bytes, name and attributes too: browsers keep no more */
    CHOICE_COOKIE_DAYS = 365  /* it never stays longer */
};

/* Writes the value of Set-Cookie with what ${choice}, read from ${body}, says now, and what ${kept} (the
 * value that the request came with, of the same visitor, or "") says of other purposes. It stays no longer
 * than a Yes in it is valid or a No in it is respected. Returns false where it does not fit: then there is
 * none. */
bool choice_cookie_write(const struct policy *policy, const struct site_page *page,
                         const struct site_choice *choice, struct reader *body, const char *kept, instant now,
                         struct buf *out);
