/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/acts.h"
#include "ledger/guardian_request.h"
#include "store/guardian_request.h"
#include "store/requests.h"

/* What a guardian says on the page that a request led to, as acts: written consent, with the statement as it
 * was shown (its hash) and the name typed beneath it, sealed to the controller's officer. */

/* What the guardian does. */
enum guardian_action { GUARDIAN_GIVES, GUARDIAN_REFUSES, GUARDIAN_WITHDRAWS };

struct guardian_answer {
    enum guardian_action action;
    enum role role;   /* one of a guardian */
    const char *name; /* typed as a signature; of GUARDIAN_GIVES */
    size_t purpose_count;
    const struct purpose *const *purposes; /* of what was asked, in its order */
    const struct notice *const *notices;   /* likewise: the words that the page showed; NULL: none */
    const char *language;                  /* in which */
    uint8_t statement[32];                 /* SHA-256 of all that was shown */
    const char *address;                   /* from where, whole: it is masked here; NULL: not known */
    const char *user_agent;                /* NULL: not known */
};

/* How sure a page makes of a guardian, for a purpose: what its rule asks, of what the page can reach. */
enum strength guardian_strength(const struct purpose *purpose);

/* The acts of ${answer} on the child that ${asked} names. Returns false where nothing could be sealed to the
 * officer, or memory ran out. */
bool guardian_answer_acts(const struct ledger_env *env, const struct guardian_link *link,
                          const struct guardian_request_job *asked, const struct guardian_answer *answer,
                          struct reader *body, struct acts *ret_acts);

/* The acts of the guardian who confirmed ${requests}, and takes back those for which ${stands} says so, on
 * the child whom they name. */
void guardian_withdrawal_acts(const struct ledger_env *env, const struct requests_job *requests,
                              const bool *stands, const struct person *child, const char *evidence,
                              struct reader *body, struct acts *ret_acts);
