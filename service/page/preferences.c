/* SPDX-License-Identifier: Apache-2.0 */
#include "page/handlers.h"
#include "page/preferences_shown.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <stdio.h>
#include <string.h>

/* /p/{token}: all purposes, what stands of each, and a Yes and a No that are as big and as near as each
 * other. */

/* A No that was not said by this name (a browser's, a guardian's, one that came from elsewhere) leaves the
 * choice still to be made. */
static enum choice choice_of(const struct standing *s)
{
    if (s->allowed)
        return CHOICE_YES;
    return s->own_no && !s->waits && !s->allowed_beyond ? CHOICE_NO : CHOICE_NONE;
}

static bool rests_on_choice(const struct purpose *p)
{
    return basis_is_withdrawable(p->basis) || p->direct_marketing;
}

static bool is_chosen(const struct purpose *p)
{
    return !p->retired && rests_on_choice(p);
}

/* Whether there is a No that the person can take back: their own, wherever it was said, their browser's, or
 * what stands of who was erased. What a guardian or staff said is theirs. */
static bool has_no_to_take_back(const struct standing *s)
{
    const struct verdict *v = &s->told;
    bool is_persons = v->voice == VOICE_SELF || v->voice == VOICE_ELSEWHERE;
    if (s->own_no || v->reason == REASON_SUPPRESSED)
        return true;
    if (v->reason == REASON_RESTRICTED) /* until the objection has been weighed */
        return is_persons;
    return reason_is_no(v->reason) && (is_persons || v->voice == VOICE_SIGNAL);
}

/* Whether a Yes does anything here. What rests on no consent takes none: an objection is taken back. */
static bool takes_yes(const struct link_page *p, const struct purpose *purpose, const struct standing *s)
{
    if (purpose->basis == BASIS_CONSENT)
        return link_page_takes_yes(p, purpose);
    return has_no_to_take_back(s);
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
    case REASON_RESTRICTED: /* until the objection has been weighed; or by staff */
        return v->voice == VOICE_SELF ? TEXT_STATE_OBJECTED : TEXT_STATE_HELD;
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
    page_hidden(page, name, notice->version);
}

static void fieldset_write(struct link_page *p, struct page *page, size_t place)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    const struct purpose_texts *texts = link_page_purpose(p, purpose);
    struct standing s = link_page_standing(p, place);
    enum choice choice = choice_of(&s);
    bool has_yes = choice == CHOICE_YES || takes_yes(p, purpose, &s);
    char name[POLICY_KEY_MAX + 3];
    snprintf(name, sizeof name, "p.%s", purpose->key);
    html_open(&page->html, "fieldset");
    page_purpose(page, "legend", texts);
    page_wording(page, "p", &texts->description);
    words_write(p, page, purpose);
    shown_write(p, page, place, choice);
    if (p->is_changed[place])
        page_say(page, "p", TEXT_CHANGED_THIS, NULL);
    state_write(page, &s);
    if (!has_yes && purpose->basis == BASIS_CONSENT)
        page_say(page, "p", TEXT_YES_BY_MAIL, NULL);
    html_open(&page->html, "div");
    html_attribute(&page->html, "class", "choice");
    if (has_yes)
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

static bool has_changed(const struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (p->is_changed[i])
            return true;
    }
    return false;
}

/* What came of the form that was sent. */
static void note_write(const struct link_page *p, struct page *page, enum page_text note)
{
    bool changed = has_changed(p);
    html_open(&page->html, "p");
    html_attribute(&page->html, "class", "done");
    html_attribute(&page->html, "role", "status");
    if (note == TEXT_SAVED || !changed)
        page_words(page, note, NULL);
    if (changed) {
        html_text(&page->html, " ");
        page_words(page, TEXT_CHANGED, NULL);
    }
    html_close(&page->html);
}

/* ${note}: TEXT_SAVED or TEXT_UNCHANGED behind a form; TEXT_CHOICES_INTRO: none was sent. */
static void choices_show(struct link_page *p, enum page_text note)
{
    struct page page;
    link_page_begin(p, &page, TEXT_CHOICES_TITLE);
    if (note != TEXT_CHOICES_INTRO)
        note_write(p, &page, note);
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

/* Whether a Yes was said on sight of what stands. A form that does not tell what it showed is taken as a
 * press of the button, unless that takes a No back: it may be of any day. */
static bool is_yes_to_this(const struct shown *shown, const struct standing *s)
{
    if (shown->is_told)
        return shown->is_current && shown->marked != CHOICE_YES;
    return !has_no_to_take_back(s) && !reason_is_no(s->told.reason);
}

/* The word for a Yes to what is not done; NULL: it is none, or not from here. */
static const char *yes_word(struct link_page *p, size_t place, const struct standing *s)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    struct shown shown = shown_read(p, place);
    if (purpose->retired)
        return NULL;
    p->is_changed[place] = !is_yes_to_this(&shown, s);
    if (p->is_changed[place] || !takes_yes(p, purpose, s))
        return NULL;
    return purpose->basis == BASIS_CONSENT ? "given" : "objection_withdrawn";
}

/* The word for a No, which is written down unless the person's own stands at every identifier and for every
 * entity; NULL: it does, or nobody pressed it: said again it would take back what was said since. */
static const char *no_word(struct link_page *p, size_t place, const struct standing *s, bool is_pressed)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    p->is_changed[place] = !is_pressed && !purpose->retired && (s->allowed || s->allowed_beyond || s->waits);
    if (s->own_no_everywhere || !is_pressed)
        return NULL;
    if (purpose->basis != BASIS_CONSENT)
        return "objected";
    return s->told.reason == REASON_GRANTED || s->allowed_beyond ? "withdrawn" : "refused";
}

static bool is_no_pressed(const struct form *form, const char *key)
{
    return choice_sent(form, key) == CHOICE_NO && shown_marked(form, key) != CHOICE_NO;
}

/* Whether No was pressed to a purpose that this one took the place of while the page was open. */
static bool is_no_to_replaced(const struct link_page *p, const struct purpose *purpose)
{
    const struct policy *policy = link_page_controller(p)->policy;
    for (size_t i = 0; i < REPLACES_MAX && purpose != NULL && purpose->replaces[0] != '\0'; i++) {
        const char *key = purpose->replaces;
        purpose = policy_purpose(policy, key);
        if ((purpose == NULL || purpose->retired) && is_no_pressed(&p->form, key))
            return true;
    }
    return false;
}

/* The word for what was chosen; NULL: it stands already, or nothing was. */
static const char *state_chosen(struct link_page *p, size_t place)
{
    const struct purpose *purpose = &link_page_controller(p)->policy->purposes[place];
    struct standing s = link_page_standing(p, place);
    enum choice sent = choice_sent(&p->form, purpose->key);
    bool is_pressed = is_no_pressed(&p->form, purpose->key) || is_no_to_replaced(p, purpose);
    if (is_pressed || sent == CHOICE_NO)
        return no_word(p, place, &s, is_pressed);
    return sent == CHOICE_YES && !s.allowed ? yes_word(p, place, &s) : NULL;
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
    memset(p->is_changed, 0, sizeof p->is_changed); /* it may be composed once more, under another policy */
    writer_array_begin(w, NULL);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        const char *state = rests_on_choice(purpose) ? state_chosen(p, i) : NULL;
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
