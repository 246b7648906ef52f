/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/consent.h"
#include "domain/policy.h"
#include "domain/product_group.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(product_group, is_kept_in_two_parts)
{
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "group %d", i);
        product_group group = product_group_of(name);
        int32_t place = product_group_place(group);
        uint16_t flags = product_group_flags(group);
        cr_assert(place >= PRODUCT_GROUP_FIRST && place < 2 * PRODUCT_GROUP_FIRST, "%s: %d", name, place);
        cr_assert_eq(flags & ~FLAG_PRODUCT_GROUP, 0, "%s", name);
        cr_assert_eq(product_group_stored(place, flags | FLAG_SIGNAL), group, "%s", name);
    }
}

/* What is stored must not change. */
Test(product_group, is_always_the_same)
{
    cr_expect_eq(product_group_of("phones"), UINT64_C(0xf44d086a6));
    cr_expect_neq(product_group_of("phones"), product_group_of("Phones"));
}

Test(product_group, none_is_none)
{
    cr_expect_eq(product_group_place(0), 0);
    cr_expect_eq(product_group_flags(0), 0);
    cr_expect_eq(product_group_stored(0, FLAG_PRODUCT_GROUP), 0);
    cr_expect_eq(product_group_stored(GUARDIAN_NAMED + 5, FLAG_PRODUCT_GROUP), 0, "a guardian's place");
}

Test(product_group, is_like_itself_and_those_that_the_policy_says)
{
    product_group shoes = product_group_of("shoes"), boots = product_group_of("boots"),
                  hats = product_group_of("hats");
    struct similar_groups pairs[] = {{shoes, boots}, {boots, hats}};
    struct policy none = {.version = 1}, p = {.similar_count = 2, .similar = pairs};
    cr_expect(policy_groups_alike(&none, shoes, shoes));
    cr_expect_not(policy_groups_alike(&none, shoes, boots));
    cr_expect(policy_groups_alike(&p, shoes, boots));
    cr_expect(policy_groups_alike(&p, boots, shoes), "both ways");
    cr_expect_not(policy_groups_alike(&p, shoes, hats), "and no further");
}
