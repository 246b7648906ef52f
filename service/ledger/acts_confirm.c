/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"
#include "ledger/acts_internal.h"
#include "ledger/evidence.h"
#include "ledger/receipt.h"

/* The words that a request was shown. */
static struct acts_words words_of(const struct policy *policy, const struct confirm_one *one)
{
    struct acts_words w = {.notice = policy_notice_numbered(policy, one->notice),
                           .assumed = one->assumed != 0};
    if (w.notice != NULL && one->text >= 0 && (size_t)one->text < w.notice->text_count)
        w.text = &w.notice->texts[one->text];
    return w;
}

/* What the person confirms: a purpose of the policy. The ledger knows the request itself, and whether it
 * still waits. */
static void confirmation_add(struct acts_common *c, const struct purpose *purpose,
                             const struct acts_words *words)
{
    struct act *act = acts_add(c);
    acts_act_on(c, act, purpose);
    act->method = METHOD_DOUBLE_OPT_IN;
    act->has_end = !duration_is_zero(purpose->validity);
    act->validity = purpose->validity;
    act->effect = acts_words_effect(c, purpose, words->notice);
    act->needs_guardian = act->effect == EFFECT_APPLIED && purpose->guardian.minors != MINORS_ALLOWED;
    acts_seal(c, act);
}

/* What a token names that is none of the policy any more: it may have been confirmed before. */
static void former_tell(struct acts_common *c, int32_t number)
{
    const struct numbered *former = controller_numbered(c->controller, false, number);
    if (former == NULL)
        return;
    struct receipt_act *told = receipt_act_add(&c->acts->context, c->env->arena);
    told->number = number;
    told->purpose = former->key;
    told->text = -1;
}

static void requests_read(struct acts_common *c, const struct confirm_token *token, size_t count)
{
    const struct policy *policy = c->controller->policy;
    struct acts *acts = c->acts;
    acts->context.kind = RECEIPT_CONFIRM;
    acts->context.is_array = count > 1;
    acts->confirmation = (struct confirmation){
        .subject_no = token->subject_no, .revision = token->revision, .count = token->span};
    for (size_t i = 0; i < count; i++) {
        const struct confirm_one *one = &token->requests[i];
        const struct purpose *purpose = policy_purpose_numbered(policy, one->purpose, &c->entity);
        if (purpose == NULL) {
            former_tell(c, one->purpose);
            continue;
        }
        struct acts_words words = words_of(policy, one);
        confirmation_add(c, purpose, &words);
        acts_tell(c, purpose, &words);
    }
    if (acts->count == 0)
        acts->gone = "What it was for is no purpose of the policy any more.";
}

/* Opens a token of as many requests as its length says. Whether it has expired is for the ledger to say,
 * which also knows whether it was used. Returns how many; 0: it is none of ours. */
static size_t token_open(const struct ledger_env *env, const char *text, size_t len,
                         struct confirm_token *ret_token)
{
    const instant whenever = 0;
    for (size_t count = 1; count <= CONFIRM_MAX; count++) {
        if (link_open(env->keys, LINK_CONFIRM, whenever, text, len, ret_token, confirm_token_size(count)) ==
            0)
            return ret_token->controller_id == env->controller->controller_id ? count : 0;
    }
    return 0;
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
    c.act.evidence = evidence_read(env->arena, &c.root);
    struct confirm_token token;
    size_t count = len != 0 ? token_open(env, text, len, &token) : 0;
    if (count > 0)
        requests_read(&c, &token, count);
    else
        ret_acts->gone = "It is no token that was given here.";
    acts_check(ret_acts, body);
}
