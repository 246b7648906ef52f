/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/writer.h"

#include "wire/reader.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buf b;
static struct writer w;

static void start(void)
{
    buf_init(&b, 1 << 16);
    w = writer_of(&b);
}

static void finish(void)
{
    buf_free(&b);
}

TestSuite(writer, .init = start, .fini = finish);

static void assert_written(const char *expected)
{
    cr_assert_not(buf_failed(&b));
    cr_assert_eq(b.len, strlen(expected), "%.*s", (int)b.len, b.data);
    cr_expect_arr_eq(b.data, expected, b.len, "%.*s", (int)b.len, b.data);
}

Test(writer, every_kind_of_value_has_its_member)
{
    static const uint8_t uuid[UUID_SIZE] = {0x01, 0x93, 0xab, 0xcd, 0, 0, 0x70, 0, 0x80, [15] = 0xff};
    writer_object_begin(&w, NULL);
    writer_bool(&w, "allow", true);
    writer_bool(&w, "deny", false);
    writer_text(&w, "reason", "granted");
    writer_text(&w, "ref", NULL);
    writer_string(&w, "cut", "abcdef", 3);
    writer_int(&w, "revision", 42);
    writer_moment(&w, "since", 1795255200 * SECOND);
    writer_moment(&w, "valid_until", INSTANT_NONE);
    writer_null(&w, "nothing");
    writer_uuid(&w, "record_id", uuid);
    writer_raw(&w, "raw", "{\"x\":[1]}", 9);
    writer_object_end(&w);
    assert_written(
        "{\"allow\":true,\"deny\":false,\"reason\":\"granted\",\"ref\":null,\"cut\":\"abc\",\"revision\":42,"
        "\"since\":\"2026-11-21T10:00:00Z\",\"valid_until\":null,\"nothing\":null,"
        "\"record_id\":\"0193abcd-0000-7000-8000-0000000000ff\",\"raw\":{\"x\":[1]}}");
}

Test(writer, commas_stand_between_values_and_nowhere_else)
{
    writer_array_begin(&w, NULL);
    writer_array_begin(&w, NULL);
    writer_array_end(&w);
    writer_object_begin(&w, NULL);
    writer_object_end(&w);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "a");
    writer_int(&w, NULL, 1);
    writer_int(&w, NULL, 2);
    writer_array_end(&w);
    writer_object_begin(&w, "b");
    writer_null(&w, "c");
    writer_object_end(&w);
    writer_int(&w, "d", 3);
    writer_object_end(&w);
    writer_null(&w, NULL);
    writer_array_end(&w);
    assert_written("[[],{},{\"a\":[1,2],\"b\":{\"c\":null},\"d\":3},null]");
}

Test(writer, a_string_is_escaped_as_rfc_8259_says)
{
    writer_array_begin(&w, NULL);
    writer_text(&w, NULL, "\"\\/\b\f\n\r\t\x01\x1f\x7f");
    writer_text(&w, NULL, "\xc3\xa9\xf0\x9f\x8d\xaa");
    writer_text(&w, NULL, "");
    writer_array_end(&w);
    assert_written("[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\",\"\xc3\xa9\xf0\x9f\x8d\xaa\",\"\"]");
}

Test(writer, a_name_is_escaped_like_a_value)
{
    writer_object_begin(&w, NULL);
    writer_int(&w, "a\"b\n", 1);
    writer_object_end(&w);
    assert_written("{\"a\\\"b\\n\":1}");
}

Test(writer, whole_numbers_are_written_to_their_last_digit)
{
    static const int64_t numbers[] = {0, -1, 9, 10, -10, INT64_MAX, INT64_MIN};
    writer_array_begin(&w, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        writer_int(&w, NULL, numbers[i]);
    writer_array_end(&w);
    assert_written("[0,-1,9,10,-10,9223372036854775807,-9223372036854775808]");
}

Test(writer, one_value_goes_behind_what_the_buf_holds)
{
    writer_int(&w, NULL, 1);
    buf_byte(&b, '\n');
    w = writer_of(&b);
    writer_text(&w, NULL, "x");
    assert_written("1\n\"x\"");
}

Test(writer, every_character_comes_back_through_a_parser)
{
    char all[127];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i + 1);
    writer_object_begin(&w, NULL);
    writer_string(&w, "all", all, sizeof all);
    writer_int(&w, "least", INT64_MIN);
    writer_object_end(&w);
    struct reader r;
    cr_assert_eq(reader_open(&r, b.data, b.len), ERROR_NONE);
    struct node root = reader_root(&r);
    struct node text = node_member(&root, "all"), least = node_member(&root, "least");
    size_t len;
    const char *back = node_string(&text, 0, 1000, &len);
    cr_assert_eq(len, sizeof all);
    cr_expect_arr_eq(back, all, len);
    cr_expect_eq(node_int(&least, INT64_MIN, INT64_MAX), INT64_MIN);
    reader_close(&r);
}

Test(writer, what_the_reader_dumps_and_the_writer_writes_are_the_same_bytes)
{
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "errors");
    writer_object_begin(&w, NULL);
    writer_text(&w, "pointer", "/a~1b\"\\\n\x02");
    writer_object_end(&w);
    writer_array_end(&w);
    writer_object_end(&w);
    struct reader r;
    cr_assert_eq(reader_open(&r, b.data, b.len), ERROR_NONE);
    struct node root = reader_root(&r);
    struct buf dump;
    buf_init(&dump, 1024);
    node_dump(&root, false, &dump);
    cr_assert_eq(dump.len, b.len);
    cr_expect_arr_eq(dump.data, b.data, b.len);
    buf_free(&dump);
    reader_close(&r);
}

Test(writer, sixty_four_levels_keep_their_kinds)
{
    struct buf expected;
    buf_init(&expected, 1024);
    writer_object_begin(&w, NULL);
    buf_byte(&expected, '{');
    for (int level = 1; level < 64; level += 3) {
        writer_array_begin(&w, "a");
        writer_array_begin(&w, NULL);
        writer_object_begin(&w, NULL);
        buf_text(&expected, "\"a\":[[{");
    }
    for (int level = 1; level < 64; level += 3) {
        writer_object_end(&w);
        writer_array_end(&w);
        writer_array_end(&w);
        buf_text(&expected, "}]]");
    }
    writer_object_end(&w);
    buf_text(&expected, "}");
    buf_byte(&expected, '\0');
    assert_written(expected.data);
    buf_free(&expected);
}

Test(writer, what_does_not_fit_fails_the_buf)
{
    buf_free(&b);
    buf_init(&b, 8);
    writer_object_begin(&w, NULL);
    writer_text(&w, "reason", "granted");
    writer_object_end(&w);
    cr_expect(buf_failed(&b));
}
