/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

static struct arena a;

static void finish(void)
{
    arena_free(&a);
    arena_thread_end();
}

TestSuite(arena, .fini = finish);

Test(arena, pieces_are_aligned_for_anything_and_do_not_overlap)
{
    enum { PIECES = 600 };
    unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&a, i);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0, "piece %zu", i);
        memset(pieces[i], (int)(i & 0xff), i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t k = 0; k < i; k++)
            cr_assert_eq(pieces[i][k], i & 0xff, "piece %zu, byte %zu", i, k);
    }
    cr_expect_geq(a.held, PIECES * (PIECES - 1) / 2);
}

Test(arena, a_piece_larger_than_a_chunk_is_whole_and_the_next_ones_find_room)
{
    char *large = arena_alloc(&a, 100000), *small = arena_alloc(&a, 1);
    cr_assert(large != NULL && small != NULL);
    memset(large, 'x', 100000);
    *small = 'y';
    cr_expect_eq(large[99999], 'x');
}

Test(arena, what_is_given_back_is_taken_again_by_the_same_thread)
{
    void *first = arena_alloc(&a, 8);
    arena_free(&a);
    cr_expect_eq(a.held, 0);
    cr_expect_eq(arena_alloc(&a, 8), first);
}

Test(arena, a_list_that_grows_keeps_what_it_has_and_its_room_is_zeroed)
{
    int *list = NULL;
    a.vital = true;
    for (size_t i = 0; i < 1000; i++) {
        list = arena_grow(&a, list, i, sizeof *list);
        cr_assert_eq(list[i], 0, "element %zu", i);
        list[i] = (int)i + 1;
    }
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(list[i], i + 1);
}

Test(arena, one_that_was_given_back_is_as_new)
{
    arena_alloc(&a, 5000);
    arena_free(&a);
    arena_free(&a);
    cr_expect(a.chunks == NULL && a.used == 0 && a.held == 0);
    char *again = arena_zeroed(&a, 64);
    for (size_t i = 0; i < 64; i++)
        cr_expect_eq(again[i], 0);
}

Test(arena, a_copy_ends_with_a_nul)
{
    cr_expect_str_eq(arena_copy(&a, "abcdef", 3), "abc");
    cr_expect_str_eq(arena_copy(&a, "", 0), "");
    cr_expect_arr_eq(arena_copy(&a, "a\0b", 3), "a\0b", 4);
}

/* ---- our own mistakes stop the program ---- */

Test(arena, a_size_below_zero_is_nobodys, .signal = SIGABRT)
{
    size_t len = 3;
    arena_alloc(&a, len - 4);
}

Test(arena, a_count_that_is_wrong_is_found, .signal = SIGABRT)
{
    arena_alloc(&a, 8);
    arena_alloc(&a, 5000);
    a.held += 16;
    arena_free(&a);
}
