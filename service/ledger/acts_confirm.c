/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/confirmation.h"
#include "ledger/evidence.h"

#include <string.h>

const char *gone_text(enum gone gone)
{
    static const char *const texts[] = {[GONE_NOT] = "",
                                        [GONE_LEFT_POLICY] =
                                            "What it was for is no purpose of the policy any more.",
                                        [GONE_EXPIRED] = "It has expired: whoever still wants it asks again.",
                                        [GONE_OVERTAKEN] = "A No came after what was to be confirmed.",
                                        [GONE_LOST] = "What was to be confirmed is not there any more."};
    return texts[gone];
}

/* The words that a request was shown. */
static struct acts_words words_of(const struct policy *policy, const struct request_row *request)
{
    struct acts_words w = {.notice = policy_notice_numbered(policy, request->notice),
                           .assumed = (request->flags & FLAG_ASSUMED) != 0};
    if (w.notice != NULL && request->language != NULL)
        w.text = notice_text_in(w.notice, request->language);
    return w;
}

/* Both halves of a double opt-in: how it was confirmed, and when and how it was asked for. ${own}: of the
 * confirmation, a JSON object or NULL. */
static const char *both_legs(const struct acts_common *c, const struct request_row *request, const char *how,
                             const char *own)
{
    struct buf out;
    buf_init(&out, 4 * EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "how", how);
    if (own != NULL)
        writer_members(&w, own);
    writer_object_begin(&w, "requested");
    writer_uuid(&w, "record_id", request->record_id);
    writer_moment(&w, "event_time", rank_time(request->rank));
    writer_text(&w, "collection_method", collection_method_word(request->method));
    if (request->evidence != NULL)
        writer_raw(&w, "evidence", request->evidence, strlen(request->evidence));
    writer_object_end(&w);
    writer_object_end(&w);
    const char *kept = NULL;
    if (buf_failed(&out))
        node_fault(&c->root, ERROR_OVERLOADED, "memory ran out");
    else
        kept = arena_copy(c->env->arena, out.data, out.len);
    buf_free(&out);
    return kept;
}

/* What the person confirms: a purpose of the policy. The ledger knows the request itself, and whether it
 * still waits. */
static void confirmation_add(struct acts_common *c, const struct purpose *purpose,
                             const struct acts_words *words, const char *evidence)
{
    struct act *act = acts_add(c);
    act->evidence = evidence;
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

const struct purpose *confirmation_purpose(const struct policy *policy, const struct request_row *request,
                                           int *ret_entity)
{
    const struct purpose *purpose = policy_purpose_numbered(policy, request->purpose, ret_entity);
    bool is_over = purpose != NULL && purpose->retired && request->confirmed == 0;
    return is_over ? NULL : purpose;
}

void confirm_compose(const struct ledger_env *env, struct reader *body, const struct requests_job *requests,
                     const char *how, const char *evidence, struct acts *ret_acts)
{
    *ret_acts = (struct acts){0};
    struct acts_common c = acts_common_of(env, ret_acts, reader_root(body));
    ret_acts->context.kind = RECEIPT_CONFIRM;
    ret_acts->context.is_array = requests->count > 1;
    ret_acts->confirmation = requests->which;
    for (size_t i = 0; i < requests->count; i++) {
        const struct request_row *request = &requests->rows[i];
        const struct purpose *purpose = confirmation_purpose(env->controller->policy, request, &c.entity);
        if (purpose == NULL) {
            former_tell(&c, request->purpose);
            continue;
        }
        struct acts_words words = words_of(env->controller->policy, request);
        confirmation_add(&c, purpose, &words, both_legs(&c, request, how, evidence));
        acts_tell(&c, purpose, &words);
    }
    if (ret_acts->count == 0)
        ret_acts->gone = requests->count > 0 ? GONE_LEFT_POLICY : GONE_LOST;
    acts_check(ret_acts, body);
}

void confirm_read(const struct ledger_env *env, struct reader *body, const struct requests_job *requests,
                  struct acts *ret_acts)
{
    struct node root = reader_root(body);
    confirm_compose(env, body, requests, "api", evidence_read(env, &root), ret_acts);
}

bool confirm_token_read(const struct ledger_env *env, struct reader *body,
                        struct confirmation *ret_confirmation)
{
    static const char *const members[] = {"token", "evidence", NULL};
    struct node root = reader_root(body);
    if (!node_present(&root))
        return true;
    node_only(&root, members);
    struct node n = node_member(&root, "token");
    size_t len;
    const char *token = node_string(&n, 1, 4096, &len);
    return len == 0 || confirmation_open(env->link_keys, env->controller->controller_id, token, len,
                                         ret_confirmation) == 0;
}
