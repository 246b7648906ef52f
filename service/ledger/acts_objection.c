/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"

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
    const char *why = node_string(&grounds, 1, GROUNDS_BYTES_MAX, NULL);
    const struct purpose *purpose = key[0] != '\0' ? policy_purpose(env->controller->policy, key) : NULL;
    int word = node_word(&outcome, outcomes);
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    acts_common_read(&c, &w);
    writer_text(&w, "grounds", why);
    writer_object_end(&w);
    acts_detail_keep(&c, &detail);
    if (key[0] != '\0' && purpose == NULL)
        node_fault(&purpose_node, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    else if (purpose != NULL && !purpose->objection_weighed)
        node_fault(&purpose_node, ERROR_INVALID,
                   "objections to this purpose are absolute: there is nothing to weigh");
    if (purpose != NULL)
        entity_check(&c.root, purpose, c.entity);
    if (!reader_ok(body) || purpose == NULL)
        return;
    struct act *act = acts_add(&c);
    act->purpose = purpose_number_for(purpose, c.entity);
    act->slot = SLOT_OUTCOME;
    act->method = METHOD_API;
    act->rank_base = rank_base(CLASS_CHOICE, word == 0 ? EVENT_UPHELD : EVENT_OVERRIDDEN);
    act->floating = true;
    acts_seal(&c, act);
    acts_tell(&c, purpose, NULL, NULL);
}
