/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/probes.h"

size_t probes_count(const struct person *person)
{
    return person->rotating ? 2 * person->count : person->count;
}

void probes_fill(const struct person *person, size_t set, struct probe *probes)
{
    size_t n = 0;
    for (size_t i = 0; i < person->count; i++) {
        probes[n++] = (struct probe){.tag = person->tags[i], .set = set};
        if (person->rotating)
            probes[n++] = (struct probe){.tag = person->old_tags[i], .set = set};
    }
}

/* While a key is rotated an identifier's states are held under one of its two tags, never under both: the
 * statement that moves them is one transaction, and a check sees one snapshot. */
static struct states identifier_states(const struct check_job *job, size_t probe, bool rotating)
{
    struct states s = check_states(job, probe);
    return s.count == 0 && rotating ? check_states(job, probe + 1) : s;
}

struct verdict probes_verdict(const struct person *person, const struct policy *policy,
                              const struct purpose *purpose, int entity, product_group group,
                              const struct check_job *job, size_t first)
{
    struct verdict strictest = {.reason = REASON_COUNT};
    size_t step = person->rotating ? 2 : 1;
    for (size_t i = 0; i < person->count; i++) {
        struct states states = identifier_states(job, first + i * step, person->rotating);
        struct verdict v = verdict_to_sell(policy, purpose, entity, group, &states, job->as_of);
        strictest = i == 0 ? v : verdict_stricter(strictest, v);
    }
    return strictest;
}

/* The higher is told rather than the lower. */
static int told_before(const struct verdict *v)
{
    return reason_allows(v->reason) ? 2 : v->waits ? 1 : 0;
}

/* Of equals what the person said by name is told: that is what they know of. */
static bool is_told_instead(const struct verdict *a, const struct verdict *b)
{
    if (told_before(a) != told_before(b))
        return told_before(a) > told_before(b);
    if (a->reason != b->reason)
        return a->reason < b->reason;
    if ((a->voice == VOICE_SELF) != (b->voice == VOICE_SELF))
        return a->voice == VOICE_SELF;
    return a->since > b->since;
}

static void standing_add(struct standing *s, const struct verdict *v, bool is_first)
{
    bool allowed = reason_allows(v->reason);
    if (is_first || is_told_instead(v, &s->told))
        s->told = *v;
    s->allowed = s->allowed || allowed;
    s->waits = s->waits || v->waits;
    s->own_no = s->own_no || (v->own_no && !allowed);
    s->own_no_everywhere = s->own_no_everywhere && v->own_no && !allowed && !v->waits;
    if (allowed && v->entity != ENTITY_ANY)
        s->entities |= 1u << v->entity;
}

/* Of one entity, over the identifiers. */
static void standing_add_entity(struct standing *s, const struct person *person, const struct policy *policy,
                                const struct purpose *purpose, int entity, const struct check_job *job,
                                size_t first)
{
    size_t step = person->rotating ? 2 : 1, allowed = 0, refused = 0;
    for (size_t i = 0; i < person->count; i++) {
        struct states states = identifier_states(job, first + i * step, person->rotating);
        struct verdict v = verdict_of(policy, purpose, entity, &states, job->as_of);
        allowed += reason_allows(v.reason);
        refused += reason_is_no(v.reason);
        standing_add(s, &v, s->told.purpose == NULL);
    }
    s->identifiers_differ = s->identifiers_differ || (allowed > 0 && refused > 0);
}

struct standing probes_standing(const struct person *person, const struct policy *policy,
                                const struct purpose *purpose, const struct check_job *job, size_t first)
{
    struct standing s = {.own_no_everywhere = true};
    uint32_t of = 0;
    if (policy->entity_count == 0)
        standing_add_entity(&s, person, policy, purpose, ENTITY_ANY, job, first);
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (purpose->entities != 0 && (purpose->entities & 1u << i) == 0)
            continue;
        of |= 1u << i;
        standing_add_entity(&s, person, policy, purpose, (int)i, job, first);
    }
    s.entities_differ = s.entities != 0 && s.entities != of;
    return s;
}
