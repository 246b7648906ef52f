/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <criterion/criterion.h>

struct thing {
    int number;
    struct list link; /* not the first member, so that list_entry has something to take off */
};

static struct list head, other;
static struct thing things[5];

static void start(void)
{
    list_init(&head);
    list_init(&other);
    for (int i = 0; i < 5; i++) {
        things[i].number = i + 1;
        list_init(&things[i].link);
    }
}

TestSuite(list, .init = start);

static void append(struct list *to, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        list_append(to, &things[i - 1].link);
}

/* The numbers as digits, read forwards; the links back must say the same. */
static int digits(const struct list *of)
{
    int forwards = 0, backwards = 0, scale = 1;
    list_each(node, of) forwards = forwards * 10 + list_entry(node, struct thing, link)->number;
    for (const struct list *node = of->prev; node != of; node = node->prev, scale *= 10)
        backwards += scale * list_entry(node, struct thing, link)->number;
    cr_assert_eq(forwards, backwards, "%d forwards, %d backwards", forwards, backwards);
    return forwards;
}

Test(list, a_new_one_is_empty)
{
    cr_assert(list_empty(&head));
    cr_assert_eq(digits(&head), 0);
    cr_assert_null(list_shift(&head));
    cr_assert(list_empty(&head));
}

Test(list, what_is_appended_stands_last)
{
    append(&head, 1, 5);
    cr_assert_not(list_empty(&head));
    cr_assert_eq(digits(&head), 12345);
}

Test(list, any_node_can_be_removed)
{
    append(&head, 1, 5);
    list_remove(&things[2].link);
    cr_assert_eq(digits(&head), 1245);
    list_remove(&things[0].link);
    cr_assert_eq(digits(&head), 245);
    list_remove(&things[4].link);
    cr_assert_eq(digits(&head), 24);
    list_remove(&things[1].link);
    list_remove(&things[3].link);
    cr_assert(list_empty(&head));
}

Test(list, a_removed_node_points_at_itself_so_that_removing_twice_is_harmless)
{
    append(&head, 1, 3);
    list_remove(&things[1].link);
    cr_assert(list_empty(&things[1].link));
    list_remove(&things[1].link);
    cr_assert_eq(digits(&head), 13);
    append(&head, 2, 2);
    cr_assert_eq(digits(&head), 132);
}

Test(list, shifting_takes_the_first)
{
    append(&head, 1, 3);
    cr_assert_eq(list_entry(list_shift(&head), struct thing, link)->number, 1);
    cr_assert_eq(digits(&head), 23);
    cr_assert(list_empty(&things[0].link));
    list_shift(&head);
    cr_assert_eq(list_entry(list_shift(&head), struct thing, link)->number, 3);
    cr_assert_null(list_shift(&head));
}

Test(list, moving_all_appends_in_order_and_leaves_the_source_empty)
{
    append(&head, 1, 2);
    append(&other, 3, 5);
    list_move_all(&head, &other);
    cr_assert_eq(digits(&head), 12345);
    cr_assert(list_empty(&other));
    list_remove(&things[4].link);
    list_append(&other, &things[4].link);
    cr_assert_eq(digits(&other), 5);
    cr_assert_eq(digits(&head), 1234);
}

Test(list, moving_from_or_to_an_empty_list_loses_nothing)
{
    append(&other, 1, 3);
    list_move_all(&head, &other);
    cr_assert_eq(digits(&head), 123);
    list_move_all(&head, &other);
    cr_assert_eq(digits(&head), 123);
    cr_assert(list_empty(&other));
}

Test(list, a_safe_walk_may_remove_the_node_it_stands_on)
{
    append(&head, 1, 5);
    int seen = 0;
    list_each_safe(node, &head)
    {
        int number = list_entry(node, struct thing, link)->number;
        seen = seen * 10 + number;
        if (number != 2 && number != 3)
            list_remove(node);
    }
    cr_assert_eq(seen, 12345);
    cr_assert_eq(digits(&head), 23);
}
