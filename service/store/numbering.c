/* SPDX-License-Identifier: Apache-2.0 */
#include "store/numbering.h"

#include <stdlib.h>
#include <string.h>

struct numbering {
    const struct numbered *numbers;
    size_t count;
    int32_t provisional; /* the next number for what has none; 0: there must be none such */
    int32_t entity;      /* likewise for an entity, of which others are made (purpose_of_entity) */
    bool missing;
};

static int32_t number_or(struct numbering *n, int32_t known)
{
    if (known != 0)
        return known;
    n->missing = true;
    return n->provisional != 0 ? n->provisional-- : 0;
}

/* The ledger's number of a purpose for one entity, or for all of them (""); 0 when it has none. */
static int32_t number_of(const struct numbering *n, const char *key, const char *entity)
{
    for (size_t i = 0; i < n->count; i++) {
        const struct numbered *one = &n->numbers[i];
        if (!one->is_notice && strcmp(one->key, key) == 0 && strcmp(one->entity, entity) == 0)
            return one->number;
    }
    return 0;
}

static void purpose_number(struct numbering *n, struct purpose *p, const struct policy *policy)
{
    p->number = number_or(n, number_of(n, p->key, ""));
    for (size_t i = 0; i < policy->entity_count; i++)
        p->entity_numbers[i] = number_or(n, number_of(n, p->key, policy->entities[i].key));
}

/* It may have left the document: then only the ledger knows it. */
static void replaced_number(const struct numbering *n, struct purpose *p, const struct policy *policy)
{
    const struct purpose *replaced = p->replaces[0] != '\0' ? policy_purpose(policy, p->replaces) : NULL;
    p->replaces_number = replaced != NULL         ? replaced->number
                         : p->replaces[0] != '\0' ? number_of(n, p->replaces, "")
                                                  : 0;
}

static void notice_number(struct numbering *n, struct notice *notice)
{
    int32_t known = 0;
    for (size_t i = 0; i < n->count && known == 0; i++) {
        const struct numbered *one = &n->numbers[i];
        if (one->is_notice && strcmp(one->key, notice->id) == 0 && strcmp(one->version, notice->version) == 0)
            known = one->number;
    }
    notice->number = number_or(n, known);
}

static void entity_number(struct numbering *n, struct entity *e)
{
    e->number = number_of(n, "*", e->key);
    if (e->number == 0)
        e->number = n->provisional != 0 ? n->entity-- : number_or(n, 0);
}

static void policy_number_by(struct numbering *n, struct policy *policy)
{
    for (size_t i = 0; i < policy->entity_count; i++)
        entity_number(n, &policy->entities[i]);
    for (size_t i = 0; i < policy->purpose_count; i++)
        purpose_number(n, &policy->purposes[i], policy);
    for (size_t i = 0; i < policy->purpose_count; i++)
        replaced_number(n, &policy->purposes[i], policy);
    for (size_t i = 0; i < policy->notice_count; i++)
        notice_number(n, &policy->notices[i]);
}

int policy_number(struct policy *policy, const struct numbered *numbers, size_t count)
{
    struct numbering n = {.numbers = numbers, .count = count};
    policy_number_by(&n, policy);
    return n.missing ? -1 : 0;
}

void policy_number_provisionally(struct policy *policy, const struct numbered *numbers, size_t count)
{
    struct numbering n = {
        .numbers = numbers, .count = count, .provisional = INT32_MAX, .entity = ENTITY_NUMBER_MAX};
    policy_number_by(&n, policy);
}

static bool is_kept(const struct policy *policy, const struct numbered *n)
{
    return n->retired && n->entity[0] == '\0' && policy_purpose(policy, n->key) == NULL;
}

int policy_keep_retired(struct policy *policy, const struct numbered *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_kept(policy, &numbers[i]))
            continue;
        struct purpose *grown = realloc(policy->purposes, (policy->purpose_count + 1) * sizeof *grown);
        if (grown == NULL)
            return -1;
        policy->purposes = grown;
        struct purpose *p = &grown[policy->purpose_count++];
        *p = (struct purpose){.basis = BASIS_CONSENT, .channel = CHANNEL_COUNT, .retired = true};
        memcpy(p->key, numbers[i].key, strlen(numbers[i].key) + 1);
    }
    return 0;
}
