/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of a view's part catch. The numbers are those of view_part.h. */
#include "store/view_part.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

enum { CONTROLLER = 1, BUCKETS = 64, STATES = 3 };

static const struct purpose_set set = {.count = 2, .numbers = {PURPOSE_ALL, 1}};
static struct view_part part;
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
    part_put(&part, context, &tag, states, count);
}

static void part_make(void)
{
    cr_assert(part_init(&part, 0, BUCKETS * sizeof(struct bucket)));
    part_advance(&part, CONTROLLER, VIEW_NOTHING, 5, NULL, 0);
    context = part_context_add(&part, CONTROLLER, &set);
    hold(0, STATES);
    hold(1, 0);
    bucket = &part.buckets[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (bucket->places[i].context != 0)
            at[bucket->places[i].nth] = i;
    }
}

static void part_end(void)
{
    part_destroy(&part);
}

TestSuite(view_part, .init = part_make, .fini = part_end);

Test(view_part, passes_what_holds)
{
    struct tag tag = tag_of(0);
    struct state states[VIEW_STATES_MAX];
    part_check(&part);
    cr_assert_eq(part_get(&part, context, &tag, states), STATES);
    cr_assert_eq(states[2].guardian, 2);
    part_forget(&part);
    part_check(&part);
    cr_assert_eq(part_get(&part, context, &tag, states), STATES, "only its context went");
}

/* Whose slot it is is held with the slot, as far as either goes. */
Test(view_part, slots_and_whose_they_are_come_back)
{
    static const int32_t guardians[] = {0, 1, GUARDIAN_NAMED, INT32_MAX / SLOT_COUNT};
    struct tag tag = tag_of(2);
    struct state put[VIEW_STATES_MAX] = {{0}}, got[VIEW_STATES_MAX];
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        for (size_t i = 0; i < VIEW_STATES_MAX; i++)
            put[i] = (struct state){.slot = (enum slot)slot, .guardian = guardians[i]};
        part_put(&part, context, &tag, put, VIEW_STATES_MAX);
        cr_assert_eq(part_get(&part, context, &tag, got), VIEW_STATES_MAX);
        for (size_t i = 0; i < VIEW_STATES_MAX; i++)
            cr_assert(got[i].slot == put[i].slot && got[i].guardian == put[i].guardian);
    }
}

/* Each byte of a tag tells it from another. */
Test(view_part, a_tag_that_differs_in_one_byte_is_not_held)
{
    for (size_t i = 0; i < TAG_SIZE; i++) {
        struct tag other = tag_of(0);
        other.bytes[i] ^= 0x80;
        cr_assert_not(part_has(&part, context, &other), "byte %zu", i);
    }
}

/* Rows between what the part knows and what the statement was sent from on are missing. */
Test(view_part, a_part_that_missed_a_row_holds_nothing_any_more)
{
    struct touched rows[] = {{.no = 6, .marks = ""}, {.no = 7, .marks = ""}};
    struct tag tag = tag_of(0);
    part_advance(&part, CONTROLLER, 6, 7, rows, 2);
    cr_assert_eq(part_stands(&part, CONTROLLER), 7);
    cr_assert_not(part_has(&part, part_context(&part, CONTROLLER, &set), &tag));
}

/* (13) Of whom nothing is held costs no memory, whatever is asked and touched. */
Test(view_part, what_was_never_held_is_not_looked_at)
{
    enum { BYTES = 16 << 20, TAGS = 5000, PAGE = 4096 };
    struct view_part large;
    uint32_t marks[TOUCHED_MARKS_MAX / TAG_MARK_SIZE];
    struct state states[VIEW_STATES_MAX];
    cr_assert(part_init(&large, 0, BYTES));
    part_advance(&large, CONTROLLER, VIEW_NOTHING, 5, NULL, 0);
    uint32_t of = part_context_add(&large, CONTROLLER, &set);
    for (uint32_t n = 0; n < TAGS; n++) {
        struct tag tag = {{1}};
        uint32_t mark = n * (UINT32_MAX / TAGS);
        memcpy(tag.bytes + 1, &mark, sizeof mark);
        marks[n % (TOUCHED_MARKS_MAX / TAG_MARK_SIZE)] = mark;
        cr_assert_not(part_has(&large, of, &tag));
        cr_assert_eq(part_get(&large, of, &tag, states), -1);
        part_put(&large, 0, &tag, states, 1);
    }
    struct touched rows[] = {{.no = 5, .marks = ""}, {6, (const char *)marks, sizeof marks}};
    part_advance(&large, CONTROLLER, 5, 6, rows, 2);

    static unsigned char resident[BYTES / PAGE + 1];
    cr_assert_eq(mincore(large.buckets, large.bytes, resident), 0);
    size_t pages = 0;
    for (size_t i = 0; i < large.bytes / PAGE; i++)
        pages += resident[i] & 1;
    cr_assert_eq(pages, 0);
    part_destroy(&large);
}

#define CAUGHT(name, plant)                                                                                  \
    Test(view_part, catches_##name, .signal = SIGABRT)                                                       \
    {                                                                                                        \
        plant;                                                                                               \
        part_check(&part);                                                                                   \
    }

CAUGHT(a_part_that_is_missing, bucket->places[at[1]].context = 0)
CAUGHT(a_part_that_is_there_twice, bucket->places[at[1]].nth = 2)
CAUGHT(a_part_beyond_the_last, bucket->places[at[2]].nth = 3)
CAUGHT(a_part_that_counts_otherwise, bucket->places[at[0]].count = 2)
CAUGHT(a_part_of_another_tag, bucket->places[at[0]].tag[9] ^= 1)
CAUGHT(a_part_of_another_key, bucket->places[at[0]].tag[0]++)
CAUGHT(a_part_of_another_mark, bucket->marks[at[0]]++)
CAUGHT(an_entry_in_anothers_bucket, part.buckets[3] = *bucket)
CAUGHT(an_entry_that_says_it_has_a_state, part.buckets[1].places[0].nth = 1)
CAUGHT(a_context_that_was_never_given, part.buckets[1].places[0].context++)
CAUGHT(a_hand_beside_the_places, bucket->hand = WAYS)
CAUGHT(an_entry_where_nothing_was_written, part.written[0] = 0)
CAUGHT(a_context_that_is_not_counted, part.context_count--)
CAUGHT(a_controller_that_is_not_counted, part.holding_count--)
CAUGHT(a_context_of_who_is_not_known, part.holdings[CONTROLLER]->stands = VIEW_NOTHING)

/* ... where it happens: before it is answered, and with the next statement. */
Test(view_part, a_torn_entry_is_not_answered, .signal = SIGABRT)
{
    struct state states[VIEW_STATES_MAX];
    struct tag tag = tag_of(0);
    bucket->places[at[2]].nth = 1;
    part_get(&part, context, &tag, states);
}

Test(view_part, a_torn_table_is_seen_by_the_next_statement, .signal = SIGABRT)
{
    part.context_count++;
    part_advance(&part, CONTROLLER, 5, 5, &(struct touched){.no = 5, .marks = ""}, 1);
}
