/* SPDX-License-Identifier: Apache-2.0 */
#include "page/handlers.h"
#include "page/link.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <stdio.h>
#include <string.h>

/* /p/{token}: all purposes, what stands of each, and a Yes and a No that are as big and as near as each
 * other. */

/* What a reader has chosen, as far as a Yes and a No tell. */
enum choice { CHOICE_NONE, CHOICE_YES, CHOICE_NO };

/* A No that was not said by this name (a browser's, a guardian's, one that came from elsewhere) leaves the
 * choice still to be made. */
static enum choice choice_of(const struct standing *s)
{
    if (s->allowed)
        return CHOICE_YES;
    return s->own_no && !s->waits && !s->allowed_beyond ? CHOICE_NO : CHOICE_NONE;
}

static bool is_chosen(const struct purpose *p)
{
    return !p->retired && (basis_is_withdrawable(p->basis) || p->direct_marketing);
}

/* ---- what stands ---- */

static enum page_text yes_text(const struct verdict *v)
{
    return v->voice == VOICE_SELF       ? TEXT_STATE_YES
           : v->voice == VOICE_GUARDIAN ? TEXT_STATE_YES_GUARDIAN
                                        : TEXT_STATE_DONE;
}

static enum page_text no_text(const struct verdict *v)
{
    switch (v->voice) {
    case VOICE_SELF:
        return v->reason == REASON_OBJECTED ? TEXT_STATE_OBJECTED : TEXT_STATE_NO;
    case VOICE_ELSEWHERE:
        return TEXT_STATE_NO_ELSEWHERE;
    case VOICE_SIGNAL:
        return TEXT_STATE_NO_SIGNAL;
    case VOICE_GUARDIAN:
        return TEXT_STATE_NO_GUARDIAN;
    default:
        return TEXT_STATE_HELD;
    }
}

static enum page_text over_text(const struct verdict *v)
{
    return v->voice == VOICE_SELF       ? TEXT_STATE_OVER
           : v->voice == VOICE_GUARDIAN ? TEXT_STATE_OVER_GUARDIAN
                                        : TEXT_STATE_NEVER;
}

static enum page_text state_text(const struct verdict *v)
{
    switch (v->reason) {
    case REASON_GRANTED:
        return yes_text(v);
    case REASON_NOT_REQUIRED:
        return TEXT_STATE_DONE;
    case REASON_OBJECTED:
    case REASON_WITHDRAWN:
    case REASON_REFUSED:
        return v->waits ? TEXT_STATE_WAITS : no_text(v);
    case REASON_SUPPRESSED:
    case REASON_INVALIDATED:
        return v->waits ? TEXT_STATE_WAITS : TEXT_STATE_HELD;
    case REASON_UNCONFIRMED:
        return TEXT_STATE_WAITS;
    case REASON_GUARDIAN_REQUIRED:
        return TEXT_STATE_GUARDIAN;
    case REASON_EXPIRED:
    case REASON_NOTICE_OUTDATED:
    case REASON_NOTICE_UNKNOWN:
        return over_text(v);
    case REASON_NEVER_ASKED:
        return TEXT_STATE_NEVER;
    default:
        return TEXT_STATE_HELD;
    }
}

/* The entities for which it is done, where it is not done for all. */
static void entities_write(struct page *page, const struct standing *s)
{
    struct buf names;
    buf_init(&names, PAGE_BYTES_MAX);
    for (size_t i = 0; i < page->texts->entity_count; i++) {
        if ((s->entities & 1u << i) == 0)
            continue;
        if (names.len > 0)
            buf_text(&names, ", ");
        buf_text(&names, wording_in(page->texts, &page->texts->entities[i], page->language).text);
    }
    buf_byte(&names, '\0');
    if (!buf_failed(&names))
        page_say(page, "p", TEXT_STATE_ENTITIES, (const char *)names.data);
    buf_free(&names);
}

static void state_write(struct page *page, const struct standing *s)
{
    char day[PAGE_DAY_MAX] = "";
    if (s->told.since != INSTANT_NONE)
        page_day(page, s->told.since, day);
    page_say(page, "p", state_text(&s->told), day);
    if (s->entities_differ)
        entities_write(page, s);
    if (s->identifiers_differ || s->allowed_beyond)
        page_say(page, "p", TEXT_STATE_ADDRESSES, NULL);
}

/* One of the two answers of a purpose. */
static void radio_write(struct page *page, const char *name, const char *value, bool checked,
                        enum page_text text)
{
    html_open(&page->html, "label");
    html_open(&page->html, "input");
    html_attribute(&page->html, "type", "radio");
    html_attribute(&page->html, "name", name);
    html_attribute(&page->html, "value", value);
    html_attribute(&page->html, "checked", checked ? "" : NULL);
    html_close(&page->html);
    page_words(page, text, NULL);
    html_close(&page->html);
}

/* The words that a Yes is to, and which they are. */
static void words_write(struct link_page *p, struct page *page, const struct purpose *purpose)
{
    const struct policy *policy = link_page_controller(p)->policy;
    char name[POLICY_KEY_MAX + 3];
    const struct notice *notice =
        purpose->notice[0] != '\0' ? policy_notice(policy, purpose->notice, NULL, p->check.as_of) : NULL;
    const struct notice_wordings *w =
        notice != NULL ? policy_texts_notice(page->texts, notice->id, notice->version) : NULL;
    if (w == NULL)
        return;
    page_wording(page, "blockquote", &w->texts);
    snprintf(name, sizeof name, "v.%s", purpose->key);
    html_open(&page->html, "input");
    html_attribute(&page->html, "type", "hidden");
    html_attribute(&page->html, "name", name);
    html_attribute(&page->html, "value", notice->version);
    html_close(&page->html);
}

static void fieldset_write(struct link_page *p, struct page *page, size_t place)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    const struct purpose_texts *texts = link_page_purpose(p, purpose);
    struct standing s = link_page_standing(p, place);
    enum choice choice = choice_of(&s);
    bool takes_yes = choice == CHOICE_YES || link_page_takes_yes(p, purpose);
    char name[POLICY_KEY_MAX + 3];
    snprintf(name, sizeof name, "p.%s", purpose->key);
    html_open(&page->html, "fieldset");
    page_purpose(page, "legend", texts);
    page_wording(page, "p", &texts->description);
    words_write(p, page, purpose);
    state_write(page, &s);
    if (!takes_yes)
        page_say(page, "p", TEXT_YES_BY_MAIL, NULL);
    html_open(&page->html, "div");
    html_attribute(&page->html, "class", "choice");
    if (takes_yes)
        radio_write(page, name, "yes", choice == CHOICE_YES, TEXT_YES);
    radio_write(page, name, "no", choice == CHOICE_NO, TEXT_NO);
    html_close(&page->html);
    html_close(&page->html);
}

static void choices_write(struct link_page *p, struct page *page)
{
    const struct policy *policy = link_page_controller(p)->policy;
    page_form(page);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (is_chosen(&policy->purposes[i]))
            fieldset_write(p, page, i);
    }
    html_open(&page->html, "p");
    page_button(page, TEXT_SAVE, "action", "save", "main");
    html_close(&page->html);
    html_close(&page->html);
}

static void others_write(struct link_page *p, struct page *page)
{
    const struct policy *policy = link_page_controller(p)->policy;
    bool begun = false;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        if (purpose->retired || is_chosen(purpose))
            continue;
        if (!begun) {
            page_say(page, "h2", TEXT_OTHER_TITLE, NULL);
            html_open(&page->html, "ul");
        }
        begun = true;
        html_open(&page->html, "li");
        page_purpose(page, "strong", link_page_purpose(p, purpose));
        page_wording(page, "p", &link_page_purpose(p, purpose)->description);
        html_close(&page->html);
    }
    if (begun)
        html_close(&page->html);
}

static void all_write(struct page *page)
{
    page_form(page);
    page_say(page, "h2", TEXT_ALL_TITLE, NULL);
    page_say(page, "p", TEXT_ALL_INTRO, page_controller(page));
    page_button(page, TEXT_ALL_BUTTON, "action", "stop_all", NULL);
    html_close(&page->html);
}

/* The last change: the state of the highest revision. */
static void receipt_write_last(const struct link_page *p, struct page *page)
{
    const struct state *last = NULL;
    char day[PAGE_DAY_MAX], id[UUID_TEXT + 1];
    for (size_t i = 0; i < p->check.state_count; i++) {
        const struct state *s = &p->check.states[i];
        if (!slot_is_fact(s->slot) && (last == NULL || s->revision > last->revision))
            last = s;
    }
    if (last == NULL)
        return;
    page_day(page, rank_time(last->rank), day);
    uuid_format(last->record_id, id);
    html_open(&page->html, "dl");
    page_say(page, "dt", TEXT_RECEIPT, NULL);
    html_element(&page->html, "dd", day);
    page_say(page, "dt", TEXT_RECEIPT_NUMBER, NULL);
    html_element(&page->html, "dd", id);
    html_close(&page->html);
}

static void rights_write(struct page *page)
{
    const struct policy_texts *t = page->texts;
    page_say(page, "h2", TEXT_RIGHTS_TITLE, NULL);
    page_small(page, TEXT_RIGHTS, t->contact[0] != '\0' ? t->contact : page_controller(page));
    if (t->officer[0] != '\0')
        page_small(page, TEXT_OFFICER, t->officer);
    if (t->authority[0] != '\0')
        page_small(page, TEXT_AUTHORITY, t->authority);
}

/* Where a Yes counts only behind a link that was delivered, and this one was not. */
static bool is_more_offered(const struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (is_chosen(&policy->purposes[i]) && !link_page_takes_yes(p, &policy->purposes[i]))
            return true;
    }
    return false;
}

/* ${note}: TEXT_SAVED or TEXT_UNCHANGED behind a form; TEXT_CHOICES_INTRO: none was sent. */
static void choices_show(struct link_page *p, enum page_text note)
{
    struct page page;
    link_page_begin(p, &page, TEXT_CHOICES_TITLE);
    if (note != TEXT_CHOICES_INTRO) {
        html_open(&page.html, "p");
        html_attribute(&page.html, "class", "done");
        html_attribute(&page.html, "role", "status");
        page_words(&page, note, NULL);
        html_close(&page.html);
    }
    page_say(&page, "p", TEXT_CHOICES_INTRO, page_controller(&page));
    choices_write(p, &page);
    all_write(&page);
    if (is_more_offered(p))
        link_page_more_write(p, &page);
    others_write(p, &page);
    receipt_write_last(p, &page);
    rights_write(&page);
    page_answer(&page, 200);
}

static void preferences_show(struct link_page *p)
{
    if (!link_page_expired(p))
        choices_show(p, TEXT_CHOICES_INTRO);
}

void handle_preferences_page(struct call *call)
{
    link_page_start(call_alloc(call, sizeof(struct link_page)), call, LINK_PREFERENCES, preferences_show,
                    NULL);
}

/* ---- what was chosen ---- */

/* The word for it; NULL: it stands already, or nothing was chosen. A No is written down unless the person's
 * own stands at every identifier and for every entity. */
static const char *state_chosen(const struct link_page *p, size_t place)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    struct standing s = link_page_standing(p, place);
    char name[POLICY_KEY_MAX + 3];
    snprintf(name, sizeof name, "p.%s", purpose->key);
    const char *answer = form_value(&p->form, name);
    bool yes = answer != NULL && strcmp(answer, "yes") == 0, no = answer != NULL && strcmp(answer, "no") == 0;
    if (yes && !s.allowed) {
        if (purpose->basis == BASIS_CONSENT)
            return link_page_takes_yes(p, purpose) ? "given" : NULL;
        return s.told.reason == REASON_OBJECTED ? "objection_withdrawn" : NULL;
    }
    if (no && !s.own_no_everywhere) {
        if (purpose->basis != BASIS_CONSENT)
            return "objected";
        return s.told.reason == REASON_GRANTED || s.allowed_beyond ? "withdrawn" : "refused";
    }
    return NULL;
}

/* The notice that the page showed, in the language it was shown in. */
static void notice_chosen(const struct link_page *p, struct writer *w, const struct purpose *purpose)
{
    const struct controller *c = link_page_controller(p);
    char name[POLICY_KEY_MAX + 3];
    snprintf(name, sizeof name, "v.%s", purpose->key);
    const char *version = form_value(&p->form, name);
    const struct notice_wordings *shown =
        version != NULL ? policy_texts_notice(controller_texts(c), purpose->notice, version) : NULL;
    if (shown == NULL || policy_notice(c->policy, purpose->notice, version, 0) == NULL)
        return;
    const char *language = wording_in(controller_texts(c), &shown->texts, p->language).language;
    writer_object_begin(w, "notice");
    writer_text(w, "id", purpose->notice);
    writer_text(w, "version", version);
    writer_object_end(w);
    if (language[0] != '\0')
        writer_text(w, "language", language);
}

/* Returns how many choices there are. */
static size_t choices_compose(struct link_page *p, struct writer *w)
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t count = 0;
    writer_array_begin(w, NULL);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        const char *state = is_chosen(purpose) ? state_chosen(p, i) : NULL;
        if (state == NULL)
            continue;
        writer_object_begin(w, NULL);
        writer_text(w, "purpose", purpose->key);
        writer_text(w, "event_state", state);
        writer_text(w, "collection_method", "preference_page");
        if (strcmp(state, "given") == 0)
            notice_chosen(p, w, purpose);
        writer_object_end(w);
        count++;
    }
    writer_array_end(w);
    return count;
}

static void preferences_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    static const char all[] =
        "{\"purpose\": \"*\", \"object\": true, \"collection_method\": \"preference_page\"}";
    struct link_page *p = link_page_of(r);
    const char *action = form_value(&p->form, "action");
    *ret_acts = (struct acts){0};
    if (env->now >= p->link.expires) {
        ret_acts->gone = GONE_EXPIRED;
        return;
    }
    struct buf body;
    buf_init(&body, PAGE_BYTES_MAX);
    if (strcmp(action, "stop_all") == 0) {
        buf_text(&body, all);
        link_page_compose(p, env, &body, withdraw_read, ret_acts);
    } else {
        struct writer w = writer_of(&body);
        if (choices_compose(p, &w) > 0)
            link_page_compose(p, env, &body, consents_read, ret_acts);
    }
    buf_free(&body);
}

static void preferences_gone(struct recording *r, enum gone gone)
{
    struct link_page *p = link_page_of(r);
    if (gone == GONE_EXPIRED)
        link_page_over(p, TEXT_OVER_EXPIRED);
    else
        choices_show(p, TEXT_UNCHANGED);
}

static void saved_show(struct link_page *p)
{
    choices_show(p, TEXT_SAVED);
}

static void preferences_answer(struct recording *r)
{
    struct link_page *p = link_page_of(r);
    link_page_again(p, saved_show);
}

void handle_preferences_form(struct call *call)
{
    static const struct recording_kind kind = {.compose = preferences_compose,
                                               .ask = link_page_ask,
                                               .forget = link_page_forget,
                                               .answer = preferences_answer,
                                               .gone = preferences_gone};
    struct link_page *p = call_alloc(call, sizeof *p);
    if (!link_page_form(p, call))
        return;
    const char *action = form_value(&p->form, "action");
    if (action != NULL && strcmp(action, "more") == 0)
        link_page_more(p, call, LINK_PREFERENCES);
    else if (action == NULL || (strcmp(action, "save") != 0 && strcmp(action, "stop_all") != 0))
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
    else
        link_page_start(p, call, LINK_PREFERENCES, NULL, &kind);
}
