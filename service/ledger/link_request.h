/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/confirmation.h"
#include "ledger/env.h"
#include "ledger/links.h"
#include "ledger/person.h"
#include "wire/reader.h"

/* What POST /v1/links is asked for, an object each link. */

enum {
    UNSUBSCRIBE_DAYS = 2 * 366 + 30, /* a mail that is found again after two years still stops */
    PREFERENCES_HOURS = 24           /* it opens all purposes: as long as a mail waits to be read */
};

/* One link to be. */
struct link_request {
    enum link_use use;
    instant expires;
    struct link link; /* to be sealed */
    bool is_kept;     /* it names a row: it may be handed out once that is kept */
    struct kept_link kept;
};

/* Reads it. What is wrong becomes faults of the reader; ${ret_request} is of no use then. */
void link_request_read(const struct ledger_env *env, const struct node *object,
                       struct link_request *ret_request);
/* Of its page: "/u/" and so on. */
const char *link_path(enum link_use use);

/* Whose preference link was lost: POST /v1/links/request. */
struct lost_link {
    struct link link;     /* to be sealed as LINK_PREFERENCES */
    struct tag tag;       /* of the address */
    struct identifier to; /* the address itself: where the link goes */
    char language[16];    /* "": none was told */
};
/* That of an address, in ${language} ("": none was told). */
void lost_link_make(const struct ledger_env *env, const struct identifier *to, const char *language,
                    struct lost_link *ret_lost);
/* As link_request_read, of one e-mail address or telephone number. */
void lost_link_read(const struct ledger_env *env, const struct node *object, struct lost_link *ret_lost);
