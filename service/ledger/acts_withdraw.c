/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"

#include <string.h>

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

void withdraw_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    static const char *const members[] = {
        "subject",  "purpose", "channel", "event_time", "collection_method", "ref", "expressed_by",
        "evidence", "reason",  "entity",  NULL};
    static const char *const reasons[] = {"person", "complaint", "staff", NULL};
    *ret_acts = (struct acts){0};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node method = node_optional(&c.root, "collection_method"),
                reason = node_optional(&c.root, "reason");
    int method_word = node_present(&method) ? node_word(&method, collection_method_words) : METHOD_API;
    int reason_word_index = node_present(&reason) ? node_word(&reason, reasons) : 0;
    c.act.method = method_word >= 0 ? (enum collection_method)method_word : METHOD_API;
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    acts_common_read(&c, &w);
    writer_text(&w, "reason", reasons[reason_word_index >= 0 ? reason_word_index : 0]);
    writer_object_end(&w);
    acts_detail_keep(&c, &detail);
    ret_acts->context.kind = RECEIPT_WITHDRAW; /* unless it is of all purposes */
    what_read(&c);
}
