/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/acts_internal.h"
#include "ledger/confirmation.h"
#include "ledger/message.h"

#include <string.h>

/* Whom a request for confirmation reaches, where the policy has messages delivered: the mail box or telephone
 * of who said Yes, a guardian's own where it is named, else the person's. One message a token, put with the
 * first of the acts that it confirms. */

/* The guardian's own address, where the object names one. */
static bool guardian_find(const struct node *object, const struct controller *controller,
                          struct identifier *ret_to)
{
    struct node by = node_optional(object, "expressed_by");
    if (!node_is_object(&by))
        return false;
    struct node own = node_optional(&by, "identifier");
    return node_is_object(&own) && message_address(&own, controller, ret_to);
}

/* The first e-mail address that the object names, else its first telephone number. */
static bool address_find(const struct node *object, const struct controller *controller,
                         struct identifier *ret_to)
{
    struct node subject = node_optional(object, "subject");
    size_t count = node_is_array(&subject) ? node_elements(&subject, 0, IDENTIFIERS_MAX) : 1;
    bool found = false;
    for (size_t i = 0; i < count && !(found && ret_to->type == IDENTIFIER_EMAIL); i++) {
        struct node one = node_is_array(&subject) ? node_at(&subject, i) : subject;
        struct identifier to;
        if (!message_address(&one, controller, &to) || (found && to.type != IDENTIFIER_EMAIL))
            continue;
        *ret_to = to;
        found = true;
    }
    return found;
}

/* Adds what one token confirms from the act at ${at} on (ledger/receipt.h). */
static void group_add(const struct acts *acts, size_t at, struct message *m, const char **purposes)
{
    const struct receipt_context *told = &acts->context;
    for (size_t i = at; i < acts->count && (i == at || told->acts[i].is_joined); i++) {
        if (acts->list[i].slot != SLOT_PENDING)
            continue;
        bool again = m->purpose_count == CONFIRM_MAX;
        for (size_t k = at; k < i && !again; k++)
            again = acts->list[k].slot == SLOT_PENDING && acts->list[k].purpose == acts->list[i].purpose;
        if (again)
            return;
        purposes[m->purpose_count++] = told->acts[i].purpose;
        m->span = (int32_t)(i - at) + 1;
    }
}

/* Puts the message of the act at ${at}. */
static void message_put(const struct ledger_env *env, const struct node *object, struct acts *acts, size_t at,
                        struct message *m)
{
    struct act *act = &acts->list[at];
    m->kind = MESSAGE_CONFIRMATION;
    m->language = act->language;
    if (act->guardian != NULL && guardian_find(object, env->controller, &m->to)) {
        struct tag *to = arena_need(env->arena, sizeof *to);
        *to = act->guardian->tag;
        act->message_to = to;
    } else if (!address_find(object, env->controller, &m->to)) {
        struct node subject = node_optional(object, "subject");
        if (env->controller->policy->messages.confirmation_only_delivered)
            node_fault(
                &subject, ERROR_INVALID,
                "the policy has confirmations delivered: name an e-mail address or a telephone number");
        return;
    }
    act->message = message_seal(env, m, &act->message_len);
    if (act->message == NULL)
        node_fault(object, ERROR_OVERLOADED, "no random bytes");
}

void acts_messages_put(const struct ledger_env *env, struct reader *body, struct acts *acts)
{
    struct node root = reader_root(body);
    if (!env->controller->policy->messages.has_endpoint || !reader_ok(body))
        return;
    for (size_t at = 0; at < acts->count;) {
        struct node object = acts->body_is_array ? node_at(&root, acts->objects[at]) : root;
        const char *purposes[CONFIRM_MAX];
        struct message m = {.purposes = purposes, .span = 1};
        if (acts->list[at].slot == SLOT_PENDING) {
            group_add(acts, at, &m, purposes);
            message_put(env, &object, acts, at, &m);
        }
        at += (size_t)m.span;
    }
}
