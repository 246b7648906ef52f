/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/recording.h"
#include "ledger/links.h"
#include "ledger/probes.h"
#include "page/frame.h"
#include "store/check.h"
#include "store/person_own.h"
#include "store/requests.h"
#include "store/yeses_reached.h"
#include "wire/form.h"

/* A page behind a sealed link: who it is for is opened, its controller's policy and texts are loaded, and
 * what stands is read, before anything is shown or done. (1) A link that does not open is 404, the same
 * bytes always; of one that opens, the page says more. (2) Its acts are the person's own, by what the link
 * names, whatever else the form says. (3) What the form means, and what stood when it was sent, is the
 * idempotency key: a form posted twice is recorded once, however it was sent, and one that is posted again
 * after something changed, here or where a No of theirs reaches, is recorded. */

/* Purposes of a policy whose states are asked together. */
enum { PAGE_SETS_MAX = 64 };

struct link_page {
    struct recording recording; /* of a POST; its attempt is a GET's too */
    enum link_use use;
    struct link link;
    const char *how;  /* a POST was sent: "button", "one_click" */
    struct form form; /* of a POST */

    /* of an unsubscribe and a preference link */
    struct person_link *who;
    bool is_kept; /* a row says it: read before anything else */
    uint8_t kept_id[KEPT_LINK_ID_SIZE];
    struct kept_link_job kept;
    struct person_own_job own;
    struct person person;
    struct check_job check;           /* what stands */
    struct yeses_reached_job reached; /* what a No would stop besides; not asked where there is surely some */
    size_t set_count;
    struct purpose_set *sets;
    struct probe *probes;
    uint8_t set_of[POLICY_PURPOSES_MAX]; /* of each purpose of the policy */

    /* of a preference page's form */
    bool is_changed[POLICY_PURPOSES_MAX]; /* of each: what was shown does not stand any more: asked again */

    /* of a confirmation's */
    struct requests_job requests;
    instant confirmed_at; /* once that is known */

    const char *language;
    bool is_post;
    bool is_recorded;                  /* nothing may be begun again */
    void (*show)(struct link_page *p); /* of a GET: ends the call */
};

/* Begins. ${p}: zeroed memory of the call. ${kind}: of a POST, whose ask and forget must be those below. */
void link_page_start(struct link_page *p, struct call *call, enum link_use use,
                     void (*show)(struct link_page *p), const struct recording_kind *kind);
/* Reads the form of a POST into ${p}, which link_page_start takes then. Returns false when it is no form,
 * or of a foreign page: the problem has been answered. One click (RFC 8058) comes from mail programs and
 * their servers: where from is not asked. */
bool link_page_form(struct link_page *p, struct call *call);
void link_page_ask(struct recording *r);
void link_page_forget(struct recording *r);
static inline struct link_page *link_page_of(struct recording *r)
{
    return list_entry(r, struct link_page, recording);
}

/* What the page knows. */
static inline struct call *link_page_call(const struct link_page *p)
{
    return p->recording.attempt.call;
}
static inline const struct controller *link_page_controller(const struct link_page *p)
{
    return p->recording.attempt.controller;
}
/* The verdict on a purpose, by its place in the policy, for the person: may it be done. */
struct verdict link_page_verdict(const struct link_page *p, size_t purpose);
/* Whether it is done anywhere, which is what somebody asks who wants it to stop: beyond what the link names
 * too, where a No would reach. */
struct standing link_page_standing(const struct link_page *p, size_t purpose);
/* Of a confirmation's: the first request that was confirmed, or NULL. */
const struct request_row *link_page_confirmed(const struct link_page *p);
/* The purposes that an unsubscribe link stops and the policy still has, and what took their place, by their
 * places. Returns how many. */
size_t link_page_stops(const struct link_page *p, size_t ret_places[POLICY_PURPOSES_MAX]);
/* The texts of a purpose; never NULL, though empty where the document has none. */
const struct purpose_texts *link_page_purpose(const struct link_page *p, const struct purpose *purpose);

/* Reads ${body}, as its client's would be, into acts of the person. */
void link_page_compose(struct link_page *p, const struct ledger_env *env, const struct buf *body,
                       void (*read)(const struct ledger_env *env, struct reader *body, struct acts *ret_acts),
                       struct acts *ret_acts);
/* The evidence of an act of the page's form: how, from which masked address, by what browser. */
const char *link_page_evidence(const struct link_page *p, const struct ledger_env *env);
/* It was recorded: reads what stands now, and shows it by ${show}. */
void link_page_again(struct link_page *p, void (*show)(struct link_page *p));
/* Whether a Yes to ${purpose} counts that is given here: where it must be confirmed, and confirmations are
 * delivered alone, only behind a link that was delivered. Else whoever made the link could say it. */
bool link_page_takes_yes(const struct link_page *p, const struct purpose *purpose);
/* A form that has a link to the preference page sent to the person's own address. Nothing where nothing is
 * delivered. */
void link_page_more_write(const struct link_page *p, struct page *page);
/* Its POST, read by link_page_form: it is answered alike whatever was typed. */
void link_page_more(struct link_page *p, struct call *call, enum link_use use);
/* Begins the page's HTML. */
void link_page_begin(struct link_page *p, struct page *page, enum page_text title);
/* A 410 that says why. Ends the call. */
void link_page_over(struct link_page *p, enum page_text why);
/* ... a link that is past its end. Returns whether that was so, and the call has ended. */
bool link_page_expired(struct link_page *p);
