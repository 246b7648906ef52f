/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/guardian_answer.h"

#include "auth/envelope.h"
#include "base/hex.h"
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "wire/writer.h"

#include <assert.h>
#include <string.h>

/* (1) A Yes is of the boxes that were ticked and of nothing else, to the words that the page showed. (2) Its
 * strength is what the purpose asks for, where the page reaches it: who could click the link read that mail
 * box (email); that a second mail leaves for it is what makes it email_plus, and is of the same transaction;
 * the name, sealed, is what makes it signed. (3) A No needs no name, no box and no strength. */

enum strength guardian_strength(const struct purpose *purpose)
{
    const struct guardian_rule *rule = &purpose->guardian;
    if (rule->written || rule->least == STRENGTH_SIGNED)
        return STRENGTH_SIGNED;
    return rule->least == STRENGTH_EMAIL_PLUS ? STRENGTH_EMAIL_PLUS : STRENGTH_EMAIL;
}

/* ---- what is kept beside the event ---- */

static void address_write(const struct ledger_env *env, const char *address, struct writer *w)
{
    char masked[MASK_ADDRESS_SIZE];
    size_t len;
    if (address != NULL &&
        mask_address(address, strlen(address), env->controller->policy->mask, masked, &len))
        writer_string(w, "ip", masked, len);
}

static void agent_write(const struct ledger_env *env, const char *agent, struct writer *w)
{
    if (agent == NULL)
        return;
    size_t len = strlen(agent);
    char *masked = arena_need(env->arena, mask_room(len));
    writer_string(w, "user_agent", masked, mask_text(agent, len, env->controller->policy->mask, masked));
}

static void statement_write(const struct guardian_answer *answer, struct writer *w)
{
    char hex[2 * sizeof answer->statement + 1] = "";
    hex_write(answer->statement, sizeof answer->statement, hex);
    writer_array_begin(w, "documents");
    writer_object_begin(w, NULL);
    writer_text(w, "name", "statement as shown");
    writer_text(w, "sha256", hex);
    writer_object_end(w);
    writer_array_end(w);
}

/* The name, for the officer alone; where nothing asks for a signature there may be nobody to seal it to.
 * Returns false where it could not be sealed. */
static bool signature_write(const struct ledger_env *env, const struct guardian_answer *answer,
                            struct writer *w)
{
    const char *certificate = env->controller->policy->officer_certificate;
    if (certificate == NULL)
        return true;
    struct buf cms;
    buf_init(&cms, 2 * EVIDENCE_BYTES_MAX); /* a name of 200 characters, to a key of 8192 bits */
    bool sealed = envelope_seal(certificate, answer->name, strlen(answer->name), &cms) == 0;
    if (sealed)
        writer_string(w, "signature", cms.data, cms.len);
    buf_free(&cms);
    return sealed;
}

/* As evidence_read has it of a client's. NULL where nothing could be sealed, or memory ran out. */
static const char *evidence_of(const struct ledger_env *env, const struct guardian_answer *answer)
{
    struct buf out;
    buf_init(&out, 3 * EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "how", "button");
    address_write(env, answer->address, &w);
    agent_write(env, answer->user_agent, &w);
    bool complete = true;
    if (answer->action == GUARDIAN_GIVES) {
        statement_write(answer, &w);
        complete = signature_write(env, answer, &w);
    }
    writer_object_end(&w);
    const char *kept = complete && !buf_failed(&out) ? arena_copy(env->arena, out.data, out.len) : NULL;
    buf_free(&out);
    return kept;
}

static const char *detail_of(const struct ledger_env *env, enum strength strength)
{
    struct buf out;
    buf_init(&out, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_object_begin(&w, "expressed_by");
    writer_text(&w, "strength", strength_words[strength]);
    writer_text(&w, "form", "electronic");
    writer_object_end(&w);
    writer_object_end(&w);
    const char *kept = buf_failed(&out) ? NULL : arena_copy(env->arena, out.data, out.len);
    buf_free(&out);
    return kept;
}

/* ---- who ---- */

/* ${tag}, made when a link or a row was, as it is under the key in force, and under the one that is going. */
static bool tag_renew(const struct controller *c, const struct tag *tag, struct tag *ret_tag,
                      struct tag *ret_old)
{
    if (tagger_wrap(c->tagger, tag, ret_tag) != 0)
        return false;
    return c->old_tagger == NULL || tagger_wrap(c->old_tagger, tag, ret_old) == 0 ||
           memcpy(ret_old, tag, sizeof *tag) != NULL; /* it has been moved already */
}

static bool child_of(const struct controller *c, const struct person *asked, struct person *ret_child)
{
    *ret_child = *asked;
    ret_child->rotating = c->old_tagger != NULL;
    for (size_t i = 0; i < asked->count; i++) {
        if (!tag_renew(c, &asked->tags[i], &ret_child->tags[i], &ret_child->old_tags[i]))
            return false;
    }
    return asked->count > 0;
}

static bool guardian_of(const struct controller *c, const struct tag *tag, struct guardian *ret_guardian)
{
    *ret_guardian = (struct guardian){.is_named = true, .rotating = c->old_tagger != NULL};
    return tag_renew(c, tag, &ret_guardian->tag, &ret_guardian->old_tag);
}

/* ---- the acts ---- */

/* (1), (2) */
static void yes_add(struct acts_common *c, const struct purpose *purpose, const struct notice *notice,
                    const struct guardian_answer *answer)
{
    enum strength strength = guardian_strength(purpose);
    struct acts_words words = {.notice = notice};
    if (notice != NULL)
        words.text = notice_text_in(notice, answer->language);
    const char *why;
    assert(guardian_reach(c->env->controller->policy, purpose, &why) == GUARDIAN_BY_PAGE);
    assert((purpose->guardian.roles & 1u << answer->role) != 0);
    (void)why;
    struct act *act = acts_add(c);
    acts_act_on(c, act, purpose);
    act->slot = SLOT_YES;
    act->flags = (uint8_t)(strength | (strength == STRENGTH_SIGNED ? FLAG_WRITTEN : 0));
    act->needs_second = strength == STRENGTH_EMAIL_PLUS; /* (2) */
    act->second_after = c->env->controller->policy->messages.second_after;
    act->detail = detail_of(c->env, strength);
    act->rank_base = rank_base(CLASS_CHOICE, EVENT_GIVEN, notice != NULL);
    act->has_end = !duration_is_zero(purpose->validity);
    act->validity = purpose->validity;
    act->notice = notice != NULL ? notice->number : 0;
    act->effect = acts_words_effect(c, purpose, notice);
    acts_seal(c, act);
    acts_tell(c, purpose, &words);
}

/* (3) */
static void no_add(struct acts_common *c, const struct purpose *purpose, enum guardian_action action)
{
    enum event_state state = purpose->basis != BASIS_CONSENT ? EVENT_OBJECTED
                             : action == GUARDIAN_REFUSES    ? EVENT_REFUSED
                                                             : EVENT_WITHDRAWN;
    struct act *act = acts_add(c);
    acts_act_on(c, act, purpose);
    act->slot = SLOT_NO;
    act->flags = STRENGTH_EMAIL;
    act->rank_base = rank_base(CLASS_CHOICE, state, false);
    act->floating = true;
    act->effect = EFFECT_APPLIED;
    acts_seal(c, act);
    acts_tell(c, purpose, NULL);
}

bool guardian_answer_acts(const struct ledger_env *env, const struct guardian_link *link,
                          const struct guardian_request_job *asked, const struct guardian_answer *answer,
                          struct reader *body, struct acts *ret_acts)
{
    *ret_acts = (struct acts){.needs_record = true};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    struct guardian *guardian = arena_zeroed(env->arena, sizeof *guardian);
    assert(role_is_guardian(answer->role));
    if (!child_of(env->controller, &asked->child, c.person) ||
        !guardian_of(env->controller, &link->guardian, guardian))
        return false;

    /* what all of them have in common */
    c.act.role = answer->role;
    c.act.guardian = guardian;
    c.act.method = METHOD_PREFERENCE_PAGE;
    c.act.answers = asked->which.revision;
    c.act.language = answer->language;
    c.act.evidence = evidence_of(env, answer);
    if (c.act.evidence == NULL)
        return false;

    /* each purpose */
    ret_acts->context.is_array = true;
    for (size_t i = 0; i < answer->purpose_count; i++) {
        if (answer->action == GUARDIAN_GIVES)
            yes_add(&c, answer->purposes[i], answer->notices[i], answer);
        else
            no_add(&c, answer->purposes[i], answer->action);
    }
    acts_check(ret_acts, body);
    return true;
}

/* By number: a link that confirmed names no address, and the ledger keeps whose slot it was. */
void guardian_withdrawal_acts(const struct ledger_env *env, const struct requests_job *requests,
                              const bool *stands, const struct person *child, const char *evidence,
                              struct reader *body, struct acts *ret_acts)
{
    *ret_acts = (struct acts){.context.is_array = true};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    *c.person = *child;
    c.act.method = METHOD_PREFERENCE_PAGE;
    c.act.evidence = evidence;
    for (size_t i = 0; i < requests->count; i++) {
        const struct request_row *r = &requests->rows[i];
        const struct purpose *purpose =
            policy_purpose_numbered(env->controller->policy, r->purpose, &c.entity);
        if (!stands[i] || purpose == NULL)
            continue;
        c.act.role = r->role;
        c.act.guardian_no = r->guardian;
        no_add(&c, purpose, GUARDIAN_WITHDRAWS);
    }
    if (ret_acts->count == 0)
        ret_acts->gone = GONE_LOST;
    acts_check(ret_acts, body);
}
