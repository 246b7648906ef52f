/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/guardian_request.h"

#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/guardian_answer.h"
#include "ledger/links.h"
#include "ledger/mail_box.h"
#include "ledger/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A request is read into acts as a consent is: who the child is and what was told of the age, then each
 * purpose. None of them is a Yes of the child's, who has none to give. */

static const char *const request_members[] = {"subject",  "guardian", "purposes", "minor",
                                              "language", "ref",      "evidence", NULL};

/* ---- the guardian ---- */

static const char own_mail[] = "the child reads this too: ask the guardian on paper";

static void guardian_read(const struct ledger_env *env, const struct node *root,
                          struct guardian_request *ret_request)
{
    struct node guardian = node_member(root, "guardian"), subject = node_optional(root, "subject");
    if (!node_is_object(&guardian) || !tagged_read(&guardian, env->controller, &ret_request->guardian))
        return;
    if (!mail_box_read(&guardian, env->controller, &ret_request->to))
        node_fault(&guardian, ERROR_INVALID,
                   "must be an e-mail address or a phone number: a link goes there");
    else if (node_present(&subject) && mail_box_is_of(&subject, env->controller, &ret_request->to))
        node_fault(&guardian, ERROR_INVALID, own_mail);
}

static void tags_add(struct guardian_request_tags *t, const struct controller *c, const struct tag *tag,
                     const struct tag *old_tag)
{
    t->tags[t->count++] = *tag;
    if (c->old_tagger != NULL)
        t->tags[t->count++] = *old_tag;
}

static void tags_of_guardian(struct guardian_request_tags *t, const struct controller *c,
                             const struct guardian_request *request)
{
    struct identifier mail_box = mail_box_of(&request->to);
    struct tagged own;
    tags_add(t, c, &request->guardian.tag, &request->guardian.old_tag);
    if (mail_box.len == request->to.len)
        return;
    tagged_make(&mail_box, c, &own);
    tags_add(t, c, &own.tag, &own.old_tag);
}

struct guardian_request_tags guardian_request_tags_of(const struct ledger_env *env, const char *body,
                                                      size_t len)
{
    struct guardian_request_tags t = {0}, none = {0};
    struct guardian_request request = {0};
    const struct controller *c = env->controller;
    struct person child = {0};
    struct reader own; /* what is wrong is told by whoever records */
    bool is_read = reader_open(&own, body, len) == ERROR_NONE;
    if (is_read) {
        struct node root = reader_root(&own);
        guardian_read(env, &root, &request);
        person_read_leniently(&root, c, &child);
        is_read = reader_ok(&own);
    }
    for (size_t i = 0; is_read && i < child.count; i++) {
        if (child.types[i] != IDENTIFIER_VISITOR)
            tags_add(&t, c, &child.tags[i], &child.old_tags[i]);
    }
    t.child = t.count;
    if (is_read)
        tags_of_guardian(&t, c, &request);
    reader_close(&own);
    return is_read ? t : none;
}

/* ---- the purposes ---- */

static bool is_cookie_free(const struct policy *policy, const struct purpose *p)
{
    return policy->cookies_none && p->channel == CHANNEL_WEB && p->basis == BASIS_CONSENT;
}

/* What the page cannot reach is asked for on paper. A soft opt-in rests on a sale: no guardian's Yes stands
 * for one. */
enum guardian_reach guardian_reach(const struct policy *policy, const struct purpose *purpose,
                                   const char **ret_why)
{
    const struct guardian_rule *rule = &purpose->guardian;
    *ret_why = NULL;
    if (purpose->retired || rule->minors != MINORS_GUARDIAN || purpose->basis == BASIS_SOFT_OPT_IN ||
        is_cookie_free(policy, purpose)) {
        *ret_why = "no guardian is asked for this purpose";
        return GUARDIAN_NOT_ASKED;
    }
    if (rule->least > STRENGTH_SIGNED)
        *ret_why = "asks for more than a page can prove: ask the guardian in person";
    else if ((rule->least == STRENGTH_SIGNED || rule->written) && policy->officer_certificate == NULL)
        *ret_why = "asks for a signature, and the policy has no officer.certificate to seal the name to: ask "
                   "the guardian on paper";
    else if (rule->least == STRENGTH_EMAIL_PLUS && !policy->messages.has_endpoint)
        *ret_why = "asks for a second mail, and the policy has no messages.endpoint that it would leave by: "
                   "ask the guardian on paper";
    return *ret_why == NULL ? GUARDIAN_BY_PAGE : GUARDIAN_ON_PAPER;
}

static void purpose_check(const struct policy *policy, const struct guardian_request *request,
                          const struct purpose *p, const struct node *n)
{
    const char *why;
    if (guardian_reach(policy, p, &why) != GUARDIAN_BY_PAGE)
        node_fault(n, ERROR_INVALID, why);
    else if (p->guardian.least == STRENGTH_EMAIL_PLUS && request->to.type != IDENTIFIER_EMAIL)
        node_fault(n, ERROR_INVALID, "asks for a second mail: name an e-mail address of the guardian's");
}

static const struct purpose *purpose_of(const struct policy *policy, const struct node *n)
{
    const char *key = node_string(n, 1, POLICY_KEY_MAX, NULL);
    const struct purpose *p = key[0] != '\0' ? policy_purpose(policy, key) : NULL;
    if (key[0] != '\0' && p == NULL)
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    return p;
}

static void purposes_read(const struct ledger_env *env, const struct node *root,
                          struct guardian_request *request)
{
    struct node purposes = node_member(root, "purposes");
    size_t count = node_elements(&purposes, 1, PURPOSES_PER_CALL_MAX);
    unsigned roles = ~0u; /* who may act for all of them: a guardian is in one */
    request->purposes = arena_need(env->arena, (count + 1) * sizeof *request->purposes);
    request->keys = arena_need(env->arena, (count + 1) * sizeof *request->keys);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&purposes, i);
        const struct purpose *p = purpose_of(env->controller->policy, &n);
        if (p == NULL)
            continue;
        purpose_check(env->controller->policy, request, p, &n);
        for (size_t k = 0; k < request->purpose_count; k++)
            if (request->purposes[k] == p)
                node_fault(&n, ERROR_INVALID, "stands twice");
        if (p->guardian.minors == MINORS_GUARDIAN)
            roles &= p->guardian.roles;
        if (roles == 0)
            node_fault(&n, ERROR_INVALID, "no role may act for this and those before it: ask for them apart");
        request->keys[request->purpose_count] = p->key;
        request->purposes[request->purpose_count++] = p;
    }
}

/* ---- the body ---- */

/* A request of one purpose, which waits beside what stands. */
static void request_add(struct acts_common *c, const struct purpose *purpose)
{
    struct acts_words words = acts_words_of(c, purpose, false);
    struct act *act = acts_add(c);
    acts_act_on(c, act, purpose);
    act->slot = SLOT_PENDING;
    act->rank_base = rank_base(CLASS_CHOICE, EVENT_REQUESTED, words.notice != NULL);
    act->has_end = true;
    act->validity = (struct duration){.days = GUARDIAN_ANSWER_DAYS};
    act->notice = words.notice != NULL ? words.notice->number : 0;
    act->effect = EFFECT_PENDING;
    acts_seal(c, act);
    acts_tell(c, purpose, &words);
}

static bool is_second_needed(const struct guardian_request *request)
{
    for (size_t i = 0; i < request->purpose_count; i++) {
        if (guardian_strength(request->purposes[i]) == STRENGTH_EMAIL_PLUS)
            return true;
    }
    return false;
}

/* What the guardian is sent, with the first of the requests: the link, and later, where a purpose asks for
 * it, the second mail, which takes the Yes back. */
static void messages_put(const struct ledger_env *env, const struct node *root,
                         struct guardian_request *request, struct act *act)
{
    struct message m = {.kind = MESSAGE_GUARDIAN_REQUEST,
                        .to = request->to,
                        .language = act->language,
                        .span = (int32_t)request->purpose_count,
                        .guardian = &request->guardian.tag,
                        .purposes = request->keys,
                        .purpose_count = request->purpose_count};
    struct tag *to = arena_need(env->arena, sizeof *to);
    *to = request->guardian.tag;
    act->message_to = to;
    act->message = message_seal(env, &m, &act->message_len);
    bool sealed = act->message != NULL;
    if (is_second_needed(request)) {
        m.kind = MESSAGE_GUARDIAN_SECOND;
        act->second = message_seal(env, &m, &act->second_len);
        sealed = sealed && act->second != NULL;
    }
    if (!sealed)
        node_fault(root, ERROR_OVERLOADED, "no random bytes");
}

/* An age has to be told: else nobody would know that a guardian is needed. */
static void child_read(struct acts_common *c)
{
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    acts_common_read(c, &w);
    struct node minor = node_member(&c->root, "minor");
    acts_facts_read(c, &w);
    writer_object_end(&w);
    acts_detail_keep(c, &detail);
    c->act.method = METHOD_API;
    if (node_present(&minor) && acts_tell_of_age(c))
        node_fault(&minor, ERROR_INVALID, "may decide alone by now");
}

/* The ledger keeps whom it was, so that the link is over with the guardian's own address. */
static const struct guardian *guardian_asked(const struct ledger_env *env, const struct tagged *tagged)
{
    struct guardian *guardian = arena_zeroed(env->arena, sizeof *guardian);
    *guardian = (struct guardian){.is_named = true,
                                  .tag = tagged->tag,
                                  .old_tag = tagged->old_tag,
                                  .rotating = env->controller->old_tagger != NULL};
    return guardian;
}

void guardian_request_read(const struct ledger_env *env, struct reader *body, bool reads_own_mail,
                           struct acts *ret_acts)
{
    *ret_acts = (struct acts){.needs_record = true};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    struct guardian_request request = {0};
    if (!node_present(&c.root))
        return;
    node_only(&c.root, request_members);
    child_read(&c);
    guardian_read(env, &c.root, &request);
    struct node guardian = node_optional(&c.root, "guardian");
    if (reads_own_mail)
        node_fault(&guardian, ERROR_INVALID, own_mail);
    purposes_read(env, &c.root, &request);
    c.act.guardian = guardian_asked(env, &request.guardian);
    ret_acts->context.is_array = true;
    for (size_t i = 0; i < request.purpose_count; i++)
        request_add(&c, request.purposes[i]);
    if (env->controller->policy->messages.has_endpoint && reader_ok(body))
        messages_put(env, &c.root, &request, &ret_acts->list[0]);
    acts_check(ret_acts, body);
}

struct guardian_request guardian_request_of(const struct ledger_env *env, struct reader *body)
{
    struct guardian_request request = {0};
    struct node root = reader_root(body);
    guardian_read(env, &root, &request);
    purposes_read(env, &root, &request);
    return request;
}

/* ---- the link ---- */

int guardian_link_url(const struct link_keys *keys, const char *public_url, const struct guardian_link *link,
                      char ret_url[GUARDIAN_URL_MAX])
{
    char token[LINK_TEXT_MAX + 1];
    struct link sealed = {.controller_id = link->controller_id, .expires = link->expires};
    guardian_link_pack(&link->which, &link->guardian, &sealed);
    if (link_seal(keys, LINK_GUARDIAN, &sealed, token) != 0)
        return -1;
    int len = snprintf(ret_url, GUARDIAN_URL_MAX, "%s/g/%s", public_url, token);
    return len >= 0 && len < GUARDIAN_URL_MAX ? 0 : -1;
}

int guardian_link_open(const struct link_keys *keys, const char *token, size_t len,
                       struct guardian_link *ret_link)
{
    struct link sealed;
    if (link_open(keys, LINK_GUARDIAN, token, len, &sealed) != 0)
        return -1;
    ret_link->controller_id = sealed.controller_id;
    ret_link->expires = sealed.expires;
    return guardian_link_unpack(&sealed, &ret_link->which, &ret_link->guardian) ? 0 : -1;
}
