/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/identity_link.h"

#include "ledger/confirmation.h"
#include "ledger/link_request.h"
#include "ledger/message.h"
#include "ledger/person.h"
#include "wire/policy_language.h"

#include <stdio.h>

enum { LANGUAGE_MAX = 15 };

static const char *language_read(const struct node *root)
{
    struct node n = node_optional(root, "language");
    const char *text = node_present(&n) ? node_string(&n, 2, LANGUAGE_MAX, NULL) : "";
    if (text[0] != '\0' && !language_is_tag(text))
        node_fault(&n, ERROR_INVALID, "a language tag of BCP 47, such as nl or nl-BE");
    return text[0] != '\0' ? text : NULL;
}

void identity_link_read(const struct ledger_env *env, const struct node *root, struct identity_link *ret_link)
{
    static const char *const members[] = {"to", "language", NULL};
    const struct controller *c = env->controller;
    struct node to = node_member(root, "to");
    struct tagged tagged;
    node_only(root, members);
    *ret_link = (struct identity_link){.language = language_read(root)};
    if (!node_is_object(&to) || !tagged_read(&to, c, &tagged))
        return;
    if (!message_address(&to, c, &ret_link->to))
        node_fault(&to, ERROR_INVALID, "an e-mail address or a telephone number: the link goes there");
    struct rights_address *address = &ret_link->address;
    address->tags[address->count++] = tagged.tag;
    if (c->old_tagger != NULL)
        address->tags[address->count++] = tagged.old_tag;
}

const uint8_t *identity_link_message(const struct ledger_env *env, const struct identity_link *link,
                                     int64_t request_no, int32_t sending, instant now, size_t *ret_len,
                                     instant *ret_expires)
{
    char token[LINK_TEXT_MAX + 1], url[CONFIRM_URL_MAX];
    struct link sealed = {.controller_id = env->controller->controller_id,
                          .expires = (now / SECOND + IDENTITY_LINK_DAYS * 86400) * SECOND};
    /* while a rotation runs the tag of the key that is going: both are found from it */
    const struct identity_claim claim = {
        .request_no = request_no, .sending = sending, .tag = link->address.tags[link->address.count - 1]};
    identity_link_pack(&claim, &sealed);
    if (link_seal(env->link_keys, LINK_IDENTITY, &sealed, token) != 0)
        return NULL;
    snprintf(url, sizeof url, "%s%s%s", env->public_url, link_path(LINK_IDENTITY), token);
    struct message m = {.kind = MESSAGE_IDENTITY, .to = link->to, .language = link->language, .url = url};
    *ret_expires = sealed.expires;
    return message_seal(env, &m, ret_len);
}

int identity_link_open(const struct link_keys *keys, const char *token, size_t len,
                       struct identity_opened *ret_opened)
{
    struct link sealed;
    if (link_open(keys, LINK_IDENTITY, token, len, &sealed) != 0)
        return -1;
    ret_opened->controller_id = sealed.controller_id;
    ret_opened->expires = sealed.expires;
    return identity_link_unpack(&sealed, &ret_opened->claim) ? 0 : -1;
}
