/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Those for whom the controller is a processor: who of them may ask, and how long their data is kept. */

/* What is read of the clients; a table's function gets it by the draft. */
struct clients {
    size_t count;
    char keys[POLICY_CLIENTS_MAX][POLICY_KEY_MAX + 1]; /* "" where it has a fault */
};

static void client_key_read(struct draft *d, const struct node *n)
{
    struct clients *clients = d->clients;
    assert(clients != NULL && clients->count < POLICY_CLIENTS_MAX);
    char *key = clients->keys[clients->count];
    value_key(n, key);
    for (size_t i = 0; i < clients->count && key[0] != '\0'; i++) {
        if (strcmp(clients->keys[i], key) != 0)
            continue;
        node_fault(n, ERROR_INVALID, "another client has this key");
        return;
    }
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
    {"key", REQUIRED, .read = client_key_read},
    {"name", OPTIONAL, .check = value_text_or_texts},
    {"contact", REQUIRED, .check = value_contact},
    {"purposes", OPTIONAL, .read = client_purposes_read},
    {"retention", OPTIONAL, .read = client_retention_read},
    {.name = NULL},
};

void clients_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_CLIENTS_MAX);
    assert(d->clients == NULL);
    if (count == 0 || (d->clients = array_of(n, 1, sizeof *d->clients)) == NULL)
        return;
    for (; d->clients->count < count; d->clients->count++) {
        struct node client = node_at(n, d->clients->count);
        section_read(d, &client, client_members);
    }
    free(d->clients);
    d->clients = NULL;
}
