/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/acts.h"
#include "ledger/guardian_answer.h"
#include "page/handlers.h"
#include "page/link.h"

#include <string.h>

/* /c/{token}: the second half of a double opt-in.
 *
 * That somebody confirmed is a fact of then; that they are subscribed is the verdict of now, and is said of
 * nothing else: a No, a guardian or newer words may stand between. */

static struct verdict verdict_on(const struct link_page *p, const struct purpose *purpose)
{
    return link_page_verdict(p, (size_t)(purpose - link_page_controller(p)->policy->purposes));
}

/* What has become of a purpose since it was confirmed. */
static enum page_text state_text(const struct verdict *v)
{
    if (reason_allows(v->reason))
        return TEXT_CONFIRMED_SINCE;
    if (reason_is_no(v->reason))
        return v->since != INSTANT_NONE ? TEXT_CONFIRMED_STOPPED : TEXT_STATE_HELD;
    switch (v->reason) {
    case REASON_GUARDIAN_REQUIRED:
        return TEXT_CONFIRMED_GUARDIAN;
    case REASON_NOTICE_OUTDATED:
        return TEXT_CONFIRMED_OUTDATED;
    case REASON_EXPIRED:
        return v->since != INSTANT_NONE ? TEXT_STATE_OVER : TEXT_STATE_HELD;
    default:
        return TEXT_STATE_HELD;
    }
}

/* Since when a Yes stands: whoever stopped and came back stopped in between. */
static instant since_of(const struct link_page *p, const struct verdict *v)
{
    return v->since != INSTANT_NONE && v->since > p->confirmed_at ? v->since : p->confirmed_at;
}

static void state_write(struct link_page *p, struct page *page, const struct purpose *purpose)
{
    struct verdict v = verdict_on(p, purpose);
    char day[PAGE_DAY_MAX] = "";
    if (reason_allows(v.reason))
        page_day(page, since_of(p, &v), day);
    else if (v.since != INSTANT_NONE)
        page_day(page, v.since, day);
    page_say(page, "p", state_text(&v), day);
}

/* What was asked for, with the words that were shown. ${tells_state}: and what has become of each. */
static void requests_write(struct link_page *p, struct page *page, bool tells_state)
{
    const struct policy *policy = link_page_controller(p)->policy;
    html_open(&page->html, "ul");
    for (size_t i = 0; i < p->requests.count; i++) {
        const struct request_row *r = &p->requests.rows[i];
        const struct purpose *purpose = confirmation_purpose(policy, r, NULL);
        const struct notice *notice = policy_notice_numbered(policy, r->notice);
        if (purpose == NULL)
            continue;
        html_open(&page->html, "li");
        page_purpose(page, "h2", link_page_purpose(p, purpose));
        if (notice != NULL) {
            const struct notice_wordings *w = policy_texts_notice(page->texts, notice->id, notice->version);
            if (w != NULL)
                page_wording_in(page, "blockquote", &w->texts, r->language);
        }
        if (tells_state)
            state_write(p, page, purpose);
        html_close(&page->html);
    }
    html_close(&page->html);
}

/* What has become of all that was asked for. */
struct outcome {
    size_t allowed, others;
    instant since; /* the latest of those that are allowed */
};

static struct outcome outcome_of(const struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    struct outcome o = {.since = p->confirmed_at};
    for (size_t i = 0; i < p->requests.count; i++) {
        const struct purpose *purpose = confirmation_purpose(policy, &p->requests.rows[i], NULL);
        if (purpose == NULL)
            continue;
        struct verdict v = verdict_on(p, purpose);
        bool is_allowed = reason_allows(v.reason);
        o.allowed += is_allowed;
        o.others += !is_allowed;
        if (is_allowed && since_of(p, &v) > o.since)
            o.since = since_of(p, &v);
    }
    return o;
}

/* ---- of a guardian's Yes ---- */

/* A guardian who confirmed is no subscriber: what is told is what they said for the child, and the same link
 * takes it back, since no message of the child's reaches them. */

static bool is_guardians(const struct link_page *p)
{
    return p->requests.count > 0 && p->requests.rows[0].guardian != 0;
}

/* What this guardian said last of one of them: 0 where nothing stands any more. */
static rank said_of(const struct link_page *p, const struct request_row *r)
{
    rank said = 0;
    for (size_t i = 0; i < p->check.state_count; i++) {
        const struct state *s = &p->check.states[i];
        bool is_this = s->guardian == r->guardian && s->purpose == r->purpose && s->slot <= SLOT_REACHED;
        if (is_this && s->rank > said)
            said = s->rank;
    }
    return said;
}

static bool is_given(rank said)
{
    return said != 0 && !event_state_is_no(rank_state(said)) && rank_state(said) != EVENT_INVALIDATED;
}

static void given_write(struct link_page *p, struct page *page)
{
    html_open(&page->html, "ul");
    for (size_t i = 0; i < p->requests.count; i++) {
        const struct request_row *r = &p->requests.rows[i];
        const struct purpose *purpose = confirmation_purpose(link_page_controller(p)->policy, r, NULL);
        rank said = said_of(p, r);
        char day[PAGE_DAY_MAX];
        if (purpose == NULL)
            continue;
        html_open(&page->html, "li");
        page_purpose(page, "h2", link_page_purpose(p, purpose));
        if (is_given(said) || event_state_is_no(rank_state(said))) {
            page_day(page, rank_time(said), day);
            page_say(page, "p", is_given(said) ? TEXT_GUARDIAN_GAVE : TEXT_GUARDIAN_REFUSED, day);
        }
        html_close(&page->html);
    }
    html_close(&page->html);
}

static void guardian_confirmed_show(struct link_page *p)
{
    struct page page;
    char day[PAGE_DAY_MAX];
    bool may_withdraw = false;
    for (size_t i = 0; i < p->requests.count; i++)
        may_withdraw |= is_given(said_of(p, &p->requests.rows[i]));
    link_page_begin(p, &page, TEXT_GUARDIAN_SAID_TITLE);
    page_day(&page, p->confirmed_at, day);
    page_say(&page, "p", TEXT_CONFIRMED_ON, day);
    given_write(p, &page);
    if (may_withdraw) {
        page_form(&page);
        page_say(&page, "p", TEXT_GUARDIAN_WITHDRAW_HOW, NULL);
        page_button(&page, TEXT_GUARDIAN_WITHDRAW, "action", "withdraw", NULL);
        html_close(&page.html);
    }
    page_answer(&page, 200);
}

/* ---- what is shown ---- */

/* It was confirmed, now or before: what stands has been read since. */
static void confirmed_show(struct link_page *p)
{
    struct page page;
    char day[PAGE_DAY_MAX];
    if (p->person.count == 0) {
        link_page_over(p, TEXT_OVER_PERSON);
        return;
    }
    if (is_guardians(p)) {
        guardian_confirmed_show(p);
        return;
    }
    struct outcome o = outcome_of(p);
    bool is_subscribed = o.allowed > 0 && o.others == 0;
    link_page_begin(p, &page, is_subscribed ? TEXT_CONFIRMED_TITLE : TEXT_CONFIRMED_ONLY_TITLE);
    page_day(&page, is_subscribed ? o.since : p->confirmed_at, day);
    page_say(&page, "p", is_subscribed ? TEXT_CONFIRMED_SINCE : TEXT_CONFIRMED_ON, day);
    requests_write(p, &page, !is_subscribed);
    if (o.allowed > 0)
        page_say(&page, "p", TEXT_CONFIRMED_STOP, NULL);
    link_page_more_write(p, &page);
    page_answer(&page, 200);
}

/* The latest end of those that wait. */
static instant end_of(const struct link_page *p)
{
    instant end = 0;
    for (size_t i = 0; i < p->requests.count; i++) {
        if (p->requests.rows[i].valid_until > end)
            end = p->requests.rows[i].valid_until;
    }
    return end;
}

static bool has_purpose(const struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < p->requests.count; i++) {
        if (confirmation_purpose(policy, &p->requests.rows[i], NULL) != NULL)
            return true;
    }
    return false;
}

/* Whether a No came after one of them was asked for: none of them is confirmed then. */
static bool is_overtaken(const struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; p->person.count > 0 && i < p->requests.count; i++) {
        const struct purpose *purpose = confirmation_purpose(policy, &p->requests.rows[i], NULL);
        if (purpose == NULL)
            continue;
        struct verdict v = verdict_on(p, purpose);
        if (reason_is_no(v.reason) && v.since >= rank_time(p->requests.rows[i].rank))
            return true;
    }
    return false;
}

/* What is over is said at once. */
static bool is_over(struct link_page *p)
{
    const struct request_row *confirmed = link_page_confirmed(p);
    if (p->requests.count == 0)
        link_page_over(p, TEXT_OVER_LOST);
    else if (confirmed != NULL) {
        p->confirmed_at = confirmed->confirmed_at;
        confirmed_show(p);
    } else if (end_of(p) <= p->requests.as_of)
        link_page_over(p, TEXT_OVER_EXPIRED);
    else if (!has_purpose(p))
        link_page_over(p, TEXT_OVER_PURPOSE);
    else if (is_overtaken(p))
        link_page_over(p, TEXT_OVER_OVERTAKEN);
    else
        return false;
    return true;
}

static void confirm_show(struct link_page *p)
{
    struct page page;
    char day[PAGE_DAY_MAX];
    if (is_over(p))
        return;
    link_page_begin(p, &page, TEXT_CONFIRM_TITLE);
    page_say(&page, "p", is_guardians(p) ? TEXT_CONFIRM_GUARDIAN : TEXT_CONFIRM_INTRO,
             page_controller(&page));
    requests_write(p, &page, false);
    page_form(&page);
    page_button(&page, TEXT_CONFIRM_BUTTON, "action", "confirm", "main");
    html_close(&page.html);
    page_say(&page, "p", TEXT_CONFIRM_IGNORE, NULL);
    page_day(&page, end_of(p), day);
    page_small(&page, TEXT_UNTIL, day);
    page_answer(&page, 200);
}

void handle_confirm_page(struct call *call)
{
    link_page_start(call_alloc(call, sizeof(struct link_page)), call, LINK_CONFIRM, confirm_show, NULL);
}

/* ---- the button ---- */

static void confirm_compose_form(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct link_page *p = link_page_of(r);
    confirm_compose(env, &r->body, &p->requests, p->how, link_page_evidence(p, env), ret_acts);
}

static void confirm_answer(struct recording *r)
{
    struct link_page *p = link_page_of(r);
    p->confirmed_at = r->job.events[0].recorded_at;
    link_page_again(p, confirmed_show);
}

static void confirm_gone(struct recording *r, enum gone gone)
{
    link_page_over(link_page_of(r), gone == GONE_EXPIRED       ? TEXT_OVER_EXPIRED
                                    : gone == GONE_OVERTAKEN   ? TEXT_OVER_OVERTAKEN
                                    : gone == GONE_LEFT_POLICY ? TEXT_OVER_PURPOSE
                                                               : TEXT_OVER_LOST);
}

/* What stands is taken back: of a form that is sent again nothing does. */
static void withdraw_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct link_page *p = link_page_of(r);
    bool *stands = arena_zeroed(env->arena, (p->requests.count + 1) * sizeof *stands);
    for (size_t i = 0; is_guardians(p) && i < p->requests.count; i++)
        stands[i] = p->requests.rows[i].confirmed != 0 && is_given(said_of(p, &p->requests.rows[i]));
    guardian_withdrawal_acts(env, &p->requests, stands, &p->person, link_page_evidence(p, env), &r->body,
                             ret_acts);
}

static void withdraw_answer(struct recording *r)
{
    struct link_page *p = link_page_of(r);
    p->confirmed_at = link_page_confirmed(p)->confirmed_at;
    link_page_again(p, confirmed_show);
}

static void withdraw_gone(struct recording *r, enum gone gone)
{
    (void)gone;
    confirm_show(link_page_of(r));
}

static void withdraw_start(struct link_page *p, struct call *call)
{
    static const struct recording_kind kind = {.compose = withdraw_compose,
                                               .ask = link_page_ask,
                                               .forget = link_page_forget,
                                               .answer = withdraw_answer,
                                               .gone = withdraw_gone};
    link_page_start(p, call, LINK_CONFIRM, NULL, &kind);
}

void handle_confirm_form(struct call *call)
{
    static const struct recording_kind kind = {.compose = confirm_compose_form,
                                               .ask = link_page_ask,
                                               .forget = link_page_forget,
                                               .confirms = true,
                                               .answer = confirm_answer,
                                               .gone = confirm_gone};
    struct link_page *p = call_alloc(call, sizeof *p);
    if (!link_page_form(p, call))
        return;
    const char *action = form_value(&p->form, "action");
    if (action != NULL && strcmp(action, "more") == 0) {
        link_page_more(p, call, LINK_CONFIRM);
        return;
    }
    if (action != NULL && strcmp(action, "withdraw") == 0) {
        withdraw_start(p, call);
        return;
    }
    if (action == NULL || strcmp(action, "confirm") != 0) {
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
        return;
    }
    link_page_start(p, call, LINK_CONFIRM, NULL, &kind);
}
