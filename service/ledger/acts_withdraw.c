/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"

#include <string.h>

/* What is to stop: a purpose, those of a channel, or everything.
 *
 * (1) Who says No, and to which words, is not asked: it is refused only where there is no such purpose,
 * channel or entity, or nothing of it rests on a choice.  (2) It is a choice, whatever it came by: above a
 * copy, and no signal.  (3) Everything, and all of a channel, is one act, on PURPOSE_ALL or the channel's
 * number, or an entity's of these, so that it also stops what the policy comes to ask later.  (4) What such a
 * standing No does not stop goes on, and the answer says so and why; to some of it one can object, and does,
 * where that is asked for too, or where all of one entity is meant. */

/* Where nothing was agreed to there is nothing to withdraw: it is an objection (GDPR art. 21). */
static enum event_state no_state(const struct purpose *purpose)
{
    return purpose != NULL && purpose->basis != BASIS_CONSENT ? EVENT_OBJECTED : EVENT_WITHDRAWN;
}

/* ${purpose} NULL: a standing No, on what the caller says. */
static struct act *no_add(struct acts_common *c, const struct purpose *purpose)
{
    struct act *act = acts_add(c);
    if (purpose != NULL)
        acts_act_on(c, act, purpose);
    act->slot = SLOT_NO;
    act->rank_base = rank_base(CLASS_CHOICE, no_state(purpose), false);
    act->floating = c->act.at == INSTANT_NONE;
    return act;
}

/* ${apart}: beside a standing No. */
static void no_record(struct acts_common *c, const struct purpose *purpose, bool apart)
{
    acts_seal(c, no_add(c, purpose));
    acts_tell(c, purpose, NULL)->is_apart = apart;
}

/* Whether there is anything to stop. */
static bool rests_on_choice(const struct purpose *p)
{
    return basis_is_withdrawable(p->basis) || p->direct_marketing;
}

/* ${objectable}: one can object to it. */
static void not_stopped_tell(struct acts_common *c, const struct purpose *p, bool objectable)
{
    struct receipt_not_stopped *told = receipt_not_stopped_add(&c->acts->context, c->env->arena);
    *told = (struct receipt_not_stopped){
        .purpose = p->key, .reason = lawful_basis_words[p->basis], .objectable = objectable};
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
    no_record(c, purpose, false);
}

static bool is_meant(const struct purpose *p, enum channel channel)
{
    return !p->retired && (channel == CHANNEL_COUNT || p->channel == channel);
}

/* Whether an entity does it. */
static bool is_of(const struct purpose *p, int entity)
{
    return entity == ENTITY_ANY || p->entities == 0 || (p->entities & 1u << entity) != 0;
}

static void standing_no_add(struct acts_common *c, enum channel channel)
{
    const struct policy *policy = c->controller->policy;
    int32_t standing = channel != CHANNEL_COUNT ? purpose_of_channel((int)channel) : PURPOSE_ALL;
    struct purpose_set *over = arena_zeroed(c->env->arena, sizeof *over);
    struct act *act = no_add(c, NULL);
    act->purpose = standing_number_for(policy, standing, c->entity);

    /* what holds for more than it does: for everything, for all entities */
    const int32_t wider[] = {PURPOSE_ALL, standing, standing_number_for(policy, PURPOSE_ALL, c->entity)};
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++) {
        if (wider[i] != act->purpose && (i == 0 || wider[i] != PURPOSE_ALL))
            over->numbers[over->count++] = wider[i];
    }
    act->over = over->count > 0 ? over : NULL;
    acts_seal(c, act);
    c->acts->context.kind = RECEIPT_WITHDRAW_STANDING;
    c->acts->context.standing = act->purpose;
}

/* All purposes of a channel, or (${channel} CHANNEL_COUNT) all; ${object}: what it does not stop is objected
 * to, where that can be, and by who means one entity. Returns whether it is of any. */
static bool withdraw_all(struct acts_common *c, enum channel channel, bool object)
{
    const struct policy *policy = c->controller->policy;
    bool used = channel == CHANNEL_COUNT;
    standing_no_add(c, channel);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (!is_meant(p, channel) || !is_of(p, c->entity))
            continue;
        used = true;
        if (purpose_stopped_by_all(p))
            acts_tell(c, p, NULL);
        else if ((object || c->entity != ENTITY_ANY) && rests_on_choice(p))
            no_record(c, p, true);
        else
            not_stopped_tell(c, p, rests_on_choice(p));
    }
    return used;
}

/* Whether anything of what was named rests on a choice. */
static bool is_a_choice(const struct receipt_context *told)
{
    bool objectable = false;
    for (size_t i = 0; i < told->not_stopped_count; i++)
        objectable = objectable || told->not_stopped[i].objectable;
    return told->act_count > 0 || objectable;
}

/* ${n}: where it was said which. */
static void withdraw_several(struct acts_common *c, const struct node *n, enum channel channel)
{
    struct node object = node_optional(&c->root, "object");
    bool is_objected = node_present(&object) && node_bool(&object);
    if (!withdraw_all(c, channel, is_objected))
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy uses this channel");
    else if (c->acts->count == 0 || (channel != CHANNEL_COUNT && !is_a_choice(&c->acts->context)))
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "nothing of what is to stop rests on a choice");
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
            withdraw_several(c, &channel, (enum channel)word);
        return;
    }
    struct node purpose = node_member(&c->root, "purpose"), object = node_optional(&c->root, "object");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (strcmp(key, "*") == 0) {
        withdraw_several(c, &purpose, CHANNEL_COUNT);
        return;
    }
    if (node_present(&object))
        node_fault(&object, ERROR_INVALID, "only beside purpose * or channel");
    if (key[0] != '\0')
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
        "evidence", "reason",  "entity",  "object",     "on_behalf_of",      NULL};
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

    ret_acts->context.kind = RECEIPT_WITHDRAW; /* unless it is a standing No */
    what_read(&c);
    acts_check(ret_acts, body);
}
