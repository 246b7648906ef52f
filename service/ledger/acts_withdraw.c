/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"

#include <string.h>

/* What is to stop: a purpose, those of a channel, or everything.
 *
 * (1) Who says No, and to which words, is not asked: it is refused only where there is no such purpose,
 * channel or entity, or nothing of it rests on a choice.  (2) It is a choice, whatever it came by: above a
 * signal and a copy.  (3) Everything is one act, on PURPOSE_ALL, so that it also stops what the policy
 * comes to ask later; of one entity it is an act for each purpose.  (4) What rests on no choice goes on,
 * and the answer says so and why. */

/* Where nothing was agreed to there is nothing to withdraw: it is an objection (GDPR art. 21). */
static enum event_state no_state(const struct purpose *purpose)
{
    return purpose != NULL && purpose->basis != BASIS_CONSENT ? EVENT_OBJECTED : EVENT_WITHDRAWN;
}

/* ${purpose} NULL: of everything. */
static void no_add(struct acts_common *c, const struct purpose *purpose)
{
    enum event_state state = no_state(purpose);
    struct act *act = acts_add(c);
    act->purpose = purpose != NULL ? purpose_number_for(purpose, c->entity) : PURPOSE_ALL;
    act->rank_base = rank_base(CLASS_CHOICE, state); /* a withdrawal is a choice, whatever it came by */
    act->floating = c->act.at == INSTANT_NONE;
    acts_seal(c, act);
    if (purpose != NULL)
        acts_tell(c, purpose, NULL, NULL);
}

/* Whether there is anything to stop. */
static bool rests_on_choice(const struct purpose *p)
{
    return basis_is_withdrawable(p->basis) || p->direct_marketing;
}

static void not_stopped_tell(struct acts_common *c, const struct purpose *p)
{
    receipt_not_stopped_add(&c->acts->context, c->env->arena, p->key, lawful_basis_words[p->basis]);
}

static void withdraw_one(struct acts_common *c, const struct node *n, const char *key)
{
    const struct purpose *purpose = policy_purpose(c->controller->policy, key);
    if (purpose == NULL) {
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        return;
    }
    if (!rests_on_choice(purpose)) {
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "this purpose does not rest on a choice");
        return;
    }
    entity_check(&c->root, purpose, c->entity);
    no_add(c, purpose);
}

static void withdraw_all(struct acts_common *c)
{
    const struct policy *policy = c->controller->policy;
    c->acts->context.kind = RECEIPT_WITHDRAW_ALL;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (p->retired)
            continue;
        if (purpose_stopped_by_all(p))
            acts_tell(c, p, NULL, NULL);
        else
            not_stopped_tell(c, p);
    }
    no_add(c, NULL);
}

static bool is_meant(const struct purpose *p, enum channel channel)
{
    return !p->retired && (channel == CHANNEL_COUNT || p->channel == channel);
}

/* Each purpose of a channel (or, for one entity, of all channels: ${channel} CHANNEL_COUNT) by itself. */
static void withdraw_each(struct acts_common *c, const struct node *n, enum channel channel)
{
    const struct policy *policy = c->controller->policy;
    bool used = false;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (!is_meant(p, channel))
            continue;
        used = true;
        if (rests_on_choice(p))
            no_add(c, p);
        else
            not_stopped_tell(c, p);
    }
    if (!used)
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy uses this channel");
    else if (c->acts->count == 0)
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "no purpose of this channel rests on a choice");
}

static void what_read(struct acts_common *c)
{
    struct node channel = node_optional(&c->root, "channel");
    if (node_present(&channel)) {
        struct node purpose = node_optional(&c->root, "purpose");
        if (node_present(&purpose))
            node_fault(&channel, ERROR_INVALID, "either purpose or channel");
        int word = node_word(&channel, channel_words);
        if (word >= 0)
            withdraw_each(c, &channel, (enum channel)word);
        return;
    }
    struct node purpose = node_member(&c->root, "purpose");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (strcmp(key, "*") == 0 && c->entity != ENTITY_ANY)
        withdraw_each(c, &purpose, CHANNEL_COUNT);
    else if (strcmp(key, "*") == 0)
        withdraw_all(c);
    else if (key[0] != '\0')
        withdraw_one(c, &purpose, key);
}

static void method_read(struct acts_common *c)
{
    struct node n = node_optional(&c->root, "collection_method");
    int word = node_present(&n) ? node_word(&n, collection_method_words) : METHOD_API;
    c->act.method = word >= 0 ? (enum collection_method)word : METHOD_API;
}

static const char *reason_read(const struct acts_common *c)
{
    static const char *const reasons[] = {"person", "complaint", "staff", NULL};
    struct node n = node_optional(&c->root, "reason");
    int word = node_present(&n) ? node_word(&n, reasons) : 0;
    return reasons[word >= 0 ? word : 0];
}

void withdraw_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    static const char *const members[] = {
        "subject",  "purpose", "channel", "event_time", "collection_method", "ref", "expressed_by",
        "evidence", "reason",  "entity",  NULL};
    *ret_acts = (struct acts){0};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    method_read(&c);

    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    acts_common_read(&c, &w);
    writer_text(&w, "reason", reason_read(&c));
    writer_object_end(&w);
    acts_detail_keep(&c, &detail);

    ret_acts->context.kind = RECEIPT_WITHDRAW; /* unless it is of everything */
    what_read(&c);
    acts_check(ret_acts, body);
}
