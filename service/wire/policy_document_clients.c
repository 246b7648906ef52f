/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Those for whom the controller is a processor: who of them may ask, and how long their data is kept. */

static void client_key_read(struct draft *d, const struct node *n)
{
    struct client *client = &d->policy->clients[d->policy->client_count];
    char key[POLICY_KEY_MAX + 1];
    value_key(n, key);
    if (key[0] != '\0' && policy_client(d->policy, key) != NULL)
        node_fault(n, ERROR_INVALID, "another client has this key");
    else
        memcpy(client->key, key, sizeof key);
}

/* Who may ask is known by the address alone, where the contact has one. */
static void client_contact_read(struct draft *d, const struct node *n)
{
    struct client *client = &d->policy->clients[d->policy->client_count];
    struct node email = node_is_object(n) ? node_optional(n, "email") : *n;
    value_contact(n);
    size_t len = 0;
    const char *text = node_kind(&email) == NODE_STRING ? node_string(&email, 0, CONTACT_MAX, &len) : "";
    if ((client->contact = array_of(n, len + 1, 1)) != NULL)
        memcpy(client->contact, text, len);
}

/* A client's data is only in what is done for clients. */
static void client_purposes_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 1, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        size_t purpose = value_purpose(d, &element);
        if (purpose != SIZE_MAX && !d->facts[purpose].processor)
            node_fault(&element, ERROR_INVALID, "the role of this purpose is not processor");
    }
}

static void client_retention_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node rule = node_at(n, i);
        retention_rule_read(d, &rule);
    }
}

const struct member client_members[] = {
    {"key", REQUIRED, .read = client_key_read},
    {"name", OPTIONAL, .check = value_text_or_texts},
    {"contact", REQUIRED, .read = client_contact_read},
    {"purposes", OPTIONAL, .read = client_purposes_read},
    {"retention", OPTIONAL, .read = client_retention_read},
    {.name = NULL},
};

void clients_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 0, POLICY_CLIENTS_MAX);
    assert(policy->clients == NULL);
    if (count == 0 || (policy->clients = array_of(n, count, sizeof *policy->clients)) == NULL)
        return;
    for (; policy->client_count < count; policy->client_count++) {
        struct node client = node_at(n, policy->client_count);
        section_read(d, &client, client_members);
    }
}
