/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/link.h"
#include "ledger/acts.h"
#include "ledger/person.h"

/* What a guardian is asked for a child: POST /v1/guardian-requests, and the link to the page on which it is
 * answered. The child's requests wait in the ledger, beside the age that was told of; the guardian is a
 * person of their own, who is tied to nobody ("Who is who" in docs/design.md). */

enum {
    GUARDIAN_ANSWER_DAYS = 30, /* so long a guardian may say yes; whoever still wants it asks again */
    GUARDIAN_LINK_DAYS = 731   /* so long the link takes it back: two years, as one that unsubscribes */
};

/* Whom a body asks, and of what. Lives in the env's arena, with the policy and the reader. */
struct guardian_request {
    struct tagged guardian;
    struct identifier to; /* where the link goes */
    size_t purpose_count;
    const struct purpose **purposes;
    const char **keys; /* likewise */
};

/* Whose the ledger must be asked for, before: tags of the child's identifiers (a browser is nobody's), and of
 * the guardian's address, and its mail box where that has another name. */
enum { GUARDIAN_REQUEST_TAGS_MAX = 2 * (IDENTIFIERS_MAX + 2) };
struct guardian_request_tags {
    size_t child, count; /* those of the child are the first */
    struct tag tags[GUARDIAN_REQUEST_TAGS_MAX];
};
/* Of a body; where something is wrong with it there are none. */
struct guardian_request_tags guardian_request_tags_of(const struct ledger_env *env, const char *body,
                                                      size_t len);
/* Reads the body into the requests that wait for a guardian: as struct recording_kind asks. Where the policy
 * has messages delivered, the first of them carries the guardian's. Refused is what a page cannot reach: a
 * strength above a signature, a signature without an officer's certificate, a second mail where none can be
 * delivered, and a guardian who reads the child's own mail, by the body or (${reads_own_mail}) by what is
 * known of the child. */
void guardian_request_read(const struct ledger_env *env, struct reader *body, bool reads_own_mail,
                           struct acts *ret_acts);
/* Whether a page can take a guardian's Yes to ${purpose} under ${policy}, when it is asked for and when it is
 * given; ${ret_why}: why not. */
enum guardian_reach {
    GUARDIAN_BY_PAGE,
    GUARDIAN_ON_PAPER, /* it asks for more than a page can prove, or that nothing here can make */
    GUARDIAN_NOT_ASKED /* a guardian decides nothing there */
};
enum guardian_reach guardian_reach(const struct policy *policy, const struct purpose *purpose,
                                   const char **ret_why);
/* Whom a body that was read without fault asks. */
struct guardian_request guardian_request_of(const struct ledger_env *env, struct reader *body);

/* ---- the link ---- */

struct guardian_link {
    int32_t controller_id;
    instant expires;
    struct confirmation which; /* the requests */
    struct tag guardian;       /* as it was when the link was made: a rotation has wrapped it since */
};

/* When the link of requests that were recorded at ${at} ends. */
static inline instant guardian_link_ends(instant at)
{
    return at + GUARDIAN_LINK_DAYS * (86400 * SECOND);
}
enum { GUARDIAN_URL_MAX = 1024 };
/* Returns -1 when libcrypto failed or there is no room. */
int guardian_link_url(const struct link_keys *keys, const char *public_url, const struct guardian_link *link,
                      char ret_url[GUARDIAN_URL_MAX]);
/* Returns -1 when it is none. Whether it has ended is for the caller to see. */
int guardian_link_open(const struct link_keys *keys, const char *token, size_t len,
                       struct guardian_link *ret_link);
