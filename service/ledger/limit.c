/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/limit.h"

const struct state *states_limit(const struct states *states, enum slot told)
{
    enum slot document = told + (SLOT_AGE_DOCUMENT - SLOT_AGE);
    const struct state *limit = states_find(states, PURPOSE_ALL, document);
    if (limit != NULL)
        return limit;
    for (enum slot slot = told; slot < document; slot++) {
        const struct state *s = states_find(states, PURPOSE_ALL, slot);
        if (s != NULL && (limit == NULL || s->rank > limit->rank))
            limit = s;
    }
    return limit;
}
