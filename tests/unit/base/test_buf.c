/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buf b;

static void finish(void)
{
    buf_free(&b);
}

TestSuite(buf, .fini = finish);

static void assert_holds(const char *expected)
{
    cr_assert_eq(b.len, strlen(expected), "%zu bytes", b.len);
    cr_assert_arr_eq(b.data, expected, b.len);
    cr_assert_not(buf_failed(&b));
}

Test(buf, it_is_born_empty_and_without_memory)
{
    buf_init(&b, 100);
    cr_assert_null(b.data);
    cr_assert_eq(b.len, 0);
    cr_assert_not(buf_failed(&b));
}

Test(buf, what_is_appended_stands_in_order)
{
    buf_init(&b, 100);
    buf_text(&b, "one");
    buf_byte(&b, ' ');
    buf_append(&b, "two\0", 4);
    buf_append(&b, NULL, 0);
    buf_printf(&b, " %d", 3);
    cr_assert_eq(b.len, 10);
    cr_assert_arr_eq(b.data, "one two\0 3", 10);
    cr_assert_not(buf_failed(&b));
}

Test(buf, growing_keeps_every_byte)
{
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < 1 << 16; i++)
        buf_byte(&b, (char)(i * 7 >> 3));
    cr_assert_eq(b.len, 1 << 16);
    for (size_t i = 0; i < 1 << 16; i++)
        cr_assert_eq(b.data[i], (char)(i * 7 >> 3));
    cr_assert_not(buf_failed(&b));
}

Test(buf, it_takes_its_ceiling_and_not_a_byte_more)
{
    buf_init(&b, 5);
    buf_text(&b, "12345");
    assert_holds("12345");
    buf_append(&b, "", 0);
    assert_holds("12345");
    buf_byte(&b, '6');
    cr_assert(buf_failed(&b));
    cr_assert_eq(b.len, 5);
}

Test(buf, an_append_that_does_not_fit_leaves_nothing_behind)
{
    buf_init(&b, 5);
    buf_text(&b, "1234");
    buf_text(&b, "56");
    cr_assert(buf_failed(&b));
    cr_assert_eq(b.len, 4);
}

Test(buf, after_a_failure_nothing_is_appended_not_even_what_would_fit)
{
    buf_init(&b, 5);
    buf_text(&b, "123456");
    buf_byte(&b, '1');
    buf_text(&b, "1");
    buf_printf(&b, "%d", 1);
    cr_assert_null(buf_extend(&b, 1));
    cr_assert(buf_failed(&b));
    cr_assert_eq(b.len, 0);
}

Test(buf, a_length_near_the_largest_there_is_does_not_wrap_around)
{
    buf_init(&b, 100);
    buf_text(&b, "12345");
    cr_assert_null(buf_extend(&b, SIZE_MAX));
    cr_assert(buf_failed(&b));
    buf_clear(&b);
    buf_text(&b, "12345");
    cr_assert_null(buf_extend(&b, SIZE_MAX - 4));
    cr_assert(buf_failed(&b));
}

Test(buf, clearing_forgets_the_bytes_and_the_failure_and_keeps_the_memory)
{
    buf_init(&b, 5);
    buf_text(&b, "123");
    char *memory = b.data;
    buf_text(&b, "456");
    buf_clear(&b);
    cr_assert_not(buf_failed(&b));
    cr_assert_eq(b.len, 0);
    buf_text(&b, "12345");
    assert_holds("12345");
    cr_assert_eq(b.data, memory);
}

Test(buf, freeing_leaves_it_ready_with_the_same_ceiling)
{
    buf_init(&b, 5);
    buf_text(&b, "123456");
    buf_free(&b);
    cr_assert_null(b.data);
    cr_assert_eq(b.len, 0);
    cr_assert_not(buf_failed(&b));
    buf_text(&b, "12345");
    assert_holds("12345");
    buf_free(&b);
    buf_free(&b);
    buf_text(&b, "123456");
    cr_assert(buf_failed(&b), "the ceiling is still 5");
}

Test(buf, extending_gives_room_that_counts)
{
    buf_init(&b, 300);
    buf_text(&b, "ab");
    char *at = buf_extend(&b, 298);
    cr_assert_eq(at, b.data + 2);
    memset(at, 'x', 298);
    cr_assert_eq(b.len, 300);
    cr_assert_null(buf_extend(&b, 1));
}

/* Around the size of the text that is formatted without a second pass. */
Test(buf, formatted_text_of_every_length_is_whole)
{
    char text[600];
    for (int len = 0; len < (int)sizeof text; len++) {
        memset(text, 'a' + len % 26, sizeof text);
        buf_init(&b, 2000);
        buf_text(&b, "<");
        buf_printf(&b, "%.*s", len, text);
        buf_text(&b, ">");
        cr_assert_not(buf_failed(&b));
        cr_assert_eq(b.len, (size_t)len + 2);
        cr_assert_arr_eq(b.data + 1, text, (size_t)len);
        cr_assert_eq(b.data[len + 1], '>');
        buf_free(&b);
    }
}

Test(buf, formatted_text_does_not_pass_the_ceiling)
{
    static const int lengths[] = {11, 255, 256, 257, 1000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        buf_init(&b, 10);
        buf_printf(&b, "%*d", lengths[i], 1);
        cr_assert(buf_failed(&b), "%d", lengths[i]);
        cr_assert_eq(b.len, 0);
        buf_free(&b);
    }
}
