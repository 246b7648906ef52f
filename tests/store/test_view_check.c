/* SPDX-License-Identifier: Apache-2.0 */
/* What the view's own checks catch, and how much it holds. The numbers are those of view_internal.h. */
#include "store/view_internal.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

enum { CONTROLLER = 1, BUCKETS = 64, STATES = 3 };

static const struct purpose_set set = {.count = 2, .numbers = {PURPOSE_ALL, 1}};
static struct view *view;
static uint32_t context;
static struct bucket *bucket; /* of the tag */
static size_t at[STATES];     /* places of its states */

/* In a bucket of its own for each ${n} below BUCKETS. */
static struct tag tag_of(uint32_t n)
{
    struct tag tag = {{1}};
    tag.bytes[4] = (uint8_t)(n * (256 / BUCKETS)); /* the highest of the mark */
    return tag;
}

static void hold(uint32_t n, size_t count)
{
    struct state states[VIEW_STATES_MAX] = {{0}};
    struct tag tag = tag_of(n);
    for (size_t i = 0; i < count; i++)
        states[i] = (struct state){.purpose = 1, .slot = SLOT_NO, .guardian = (int32_t)i, .revision = 7};
    view_put(view, context, &tag, states, count);
}

static void view_make(void)
{
    view = view_create(BUCKETS * sizeof(struct bucket));
    cr_assert_not_null(view);
    view_advance(view, CONTROLLER, VIEW_NOTHING, 5, NULL, 0);
    context = view_context(view, CONTROLLER, &set);
    hold(0, STATES);
    hold(1, 0);
    bucket = &view->buckets[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (bucket->places[i].context != 0)
            at[bucket->places[i].nth] = i;
    }
}

static void view_end(void)
{
    view_destroy(view);
}

TestSuite(view_check, .init = view_make, .fini = view_end);

Test(view_check, passes_what_holds)
{
    struct tag tag = tag_of(0);
    struct state states[VIEW_STATES_MAX];
    view_check(view);
    cr_assert_eq(view_get(view, context, &tag, states), STATES);
    cr_assert_eq(states[2].guardian, 2);
    view_forget(view);
    view_check(view);
    cr_assert_eq(view_get(view, context, &tag, states), STATES, "only its context went");
}

/* Whose slot it is is held with the slot, as far as either goes. */
Test(view_check, slots_and_whose_they_are_come_back)
{
    static const int32_t guardians[] = {0, 1, GUARDIAN_NAMED, INT32_MAX / SLOT_COUNT};
    struct tag tag = tag_of(2);
    struct state put[VIEW_STATES_MAX] = {{0}}, got[VIEW_STATES_MAX];
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        for (size_t i = 0; i < VIEW_STATES_MAX; i++)
            put[i] = (struct state){.slot = (enum slot)slot, .guardian = guardians[i]};
        view_put(view, context, &tag, put, VIEW_STATES_MAX);
        cr_assert_eq(view_get(view, context, &tag, got), VIEW_STATES_MAX);
        for (size_t i = 0; i < VIEW_STATES_MAX; i++)
            cr_assert(got[i].slot == put[i].slot && got[i].guardian == put[i].guardian);
    }
}

/* Each byte of a tag tells it from another. */
Test(view_check, a_tag_that_differs_in_one_byte_is_not_held)
{
    for (size_t i = 0; i < TAG_SIZE; i++) {
        struct tag other = tag_of(0);
        other.bytes[i] ^= 0x80;
        cr_assert_not(view_has(view, context, &other), "byte %zu", i);
    }
}

#define CAUGHT(name, plant)                                                                                  \
    Test(view_check, catches_##name, .signal = SIGABRT)                                                      \
    {                                                                                                        \
        plant;                                                                                               \
        view_check(view);                                                                                    \
    }

CAUGHT(a_part_that_is_missing, bucket->places[at[1]].context = 0)
CAUGHT(a_part_that_is_there_twice, bucket->places[at[1]].nth = 2)
CAUGHT(a_part_beyond_the_last, bucket->places[at[2]].nth = 3)
CAUGHT(a_part_that_counts_otherwise, bucket->places[at[0]].count = 2)
CAUGHT(a_part_of_another_tag, bucket->places[at[0]].tag[9] ^= 1)
CAUGHT(a_part_of_another_key, bucket->places[at[0]].tag[0]++)
CAUGHT(a_part_of_another_mark, bucket->marks[at[0]]++)
CAUGHT(an_entry_in_anothers_bucket, view->buckets[3] = *bucket)
CAUGHT(an_entry_that_says_it_has_a_state, view->buckets[1].places[0].nth = 1)
CAUGHT(a_context_that_was_never_given, view->buckets[1].places[0].context++)
CAUGHT(a_hand_beside_the_places, bucket->hand = WAYS)
CAUGHT(a_context_that_is_not_counted, view->context_count--)
CAUGHT(a_controller_that_is_not_counted, view->holding_count--)
CAUGHT(a_context_of_who_is_not_known, view->holdings[CONTROLLER]->stands = VIEW_NOTHING)

/* ... where it happens: before it is answered, and with the next statement. */
Test(view_check, a_torn_entry_is_not_answered, .signal = SIGABRT)
{
    struct state states[VIEW_STATES_MAX];
    struct tag tag = tag_of(0);
    bucket->places[at[2]].nth = 1;
    view_get(view, context, &tag, states);
}

Test(view_check, a_torn_table_is_seen_by_the_next_statement, .signal = SIGABRT)
{
    view->context_count++;
    view_advance(view, CONTROLLER, 5, 5, &(struct touched){.no = 5, .marks = ""}, 1);
}
