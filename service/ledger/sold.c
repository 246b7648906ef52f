/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/sold.h"

#include "ledger/free_text.h"

product_group sold_read(const struct node *object, const struct policy *policy)
{
    struct node n = node_optional(object, "product_group");
    if (!node_present(&n))
        return 0;
    struct arena scratch = {0};
    const char *name = reference_read(&scratch, policy, &n);
    product_group group = name[0] != '\0' ? product_group_of(name) : 0;
    arena_free(&scratch);
    return group;
}
