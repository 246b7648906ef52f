/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ndjson.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

/* Walks ${len} bytes and compares with "number:bytes " a line, "number! " for a long one, "many" at the end.
 */
static void assert_walk(const char *bytes, size_t len, size_t lines_max, size_t line_len_max,
                        const char *expected)
{
    struct buf found;
    buf_init(&found, 4096);
    struct ndjson walk = ndjson_of(bytes, len, lines_max, line_len_max);
    struct ndjson_line line;
    enum ndjson_step step;
    while ((step = ndjson_next(&walk, &line)) == NDJSON_LINE || step == NDJSON_LONG) {
        if (step == NDJSON_LONG)
            buf_printf(&found, "%zu! ", line.number);
        else
            buf_printf(&found, "%zu:%.*s ", line.number, (int)line.len, line.bytes);
    }
    if (step == NDJSON_MANY)
        buf_text(&found, "many");
    cr_expect_eq(ndjson_next(&walk, &line), step, "the end is told again");
    buf_byte(&found, '\0');
    cr_expect_str_eq(found.data, expected);
    buf_free(&found);
}

static void assert_lines(const char *text, const char *expected)
{
    assert_walk(text, strlen(text), 100, 100, expected);
}

Test(ndjson, a_line_ends_with_newline_or_the_body)
{
    assert_lines("{}\n[]\n", "1:{} 2:[] ");
    assert_lines("{}\n[]", "1:{} 2:[] ");
    assert_lines("{}\r\n[]\r\n", "1:{} 2:[] ");
    assert_lines("{}\r\n[]\r", "1:{} 2:[] ");
    assert_lines("1", "1:1 ");
}

Test(ndjson, a_carriage_return_within_a_line_stays)
{
    assert_lines("a\rb\r\r\nc", "1:a\rb\r 2:c ");
}

Test(ndjson, a_blank_line_is_passed_over_and_counted)
{
    assert_lines("", "");
    assert_lines("\n", "");
    assert_lines("\n\n a\n\r\n \t \nb\n\n", "3: a 6:b ");
}

Test(ndjson, an_empty_body_of_no_address_has_no_lines)
{
    assert_walk(NULL, 0, 1, 1, "");
}

Test(ndjson, a_nul_is_a_byte_like_any_other)
{
    struct ndjson walk = ndjson_of("a\0b\nc", 5, 10, 10);
    struct ndjson_line line;
    cr_assert_eq(ndjson_next(&walk, &line), NDJSON_LINE);
    cr_expect_eq(line.len, 3);
    cr_assert_eq(ndjson_next(&walk, &line), NDJSON_LINE);
    cr_expect_eq(line.number, 2);
}

Test(ndjson, a_line_above_its_bound_is_told_and_the_rest_goes_on)
{
    assert_walk("1234\n12345\r\n123456\nx", 20, 10, 5, "1:1234 2:12345 3! 4:x ");
}

Test(ndjson, as_many_lines_as_allowed_are_walked)
{
    assert_walk("1\n\n3\n", 5, 3, 9, "1:1 3:3 ");
    assert_walk("1\n\n3", 4, 3, 9, "1:1 3:3 ");
}

Test(ndjson, one_line_more_than_allowed_is_told)
{
    assert_walk("1\n\n3\n4", 6, 3, 9, "1:1 3:3 many");
    assert_walk("1\n\n3\n\n", 6, 3, 9, "1:1 3:3 many");
}

Test(ndjson, nothing_is_read_behind_the_body)
{
    assert_walk("1\n2345", 3, 9, 9, "1:1 2:2 ");
}
