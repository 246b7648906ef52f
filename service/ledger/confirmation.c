/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/confirmation.h"

#include "ledger/links.h"

#include <stdio.h>

int confirmation_url(const struct link_keys *keys, const char *public_url, int32_t controller_id,
                     const struct confirmation *c, instant expires, char *ret_url, size_t size)
{
    char token[LINK_TEXT_MAX + 1];
    struct link link = {.controller_id = controller_id, .expires = expires};
    confirm_link_pack(c, &link);
    if (link_seal(keys, LINK_CONFIRM, &link, token) != 0)
        return -1;
    int len = snprintf(ret_url, size, "%s/c/%s", public_url, token);
    return len >= 0 && (size_t)len < size ? 0 : -1;
}

int confirmation_open(const struct link_keys *keys, int32_t controller_id, const char *token, size_t len,
                      struct confirmation *ret_confirmation)
{
    struct link link;
    return link_open(keys, LINK_CONFIRM, token, len, &link) == 0 && link.controller_id == controller_id &&
                   confirm_link_unpack(&link, ret_confirmation)
               ? 0
               : -1;
}
