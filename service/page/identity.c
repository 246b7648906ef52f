/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/rights.h"
#include "http/attempt.h"
#include "ledger/identity_link.h"
#include "page/frame.h"
#include "page/handlers.h"
#include "page/opened.h"
#include "store/lane.h"
#include "wire/form.h"

#include <string.h>

/* /i/{token}: who asked something of the controller says that it was them. Kept of it is the outcome alone:
 * that a link proved it, and when. */

struct identity_page {
    struct attempt attempt;
    struct identity_opened link;
    bool is_post;
    struct rights_proof_job proof;
};

static const enum page_text asked_texts[RIGHT_COUNT] = {[RIGHT_ACCESS] = TEXT_ASKED_ACCESS,
                                                        [RIGHT_PORTABILITY] = TEXT_ASKED_PORTABILITY,
                                                        [RIGHT_RECTIFICATION] = TEXT_ASKED_RECTIFICATION,
                                                        [RIGHT_ERASURE] = TEXT_ASKED_ERASURE,
                                                        [RIGHT_RESTRICTION] = TEXT_ASKED_RESTRICTION,
                                                        [RIGHT_OBJECTION] = TEXT_ASKED_OBJECTION,
                                                        [RIGHT_WITHDRAWAL] = TEXT_ASKED_WITHDRAWAL,
                                                        [RIGHT_HUMAN_REVIEW] = TEXT_ASKED_HUMAN_REVIEW};

/* ---- what is shown ---- */

static void asked_write(struct page *page, const struct rights_proof_job *proof)
{
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        if (strcmp(right_words[i], proof->kind) == 0)
            page_say(page, "blockquote", asked_texts[i], NULL);
    }
}

static void begin(struct identity_page *p, struct page *page, enum page_text title)
{
    const struct policy_texts *texts = controller_texts(p->attempt.controller);
    struct call *call = p->attempt.call;
    page_begin(page, call, texts, page_language(call, texts, NULL), title);
}

static void over_show(struct identity_page *p, enum page_text why)
{
    struct page page;
    begin(p, &page, TEXT_OVER_TITLE);
    page_say(&page, "p", why, NULL);
    page_answer(&page, 410);
}

static void proven_show(struct identity_page *p)
{
    struct page page;
    char day[PAGE_DAY_MAX];
    begin(p, &page, TEXT_IDENTITY_DONE_TITLE);
    page_day(&page, p->proof.proven, day);
    page_say(&page, "p", TEXT_IDENTITY_DONE, day);
    page_answer(&page, 200);
}

static void question_show(struct identity_page *p)
{
    struct page page;
    char day[PAGE_DAY_MAX];
    begin(p, &page, TEXT_IDENTITY_TITLE);
    page_say(&page, "p", TEXT_IDENTITY_INTRO, page_controller(&page));
    asked_write(&page, &p->proof);
    page_say(&page, "p", TEXT_IDENTITY_WHY, NULL);
    page_form(&page);
    page_button(&page, TEXT_CONFIRM_BUTTON, "action", "prove", "main");
    html_close(&page.html);
    page_say(&page, "p", TEXT_CONFIRM_IGNORE, NULL);
    page_day(&page, p->link.expires, day);
    page_small(&page, TEXT_UNTIL, day);
    page_answer(&page, 200);
}

static bool is_worth_nothing(const struct identity_page *p)
{
    return p->proof.kind[0] == '\0';
}

static bool has_expired(const struct identity_page *p)
{
    return p->proof.proven == INSTANT_NONE && p->link.expires <= p->proof.as_of;
}

/* ---- the steps ---- */

static void on_proof(struct job *job, enum error e);

/* By which tags the address may be known: a rotation has wrapped the link's since. Returns false where the
 * link is of keys that are no more. */
static bool address_fill(const struct controller *c, const struct tag *tag, struct rights_address *to)
{
    to->count = 0;
    if (tagger_wrap(c->tagger, tag, &to->tags[to->count]) == 0)
        to->count++;
    if (c->old_tagger != NULL && tagger_wrap(c->old_tagger, tag, &to->tags[to->count]) == 0)
        to->count++;
    return to->count > 0;
}

static void proof_send(struct identity_page *p, bool presses)
{
    struct call *call = p->attempt.call;
    const struct controller *c = p->attempt.controller;
    p->proof = (struct rights_proof_job){.request_no = p->link.claim.request_no,
                                         .sending = p->link.claim.sending,
                                         .actor = presses ? call->claims.subject : NULL};
    if (!address_fill(c, &p->link.claim.tag, &p->proof.to)) {
        page_not_found(call);
        return;
    }
    rights_proof_job_prepare(&p->proof, c->controller_id);
    p->proof.job.deadline = call->deadline;
    p->proof.job.done = on_proof;
    lane_submit(presses ? call->worker->write : call->worker->read, &p->proof.job);
}

/* A link is looked at before its button is pressed: whether it has ended the database's clock says. */
static void on_proof(struct job *job, enum error e)
{
    struct identity_page *p =
        list_entry(list_entry(job, struct rights_proof_job, job), struct identity_page, proof);
    struct call *call = p->attempt.call;
    bool was_pressed = p->proof.actor != NULL;
    if (e != ERROR_NONE || call->req == NULL)
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
    else if (!was_pressed && p->proof.generation != p->attempt.controller->generation)
        attempt_again(&p->attempt);
    else if (is_worth_nothing(p))
        over_show(p, TEXT_IDENTITY_OVER);
    else if (p->proof.proven != INSTANT_NONE)
        proven_show(p);
    else if (has_expired(p))
        over_show(p, TEXT_OVER_EXPIRED);
    else if (p->is_post)
        proof_send(p, true);
    else
        question_show(p);
}

static void identity_begin(struct call *call)
{
    proof_send(call->state, false);
}

static void identity_dispose(void *state)
{
    struct identity_page *p = state;
    attempt_end(&p->attempt);
}

static void identity_start(struct call *call, void *cookie)
{
    struct identity_page *p = cookie;
    call->state = p;
    call->dispose = identity_dispose;
    attempt_start(&p->attempt, call, identity_begin);
}

static void identity_open(struct call *call, bool is_post)
{
    struct identity_page *p = call_alloc(call, sizeof *p);
    h2o_iovec_t token = call->arguments[0];
    p->is_post = is_post;
    if (identity_link_open(call->worker->options->link_keys, token.base, token.len, &p->link) == 0)
        page_open(call, p->link.controller_id, identity_start, p);
    else
        page_not_found(call);
}

void handle_identity_page(struct call *call)
{
    identity_open(call, false);
}

void handle_identity_form(struct call *call)
{
    struct form form;
    h2o_iovec_t body = call_body(call), type = call_header(call, "content-type");
    if (!page_is_origin_ours(call)) {
        call_problem(call, ERROR_FOREIGN_ORIGIN, NULL, NULL);
        return;
    }
    const char *action =
        type.base != NULL && form_read(&call->arena, type.base, type.len, body.base, body.len, &form)
            ? form_value(&form, "action")
            : NULL;
    if (action == NULL || strcmp(action, "prove") != 0)
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
    else
        identity_open(call, true);
}
