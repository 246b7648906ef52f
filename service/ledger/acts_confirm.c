/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"
#include "ledger/acts_internal.h"
#include "ledger/evidence.h"
#include "ledger/receipt.h"

/* What the person confirms: the purpose of the request, under the words in force now. The ledger knows the
 * request itself, and whether it still waits. */
static void confirmation_add(struct acts_common *c, const struct confirm_token *token)
{
    const struct policy *policy = c->controller->policy;
    const struct purpose *purpose = policy_purpose_numbered(policy, token->purpose, &c->entity);
    if (purpose == NULL)
        return; /* no longer in the policy */
    const struct notice_text *text = NULL;
    const struct notice *notice = policy_notice(policy, purpose->notice, NULL, c->env->now);
    if (notice != NULL)
        text = notice_text_in(notice, NULL);
    struct act *act = acts_add(c);
    act->purpose = token->purpose;
    act->method = METHOD_DOUBLE_OPT_IN;
    act->has_end = !duration_is_zero(purpose->validity);
    act->validity = purpose->validity;
    act->needs_guardian = purpose->guardian.minors != MINORS_ALLOWED;
    acts_seal(c, act);
    acts_tell(c, purpose, notice, text);
    c->acts->confirmation =
        (struct confirmation){.subject_no = token->subject_no, .revision = token->revision};
}

void confirm_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    static const char *const members[] = {"token", "evidence", NULL};
    *ret_acts = (struct acts){0};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node n = node_member(&c.root, "token");
    size_t len;
    const char *text = node_string(&n, 1, 4096, &len);
    c.act.evidence = evidence_read(env, &c.root);
    struct confirm_token token;
    if (len != 0 && link_open(env->keys, LINK_CONFIRM, env->now, text, len, &token, sizeof token) == 0 &&
        token.controller_id == env->controller->controller_id)
        confirmation_add(&c, &token);
    acts_check(ret_acts, body);
}
