/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/link_request.h"
#include "ledger/site_choices.h"

/* What a form of a site's sends: an address, which has asked for e-mail and must confirm it. */
struct site_form {
    const struct site *site; /* NULL: the page is none of the policy's */
    bool is_known;           /* there is such a form */
    bool is_trapped;         /* a field was filled in that people do not see: there is no act, and no fault */
};

/* Reads the body of POST .../forms/{form} into one act, a request that waits for its confirmation. What is
 * wrong becomes faults of ${body}. ${form} is the key of the purpose; it and ${body} outlive the acts. */
void site_form_read(const struct ledger_env *env, const struct site_page *page, const char *form,
                    struct reader *body, struct acts *ret_acts, struct site_form *ret_form);

/* Likewise that of POST .../links/request: whose preference link was lost. ${ret_lost} is of no use where
 * there is a fault, or the form is trapped. */
void site_link_read(const struct ledger_env *env, const struct site_page *page, struct reader *body,
                    struct lost_link *ret_lost, struct site_form *ret_form);
