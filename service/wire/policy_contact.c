/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_contact.h"

void text_join(struct buf *b, const char *text)
{
    if (text[0] == '\0')
        return;
    if (b->len > 0)
        buf_text(b, ", ");
    buf_text(b, text);
}

static void members_join(struct buf *b, const struct node *object, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct node member = node_optional(object, names[i]);
        if (node_kind(&member) == NODE_STRING)
            text_join(b, node_string(&member, 0, SIZE_MAX, NULL));
    }
}

void address_join(struct buf *b, const struct node *address)
{
    static const char *const names[] = {"street", "postal_code", "city", "country"};
    if (node_kind(address) == NODE_STRING)
        text_join(b, node_string(address, 0, SIZE_MAX, NULL));
    if (node_is_object(address))
        members_join(b, address, names, sizeof names / sizeof *names);
}

void contact_join(struct buf *b, const struct node *contact)
{
    static const char *const names[] = {"name", "email", "phone", "url"};
    if (node_kind(contact) == NODE_STRING)
        text_join(b, node_string(contact, 0, SIZE_MAX, NULL));
    if (!node_is_object(contact))
        return;
    members_join(b, contact, names, sizeof names / sizeof *names);
    struct node address = node_optional(contact, "address");
    address_join(b, &address);
}
