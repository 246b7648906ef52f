/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

/* Those for whom the controller is a processor: who of them may ask, and how long their data is kept. */

static void client_key_check(const struct node *n)
{
    char key[POLICY_KEY_MAX + 1];
    value_key(n, key);
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

static const struct member client_members[] = {
    {"key", REQUIRED, .check = client_key_check},
    {"name", OPTIONAL, .check = value_text_or_texts},
    {"contact", REQUIRED, .check = value_contact},
    {"purposes", OPTIONAL, .read = client_purposes_read},
    {"retention", OPTIONAL, .read = client_retention_read},
    {.name = NULL},
};

static const char *client_key(const struct node *clients, size_t i)
{
    struct node client = node_at(clients, i);
    if (!node_is_object(&client))
        return "";
    struct node key = node_optional(&client, "key");
    return node_kind(&key) == NODE_STRING ? node_string(&key, 0, SIZE_MAX, NULL) : "";
}

void clients_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_CLIENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node client = node_at(n, i);
        section_read(d, &client, client_members);
        const char *key = client_key(n, i);
        for (size_t k = 0; k < i && key[0] != '\0'; k++) {
            struct node own = node_optional(&client, "key");
            if (strcmp(client_key(n, k), key) != 0)
                continue;
            node_fault(&own, ERROR_INVALID, "another client has this key");
            break;
        }
    }
}
