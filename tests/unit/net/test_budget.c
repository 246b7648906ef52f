/* SPDX-License-Identifier: Apache-2.0 */
#include "net/budget.h"

#include <criterion/criterion.h>

Test(budget, it_is_held_up_to_its_limit)
{
    struct budget b = {.max = 1000};
    cr_assert(budget_hold(&b, 1000, false));
    cr_assert_not(budget_hold(&b, 1, false));
    cr_assert_eq(budget_held(&b), 1000, "what was refused is not counted");
    budget_release(&b, 1);
    cr_assert(budget_hold(&b, 1, false));
}

Test(budget, what_must_be_is_counted_beyond_it)
{
    struct budget b = {.max = 1000};
    cr_assert(budget_hold(&b, 1500, true));
    cr_assert_eq(budget_held(&b), 1500);
    cr_assert_not(budget_hold(&b, 1, false));
    budget_release(&b, 501);
    cr_assert(budget_hold(&b, 1, false));
    cr_assert_not(budget_hold(&b, 1, false));
}
