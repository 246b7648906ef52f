/* SPDX-License-Identifier: Apache-2.0 */
#include "net/budget.h"

#include <stdatomic.h>

bool budget_hold(struct budget *b, size_t bytes, bool anyway)
{
    if (atomic_fetch_add_explicit(&b->held, bytes, memory_order_relaxed) + bytes <= b->max || anyway)
        return true;
    budget_release(b, bytes);
    return false;
}

void budget_release(struct budget *b, size_t bytes)
{
    atomic_fetch_sub_explicit(&b->held, bytes, memory_order_relaxed);
}

size_t budget_held(const struct budget *b)
{
    return atomic_load_explicit(&b->held, memory_order_relaxed);
}
