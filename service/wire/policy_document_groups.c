/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <string.h>

/* The product groups, and which of them are similar: who bought of one may be told of the other (Tw 11.7(3)).
 * A group need not be here to be sold or asked about: it is then similar to none. */

/* "" on a fault. */
static const char *group_name(const struct node *n)
{
    return node_string(n, 1, REF_BYTES_MAX, NULL);
}

static bool has_group(const struct policy *policy, product_group group)
{
    for (size_t i = 0; i < policy->group_count; i++) {
        if (policy->groups[i] == group)
            return true;
    }
    return false;
}

static void group_key_read(struct draft *d, const struct node *n)
{
    const char *name = group_name(n);
    product_group group = product_group_of(name);
    if (name[0] == '\0')
        return;
    if (has_group(d->policy, group))
        node_fault(n, ERROR_INVALID, "another product group is called so, or cannot be told from it");
    else
        d->policy->groups[d->policy->group_count++] = group;
}

static void group_similar_check(const struct node *n)
{
    node_elements(n, 1, POLICY_PRODUCT_GROUPS_MAX);
}

static const struct member group_members[] = {
    {"key", REQUIRED, .read = group_key_read},
    {"similar", OPTIONAL, .check = group_similar_check},
    {.name = NULL},
};

/* The pairs of one group, once all groups are known. */
static void pairs_read(struct draft *d, const struct node *group)
{
    struct policy *policy = d->policy;
    struct node key = node_optional(group, "key"), similar = node_optional(group, "similar");
    size_t count = node_is_array(&similar) ? node_elements(&similar, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(&similar, i);
        const char *name = group_name(&element);
        struct similar_groups pair = {.a = product_group_of(group_name(&key)), .b = product_group_of(name)};
        if (name[0] == '\0')
            continue;
        if (!has_group(policy, pair.b))
            node_fault(&element, ERROR_INVALID, "no product group of this document");
        else if (policy->similar_count == POLICY_PRODUCT_GROUPS_MAX)
            node_fault(&element, ERROR_INVALID, "at most 500 pairs in all");
        else
            policy->similar[policy->similar_count++] = pair;
    }
}

void product_groups_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 0, POLICY_PRODUCT_GROUPS_MAX);
    assert(policy->groups == NULL && policy->similar == NULL);
    if (count == 0 || (policy->groups = array_of(n, count, sizeof *policy->groups)) == NULL ||
        (policy->similar = array_of(n, POLICY_PRODUCT_GROUPS_MAX, sizeof *policy->similar)) == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        struct node group = node_at(n, i);
        section_read(d, &group, group_members);
    }
    for (size_t i = 0; i < count; i++) {
        struct node group = node_at(n, i);
        if (node_is_object(&group))
            pairs_read(d, &group);
    }
}
