/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"
#include "ledger/free_text.h"

/* The purpose that was objected to; NULL, with a fault, where there is nothing to weigh. */
static const struct purpose *weighed_find(const struct acts_common *c, const struct node *n, const char *key)
{
    if (key[0] == '\0')
        return NULL;
    const struct purpose *purpose = policy_purpose(c->controller->policy, key);
    if (purpose == NULL) {
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        return NULL;
    }
    if (!purpose->objection_weighed)
        node_fault(n, ERROR_INVALID, "objections to this purpose are absolute: there is nothing to weigh");
    entity_check(&c->root, purpose, c->entity);
    return purpose;
}

static void outcome_add(struct acts_common *c, const struct purpose *purpose, bool upheld)
{
    struct act *act = acts_add(c);
    acts_act_on(c, act, purpose);
    act->slot = SLOT_OUTCOME;
    act->role = ROLE_CONTROLLER;
    act->method = METHOD_API;
    act->rank_base = rank_base(CLASS_CHOICE, upheld ? EVENT_UPHELD : EVENT_OVERRIDDEN, false);
    act->floating = true;
    acts_seal(c, act);
    acts_tell(c, purpose, NULL);
}

void objection_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    static const char *const members[] = {"subject", "purpose", "entity", "outcome", "grounds", "ref", NULL};
    static const char *const outcomes[] = {"upheld", "overridden", NULL};
    *ret_acts = (struct acts){0};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node purpose_node = node_member(&c.root, "purpose"), outcome = node_member(&c.root, "outcome"),
                grounds = node_member(&c.root, "grounds");
    const char *key = node_string(&purpose_node, 1, POLICY_KEY_MAX, NULL);
    const char *why = free_text_read(env->arena, env->controller->policy, &grounds, GROUNDS_BYTES_MAX);
    int word = node_word(&outcome, outcomes);

    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    acts_common_read(&c, &w);
    writer_text(&w, "grounds", why);
    writer_object_end(&w);
    acts_detail_keep(&c, &detail);

    const struct purpose *purpose = weighed_find(&c, &purpose_node, key);
    if (reader_ok(body) && purpose != NULL)
        outcome_add(&c, purpose, word == 0);
    acts_check(ret_acts, body);
}
