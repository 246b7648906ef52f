/* SPDX-License-Identifier: Apache-2.0 */
#include "page/handlers.h"
#include "page/link.h"
#include "wire/writer.h"

#include <string.h>

/* /u/{token}: one click stops (RFC 8058), and so does the page's own button. From here one can only stop, and
 * sees nothing but what would: newsletters are forwarded. */

/* Whether the policy has a name for any of it: what was left out of it is kept, retired, and has none. */
static bool is_named(const struct link_page *p, const size_t places[], size_t count)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < count; i++) {
        if (link_page_purpose(p, &policy->purposes[places[i]])->key[0] != '\0')
            return true;
    }
    return false;
}

/* Of what took another's place the new name is told: the old one may have none any more. */
static void purposes_write(struct link_page *p, struct page *page, const size_t places[], size_t count)
{
    const struct policy *policy = link_page_controller(p)->policy;
    bool goes_on = false;
    for (size_t i = 0; i < count; i++)
        goes_on = goes_on || !policy->purposes[places[i]].retired;

    html_open(&page->html, "ul");
    for (size_t i = 0; i < count; i++) {
        if (goes_on && policy->purposes[places[i]].retired)
            continue;
        const struct purpose_texts *texts = link_page_purpose(p, &policy->purposes[places[i]]);
        if (texts->key[0] == '\0')
            continue;
        html_open(&page->html, "li");
        page_purpose(page, "h2", texts);
        page_wording(page, "p", &texts->description);
        html_close(&page->html);
    }
    html_close(&page->html);
}

/* Whether none of it goes on anywhere, or may once a mail box confirms. Where it is not the person who said
 * No (a browser, a guardian) theirs is still to be said. */
static bool is_stopped(const struct link_page *p, const size_t places[], size_t count)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < count; i++) {
        struct standing s = link_page_standing(p, places[i]);
        if (!policy->purposes[places[i]].retired && (s.allowed || s.allowed_beyond || s.waits || !s.own_no))
            return false;
    }
    return true;
}

/* Whether it was the person who stopped some of it: what was retired stopped by itself. */
static bool is_own(const struct link_page *p, const size_t places[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (link_page_standing(p, places[i]).own_no)
            return true;
    }
    return false;
}

static void stop_show(struct link_page *p)
{
    struct page page;
    size_t places[POLICY_PURPOSES_MAX], count = link_page_stops(p, places);
    if (link_page_expired(p))
        return;
    if (!is_named(p, places, count)) {
        link_page_over(p, TEXT_OVER_PURPOSE);
        return;
    }
    bool stopped = is_stopped(p, places, count);
    link_page_begin(p, &page, stopped ? TEXT_STOPPED_TITLE : TEXT_STOP_TITLE);
    page_say(&page, "p", stopped ? TEXT_STOPPED_INTRO : TEXT_STOP_INTRO, page_controller(&page));
    purposes_write(p, &page, places, count);
    if (stopped && is_own(p, places, count)) {
        page_say(&page, "p", TEXT_STOPPED_ALREADY, NULL);
    } else if (!stopped) {
        page_form(&page);
        page_button(&page, TEXT_STOP_BUTTON, "action", "stop", "main");
        html_close(&page.html);
    }
    link_page_more_write(p, &page);
    page_answer(&page, 200);
}

void handle_unsubscribe_page(struct call *call)
{
    link_page_start(call_alloc(call, sizeof(struct link_page)), call, LINK_UNSUBSCRIBE, stop_show, NULL);
}

/* ---- what stops ---- */

static void body_write(struct link_page *p, struct writer *w, const size_t places[], size_t count)
{
    const struct policy *policy = link_page_controller(p)->policy;
    writer_object_begin(w, NULL);
    writer_text(w, "collection_method", strcmp(p->how, "one_click") == 0 ? "one_click" : "preference_page");
    if (p->who->purpose_count == 0) {
        writer_text(w, "channel", channel_words[p->who->channel]);
        writer_bool(w, "object", true);
    } else {
        writer_object_begin(w, "choices");
        for (size_t i = 0; i < count; i++)
            writer_text(w, policy->purposes[places[i]].key, "withdrawn");
        writer_object_end(w);
    }
    writer_object_end(w);
}

static void stop_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct link_page *p = link_page_of(r);
    size_t places[POLICY_PURPOSES_MAX], count = link_page_stops(p, places);
    instant now = env->now;
    *ret_acts = (struct acts){0};
    ret_acts->gone = count == 0 ? GONE_LEFT_POLICY : now >= p->link.expires ? GONE_EXPIRED : GONE_NOT;
    if (ret_acts->gone != GONE_NOT)
        return;
    struct buf body;
    buf_init(&body, PAGE_BYTES_MAX);
    struct writer w = writer_of(&body);
    body_write(p, &w, places, count);
    link_page_compose(p, env, &body, p->who->purpose_count == 0 ? withdraw_read : consents_read, ret_acts);
    buf_free(&body);
}

static void stop_answer(struct recording *r)
{
    struct link_page *p = link_page_of(r);
    struct page page;
    size_t places[POLICY_PURPOSES_MAX], count = link_page_stops(p, places);
    if (strcmp(p->how, "one_click") == 0) { /* a mail program asks, and shows none of it */
        page_answer_text(link_page_call(p), 200, "Stopped.\n");
        return;
    }
    link_page_begin(p, &page, TEXT_STOPPED_TITLE);
    if (is_named(p, places, count)) {
        page_say(&page, "p", TEXT_STOPPED_INTRO, page_controller(&page));
        purposes_write(p, &page, places, count);
        page_say(&page, "p", TEXT_STOPPED_SOON, NULL);
    } else {
        page_say(&page, "p", TEXT_OVER_PURPOSE, NULL);
    }
    link_page_more_write(p, &page);
    page_answer(&page, 200);
}

static void stop_gone(struct recording *r, enum gone gone)
{
    link_page_over(link_page_of(r), gone == GONE_EXPIRED ? TEXT_OVER_EXPIRED : TEXT_OVER_PURPOSE);
}

/* The body of RFC 8058, 3.2, or that of the button. NULL: it is neither. */
static const char *how_of(const struct form *form)
{
    const char *one_click = form_value(form, "List-Unsubscribe"), *action = form_value(form, "action");
    if (one_click != NULL && action == NULL && strcmp(one_click, "One-Click") == 0)
        return "one_click";
    return one_click == NULL && action != NULL && strcmp(action, "stop") == 0 ? "button" : NULL;
}

void handle_unsubscribe_form(struct call *call)
{
    static const struct recording_kind kind = {.compose = stop_compose,
                                               .ask = link_page_ask,
                                               .forget = link_page_forget,
                                               .answer = stop_answer,
                                               .gone = stop_gone};
    struct link_page *p = call_alloc(call, sizeof *p);
    if (!link_page_form(p, call))
        return;
    const char *action = form_value(&p->form, "action");
    if (action != NULL && strcmp(action, "more") == 0) {
        link_page_more(p, call, LINK_UNSUBSCRIBE);
        return;
    }
    p->how = how_of(&p->form);
    if (p->how == NULL)
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
    else
        link_page_start(p, call, LINK_UNSUBSCRIBE, NULL, &kind);
}
