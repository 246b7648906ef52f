/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>

static struct notice notices[] = {
    {.number = OTHER_WORDS, .id = "other", .version = "1", .effective_from = 0, .material = true},
    {.number = WORDS_TO_COME, .id = "to-come", .version = "1", .effective_from = NOW + DAY, .material = true},
    {.number = OLD_WORDS, .id = "words", .version = "1", .effective_from = 0, .material = true},
    {.number = WORDS, .id = "words", .version = "2", .effective_from = NOW - 100 * DAY, .material = true},
    {.number = LATER_WORDS,
     .id = "words",
     .version = "3",
     .effective_from = NOW + 100 * DAY,
     .material = true},
};
const struct policy scene_policy = {.notice_count = sizeof notices / sizeof *notices, .notices = notices};

struct purpose purpose_in(const struct scene *s)
{
    return (struct purpose){.number = NEWSLETTER,
                            .key = "newsletter",
                            .basis = s->basis,
                            .direct_marketing = s->direct_marketing,
                            .retired = s->retired,
                            .unknown_words_allowed = s->unknown_words_allowed,
                            .notice = "words",
                            .guardian = {.minors = MINORS_GUARDIAN}};
}

/* An event that was invalidated stands where the event stood. */
static enum slot slot_of(enum event_state state)
{
    switch (state) {
    case EVENT_ELIGIBLE:
        return SLOT_SALE;
    case EVENT_OVERRIDDEN:
    case EVENT_UPHELD:
        return SLOT_OUTCOME;
    case EVENT_REFUSED:
    case EVENT_WITHDRAWN:
    case EVENT_OBJECTED:
        return SLOT_NO;
    default:
        return SLOT_YES;
    }
}

struct state act(enum event_class class, enum event_state state, int days_ago)
{
    return (struct state){.slot = slot_of(state),
                          .rank = rank_of(class, state, true, NOW - days_ago * DAY),
                          .revision = 1000 * days_ago + (int)state,
                          .record_id = {(uint8_t)days_ago, (uint8_t)state},
                          .valid_until = INSTANT_NONE};
}

static struct state own_act(const struct scene *s, enum event_state state)
{
    if (state == EVENT_NONE)
        return (struct state){.rank = 0};
    struct state a = act(event_class_of(state, METHOD_WEB_FORM, s->copied), state, SAID);
    if (s->ends != 0)
        a.valid_until = NOW + s->ends * DAY;
    a.notice_number = s->words;
    return a;
}

static struct state standing_no(int days_ago)
{
    return days_ago == 0 ? (struct state){.rank = 0} : act(CLASS_CHOICE, EVENT_WITHDRAWN, days_ago);
}

static struct state request(const struct scene *s)
{
    struct state r = act(CLASS_CHOICE, EVENT_REQUESTED, AFTER);
    r.slot = SLOT_PENDING;
    r.valid_until = NOW + s->pending * DAY;
    return s->pending != 0 ? r : (struct state){.rank = 0};
}

/* A minor for long yet. */
static const struct state limit = {.slot = SLOT_AGE, .rank = NOW + 50000 * DAY, .valid_until = INSTANT_NONE};

void known_add(struct known *k, int32_t purpose, int32_t guardian, struct state state)
{
    if (state.rank == 0 && !slot_is_fact(state.slot))
        return;
    state.purpose = purpose;
    state.guardian = guardian;
    k->list[k->states.count++] = state;
}

void known_in(const struct scene *s, struct known *ret_known)
{
    ret_known->states = (struct states){.count = 0, .list = ret_known->list};
    known_add(ret_known, NEWSLETTER, 0, own_act(s, s->self));
    known_add(ret_known, NEWSLETTER, ROLE_PARENT, own_act(s, s->guardian));
    known_add(ret_known, NEWSLETTER, 0, request(s));
    known_add(ret_known, PURPOSE_ALL, 0, standing_no(s->self_all));
    known_add(ret_known, PURPOSE_ALL, ROLE_PARENT, standing_no(s->guardian_all));
    if (s->child)
        known_add(ret_known, PURPOSE_ALL, 0, limit);
}

struct verdict verdict_at(const struct scene *s, const struct purpose *purpose, instant now)
{
    struct known known;
    known_in(s, &known);
    return verdict_of(&scene_policy, purpose, ENTITY_ANY, &known.states, now);
}

struct verdict verdict_in(const struct scene *s)
{
    struct purpose purpose = purpose_in(s);
    struct verdict v = verdict_at(s, &purpose, NOW);
    v.purpose = NULL; /* it is about to go out of scope */
    return v;
}

const char *reason_in(const struct scene *s)
{
    return reason_word(verdict_in(s).reason);
}

void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(reason_in(&rows[i].scene), rows[i].reason, "%s: %s, not %s", rows[i].question,
                         reason_in(&rows[i].scene), rows[i].reason);
}

void assert_decided_by(const struct verdict *v, int days_ago, enum event_state state)
{
    struct state decides = act(CLASS_CHOICE, state, days_ago);
    cr_expect_eq(v->since, NOW - days_ago * DAY);
    cr_expect_eq(v->revision, decides.revision, "revision %ld", (long)v->revision);
    cr_expect_arr_eq(v->record_id, decides.record_id, UUID_SIZE);
}

size_t take(size_t *number, size_t count)
{
    size_t digit = *number % count;
    *number /= count;
    return digit;
}

const enum event_state states[STATES] = {
    EVENT_NONE,    EVENT_ELIGIBLE,  EVENT_GIVEN,    EVENT_OBJECTION_WITHDRAWN, EVENT_RENEWED, EVENT_REQUESTED,
    EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED, EVENT_INVALIDATED};

struct scene scene_of(size_t n)
{
    static const int standing[] = {0, BEFORE, AFTER};
    static const int ends[] = {0, -1, 1};
    static const int32_t words[] = {WORDS, OLD_WORDS, 0};
    struct scene s = {.basis = (enum lawful_basis)take(&n, LAWFUL_BASIS_COUNT)};
    s.direct_marketing = take(&n, 2) == 1;
    s.child = take(&n, 2) == 1;
    s.pending = (int)take(&n, 2);
    s.unknown_words_allowed = take(&n, 2) == 1;
    s.self = states[take(&n, STATES)];
    s.guardian = states[take(&n, STATES)];
    s.copied = take(&n, 2) == 1;
    s.self_all = standing[take(&n, 3)];
    s.guardian_all = standing[take(&n, 2) * 2];
    s.ends = ends[take(&n, 3)];
    s.words = words[take(&n, 3)];
    return s;
}
