/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/entity.h"

int entity_read(const struct node *object, const struct policy *policy)
{
    struct node n = node_optional(object, "entity");
    if (!node_present(&n))
        return ENTITY_ANY;
    const char *key = node_string(&n, 1, POLICY_KEY_MAX, NULL);
    int entity = key[0] != '\0' ? policy_entity(policy, key) : ENTITY_ANY;
    if (key[0] != '\0' && entity < 0)
        node_fault(&n, ERROR_INVALID, "no entity of the policy");
    return entity;
}

void entity_check(const struct node *object, const struct purpose *purpose, int entity)
{
    if (entity == ENTITY_ANY || purpose->entities == 0 || (purpose->entities & 1u << entity) != 0)
        return;
    struct node n = node_optional(object, "entity");
    node_fault(&n, ERROR_INVALID, "not an entity that this purpose is of");
}
