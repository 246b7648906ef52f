/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "page/frame.h"
#include "page/guardian_internal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* What a guardian is shown. */

enum { STATE_DIGITS = 20 };

/* Asked under one policy, it may be answered under another: that one binds the Yes. */
static void reach_find(const struct policy *policy, struct asked_purpose *a)
{
    const char *why;
    enum guardian_reach reach = guardian_reach(policy, a->purpose, &why);
    a->on_paper = reach == GUARDIAN_ON_PAPER && a->waits && !a->gave && !a->refused;
    a->waits = reach == GUARDIAN_BY_PAGE && a->waits;
}

bool guardian_asked_at(const struct guardian_page *g, const struct policy *policy, size_t i,
                       struct asked_purpose *ret_asked)
{
    const struct guardian_asked *a = &g->asked.asked[i];
    *ret_asked = (struct asked_purpose){.purpose = policy_purpose_numbered(policy, a->purpose, NULL),
                                        .gave = a->said != 0 && !event_state_is_no(rank_state(a->said)),
                                        .refused = a->said != 0 && event_state_is_no(rank_state(a->said)),
                                        .said = rank_time(a->said),
                                        .waits = !a->is_left && a->valid_until > g->asked.as_of};
    if (ret_asked->purpose == NULL || ret_asked->purpose->retired)
        return false;
    reach_find(policy, ret_asked);
    /* the mail that would take it back has left: who still wants a Yes asks again */
    if (guardian_strength(ret_asked->purpose) == STRENGTH_EMAIL_PLUS && !g->asked.second_waits)
        ret_asked->waits = false;
    if (ret_asked->purpose->notice[0] != '\0')
        ret_asked->notice = policy_notice(policy, ret_asked->purpose->notice, NULL, g->asked.as_of);
    return true;
}

/* What a form names (3). */
int64_t guardian_said_last(const struct guardian_page *g)
{
    int64_t last = 0;
    for (size_t i = 0; i < g->asked.count; i++)
        last = g->asked.asked[i].said_at > last ? g->asked.asked[i].said_at : last;
    return last;
}

static const char *language_of(struct call *call, const struct guardian_page *g,
                               const struct policy_texts *texts)
{
    return page_language(call, texts, g->asked.count > 0 ? g->asked.asked[0].language : NULL);
}

/* ---- the statement ---- */

static void words_hash(EVP_MD_CTX *ctx, const char *text)
{
    EVP_DigestUpdate(ctx, text, strlen(text) + 1);
}

bool guardian_statement(const struct guardian_page *g, const struct controller *c, const char *language,
                        uint8_t ret_hash[32])
{
    static const enum page_text said[] = {TEXT_GUARDIAN_TITLE, TEXT_GUARDIAN_INTRO, TEXT_GUARDIAN_TICK,
                                          TEXT_GUARDIAN_SIGN, TEXT_GUARDIAN_GIVE};
    const struct policy_texts *texts = controller_texts(c);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool made = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    if (made) {
        words_hash(ctx, language);
        words_hash(ctx, wording_in(texts, &texts->name, language).text);
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            words_hash(ctx, policy_texts_page_or_english(texts, said[i], language));
    }
    for (size_t i = 0; made && i < g->asked.count; i++) {
        struct asked_purpose a;
        if (!guardian_asked_at(g, c->policy, i, &a) || !(a.waits || a.on_paper || a.gave))
            continue;
        words_hash(ctx, a.purpose->key);
        if (a.on_paper)
            words_hash(ctx, policy_texts_page_or_english(texts, TEXT_GUARDIAN_PAPER, language));
        if (a.notice != NULL) {
            const struct notice_text *text = notice_text_in(a.notice, language);
            words_hash(ctx, a.notice->id);
            words_hash(ctx, a.notice->version);
            EVP_DigestUpdate(ctx, text->sha256, sizeof text->sha256);
        }
    }
    made = made && EVP_DigestFinal_ex(ctx, ret_hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return made;
}

/* ---- what is shown ---- */

static void purpose_words(struct page *p, const struct asked_purpose *a)
{
    const struct purpose_texts *texts = policy_texts_purpose(p->texts, a->purpose->key);
    const struct notice_wordings *notice =
        a->notice != NULL ? policy_texts_notice(p->texts, a->notice->id, a->notice->version) : NULL;
    if (texts != NULL)
        page_wording(p, "p", &texts->description);
    if (notice != NULL)
        page_wording(p, "blockquote", &notice->texts);
}

static void purpose_name(struct page *p, const struct asked_purpose *a, const char *element)
{
    const struct purpose_texts *texts = policy_texts_purpose(p->texts, a->purpose->key);
    page_purpose(p, element, texts != NULL ? texts : &(struct purpose_texts){.key = a->purpose->key});
}

/* What this guardian said of it before. */
static void said_write(struct page *p, const struct asked_purpose *a)
{
    char day[PAGE_DAY_MAX];
    if (!a->gave && !a->refused)
        return;
    page_day(p, a->said, day);
    page_say(p, "p", a->gave ? TEXT_GUARDIAN_GAVE : TEXT_GUARDIAN_REFUSED, day);
}

void guardian_box(const struct purpose *purpose, char ret_name[GUARDIAN_BOX_MAX])
{
    snprintf(ret_name, GUARDIAN_BOX_MAX, "p%d", (int)purpose->number);
}

/* (1): only what its reader ticked, in a form that lacked something else; to other words it is none. */
static bool is_ticked_again(const struct guardian_page *g, const struct purpose *purpose)
{
    return guardian_is_mended(g) && g->said != TEXT_GUARDIAN_CHANGED && guardian_is_ticked(g, purpose);
}

static void box_write(struct page *p, const struct guardian_page *g, const struct asked_purpose *a)
{
    char name[GUARDIAN_BOX_MAX];
    guardian_box(a->purpose, name);
    html_open(&p->html, "fieldset");
    purpose_name(p, a, "legend");
    purpose_words(p, a);
    said_write(p, a);
    html_open(&p->html, "div");
    html_attribute(&p->html, "class", "choice");
    html_open(&p->html, "label");
    html_open(&p->html, "input"); /* (1) */
    html_attribute(&p->html, "type", "checkbox");
    html_attribute(&p->html, "name", name);
    html_attribute(&p->html, "value", "yes");
    html_attribute(&p->html, "checked", is_ticked_again(g, a->purpose) ? "" : NULL);
    html_close(&p->html);
    page_words(p, TEXT_GUARDIAN_TICK, NULL);
    html_close(&p->html);
    html_close(&p->html);
    html_close(&p->html);
}

/* What is asked for, and cannot be agreed to here. */
static void paper_write(struct page *p, const struct asked_purpose *a)
{
    html_open(&p->html, "section");
    purpose_name(p, a, "h2");
    purpose_words(p, a);
    page_say(p, "p", TEXT_GUARDIAN_PAPER, page_controller(p));
    html_close(&p->html);
}

static const enum page_text role_texts[] = {[ROLE_PARENT] = TEXT_ROLE_PARENT,
                                            [ROLE_CARER] = TEXT_ROLE_CARER,
                                            [ROLE_LEGAL_REPRESENTATIVE] = TEXT_ROLE_LEGAL_REPRESENTATIVE};

unsigned guardian_roles(const struct guardian_page *g, const struct policy *policy)
{
    unsigned roles = 1u << ROLE_PARENT | 1u << ROLE_CARER | 1u << ROLE_LEGAL_REPRESENTATIVE;
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (guardian_asked_at(g, policy, i, &a) && a.waits && !a.gave)
            roles &= a.purpose->guardian.roles;
    }
    return roles;
}

static void roles_write(struct page *p, const struct guardian_page *g, unsigned roles)
{
    html_open(&p->html, "fieldset");
    page_say(p, "legend", TEXT_GUARDIAN_ROLE, NULL);
    for (unsigned role = ROLE_PARENT; role <= ROLE_LEGAL_REPRESENTATIVE; role++) {
        if ((roles & 1u << role) == 0)
            continue;
        html_open(&p->html, "div");
        html_attribute(&p->html, "class", "choice");
        html_open(&p->html, "label");
        html_open(&p->html, "input");
        html_attribute(&p->html, "type", "radio");
        html_attribute(&p->html, "name", "role");
        html_attribute(&p->html, "value", role_word((enum role)role));
        html_attribute(&p->html, "checked",
                       guardian_is_mended(g) && g->answer.role == (enum role)role ? "" : NULL);
        html_close(&p->html);
        page_words(p, role_texts[role], NULL);
        html_close(&p->html);
        html_close(&p->html);
    }
    html_close(&p->html);
}

static void name_write(struct page *p, const char *typed)
{
    html_open(&p->html, "p");
    html_open(&p->html, "label");
    html_attribute(&p->html, "for", "name");
    page_words(p, TEXT_GUARDIAN_SIGN, NULL);
    html_close(&p->html);
    html_open(&p->html, "input");
    html_attribute(&p->html, "type", "text");
    html_attribute(&p->html, "id", "name");
    html_attribute(&p->html, "name", "name");
    html_attribute(&p->html, "autocomplete", "name");
    html_attribute(&p->html, "maxlength", "200");
    html_attribute(&p->html, "value", typed);
    html_close(&p->html);
    html_close(&p->html);
}

static void hidden_write(struct page *p, const char *name, const char *value)
{
    html_open(&p->html, "input");
    html_attribute(&p->html, "type", "hidden");
    html_attribute(&p->html, "name", name);
    html_attribute(&p->html, "value", value);
    html_close(&p->html);
}

/* (3) */
static void state_write(struct page *p, const struct guardian_page *g)
{
    char state[STATE_DIGITS + 1];
    snprintf(state, sizeof state, "%lld", (long long)guardian_said_last(g));
    hidden_write(p, "state", state);
}

/* What there is to do: which of the buttons the page has. */
struct to_do {
    bool may_give, may_withdraw;
    bool on_paper; /* something is asked that cannot be given here */
};

static struct to_do to_do_of(const struct guardian_page *g, const struct policy *policy)
{
    struct to_do d = {0};
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (!guardian_asked_at(g, policy, i, &a))
            continue;
        d.may_give |= a.waits && !a.gave; /* (2) */
        d.on_paper |= a.on_paper;
        d.may_withdraw |= a.gave;
    }
    if (d.may_give && guardian_roles(g, policy) == 0) { /* nobody may say all of it any more */
        d.may_give = false;
        d.on_paper = true;
    }
    return d;
}

/* (1): who knows nothing of it, or wants none of it, need not look further. */
static void refuse_write(struct page *p, const struct guardian_page *g)
{
    page_say(p, "p", TEXT_GUARDIAN_UNKNOWN, NULL);
    page_form(p);
    state_write(p, g);
    html_open(&p->html, "div");
    html_attribute(&p->html, "class", "answers");
    page_button(p, TEXT_GUARDIAN_REFUSE, "action", "refuse", NULL);
    html_close(&p->html);
    html_close(&p->html);
}

/* What is asked and has no box. */
static void papers_write(struct page *p, const struct guardian_page *g, const struct policy *policy,
                         bool may_give)
{
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (guardian_asked_at(g, policy, i, &a) && (a.on_paper || (!may_give && a.waits && !a.gave)))
            paper_write(p, &a);
    }
}

static void ask_write(struct page *p, const struct guardian_page *g, const struct controller *c)
{
    const struct policy *policy = c->policy;
    uint8_t hash[32];
    char statement[2 * sizeof hash + 1] = "";
    if (guardian_statement(g, c, p->language, hash))
        hex_write(hash, sizeof hash, statement);
    page_say(p, "p", TEXT_GUARDIAN_INTRO, page_controller(p));
    refuse_write(p, g);
    page_form(p);
    hidden_write(p, "statement", statement);
    hidden_write(p, "language", p->language);
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (guardian_asked_at(g, policy, i, &a) && a.waits && !a.gave)
            box_write(p, g, &a);
    }
    roles_write(p, g, guardian_roles(g, policy));
    name_write(p, guardian_name_again(g));
    state_write(p, g);
    html_open(&p->html, "div");
    html_attribute(&p->html, "class", "answers");
    page_button(p, TEXT_GUARDIAN_GIVE, "action", "give", NULL);
    page_button(p, TEXT_GUARDIAN_REFUSE, "action", "refuse", NULL); /* (1): as big, as near */
    html_close(&p->html);
    html_close(&p->html);
}

static void given_write(struct page *p, const struct guardian_page *g, const struct policy *policy)
{
    html_open(&p->html, "ul");
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (!guardian_asked_at(g, policy, i, &a) || (!a.gave && !a.refused))
            continue;
        html_open(&p->html, "li");
        purpose_name(p, &a, "h2");
        said_write(p, &a);
        html_close(&p->html);
    }
    html_close(&p->html);
}

static void withdraw_write(struct page *p, const struct guardian_page *g)
{
    page_form(p);
    state_write(p, g);
    page_say(p, "p", TEXT_GUARDIAN_WITHDRAW_HOW, NULL);
    page_button(p, TEXT_GUARDIAN_WITHDRAW, "action", "withdraw", NULL);
    html_close(&p->html);
}

/* What is to be mended in a form is said above one; of what cannot be agreed to here, that nothing was
 * recorded. */
static void said_above(struct page *p, const struct guardian_page *g, const struct to_do *d)
{
    bool is_mended = guardian_is_mended(g);
    if (g->said == TEXT_NONE || (is_mended && !d->may_give && !d->on_paper))
        return;
    html_open(&p->html, "p");
    html_attribute(&p->html, "role", g->said == TEXT_GUARDIAN_RECORDED ? "status" : "alert");
    page_words(p, is_mended && !d->may_give ? TEXT_GUARDIAN_NOTHING : g->said, NULL);
    html_close(&p->html);
}

void guardian_show(struct guardian_page *g, int status)
{
    struct call *call = g->recording.attempt.call;
    const struct controller *c = g->recording.attempt.controller;
    struct to_do d = to_do_of(g, c->policy);
    bool asks = d.may_give || d.on_paper;
    bool is_over = !asks && guardian_said_last(g) == 0;
    struct page p;
    page_begin(&p, call, controller_texts(c), language_of(call, g, controller_texts(c)),
               asks      ? TEXT_GUARDIAN_TITLE
               : is_over ? TEXT_OVER_TITLE
                         : TEXT_GUARDIAN_SAID_TITLE);
    said_above(&p, g, &d);
    if (d.may_give)
        ask_write(&p, g, c);
    else if (d.on_paper)
        refuse_write(&p, g);
    papers_write(&p, g, c->policy, d.may_give);
    if (guardian_said_last(g) != 0)
        given_write(&p, g, c->policy);
    if (d.may_withdraw)
        withdraw_write(&p, g);
    if (is_over)
        page_say(&p, "p", TEXT_GUARDIAN_OVER, NULL);
    page_answer(&p, is_over ? 410 : status);
}
