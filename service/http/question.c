/* SPDX-License-Identifier: Apache-2.0 */
#include "http/question.h"

size_t question_probes(const struct person *person)
{
    return person->rotating ? 2 * person->count : person->count;
}

void question_ask(const struct person *person, const struct purpose *purpose, struct probe *probes)
{
    size_t n = 0;
    for (size_t i = 0; i < person->count; i++) {
        probes[n++] = (struct probe){.tag = person->tags[i], .purpose = purpose->number};
        if (person->rotating)
            probes[n++] = (struct probe){.tag = person->old_tags[i], .purpose = purpose->number};
    }
}

/* While a key is rotated an identifier's states stand under one of its two tags; should both be there, the higher rank counts. */
static void state_merge(struct state *to, const struct state *from)
{
    if (from->rank > to->rank)
        *to = *from;
}

static struct standing standing_merge(struct standing a, const struct standing *b)
{
    for (size_t slot = 0; slot < 2; slot++) {
        state_merge(&a.purpose[slot], &b->purpose[slot]);
        state_merge(&a.all[slot], &b->all[slot]);
    }
    return a;
}

struct verdict question_answer(const struct person *person, const struct policy *policy,
                               const struct purpose *purpose, const struct probe *probes, instant as_of)
{
    struct verdict strictest = {.reason = REASON_COUNT};
    size_t step = person->rotating ? 2 : 1;
    for (size_t i = 0; i < person->count; i++) {
        struct standing standing = probes[i * step].standing;
        if (person->rotating)
            standing = standing_merge(standing, &probes[i * step + 1].standing);
        struct verdict v = verdict_of(policy, purpose, &standing, as_of);
        strictest = i == 0 ? v : verdict_stricter(strictest, v);
    }
    return strictest;
}
