/* SPDX-License-Identifier: Apache-2.0 */
#include "http/lost_link.h"
#include "page/link.h"

#include <string.h>

/* From a link that others may hold, a newsletter's that was forwarded, one that a site made or a confirmation
 * that was used, to the preference page: only by a link that goes to the person's own address. */

static const char field[] = "email";

void link_page_more_write(const struct link_page *p, struct page *page)
{
    if (!link_page_controller(p)->policy->messages.has_endpoint)
        return;
    page_form(page);
    page_say(page, "h2", TEXT_MORE_TITLE, NULL);
    page_say(page, "p", TEXT_MORE_INTRO, NULL);
    html_open(&page->html, "label");
    html_attribute(&page->html, "for", field);
    page_words(page, TEXT_MORE_EMAIL, NULL);
    html_close(&page->html);
    html_open(&page->html, "input");
    html_attribute(&page->html, "type", "email");
    html_attribute(&page->html, "id", field);
    html_attribute(&page->html, "name", field);
    html_attribute(&page->html, "autocomplete", "email");
    html_attribute(&page->html, "required", "");
    html_close(&page->html);
    page_button(page, TEXT_MORE_BUTTON, "action", "more", NULL);
    html_close(&page->html);
}

/* The address that was typed, where it is one of the person's. */
static bool address_find(const struct link_page *p, const struct ledger_env *env, struct lost_link *ret_lost)
{
    const char *typed = form_value(&p->form, field);
    const struct policy *policy = env->controller->policy;
    struct identifier to;
    if (typed == NULL || !policy->messages.has_endpoint ||
        identifier_normalise(IDENTIFIER_EMAIL, typed, strlen(typed), policy->country, &to) != NULL)
        return false;
    lost_link_make(env, &to, p->language, ret_lost);
    for (size_t i = 0; i < p->person.count; i++) {
        if (memcmp(p->person.tags[i].bytes, ret_lost->tag.bytes, TAG_SIZE) == 0)
            return true;
    }
    return false;
}

/* Nothing is recorded. */
static void more_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    (void)r;
    (void)env;
    *ret_acts = (struct acts){.gone = GONE_LOST};
}

/* The page of a confirmation that was used stays, whenever its link ended. */
static bool is_over(struct link_page *p)
{
    bool is_used = p->use == LINK_CONFIRM && link_page_confirmed(p) != NULL;
    return !is_used && link_page_expired(p);
}

static void more_answer(struct recording *r, enum gone gone)
{
    (void)gone;
    struct link_page *p = link_page_of(r);
    struct ledger_env env = attempt_env(&r->attempt);
    struct lost_link lost;
    struct page page;
    if (is_over(p))
        return;
    if (address_find(p, &env, &lost))
        lost_link_send(link_page_call(p), &env,
                       &lost); /* where that fails, too: who gets no mail asks again */
    link_page_begin(p, &page, TEXT_MORE_SENT_TITLE);
    page_say(&page, "p", TEXT_MORE_SENT, NULL);
    page_answer(&page, 200);
}

void link_page_more(struct link_page *p, struct call *call, enum link_use use)
{
    static const struct recording_kind kind = {
        .compose = more_compose, .ask = link_page_ask, .forget = link_page_forget, .gone = more_answer};
    link_page_start(p, call, use, NULL, &kind);
}
