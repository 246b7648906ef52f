/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cursor.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct cursor over(const char *text)
{
    return cursor_of(text, strlen(text));
}

static void expect_rest(const struct cursor *c, const char *expected)
{
    cr_expect(cursor_left(c) == strlen(expected) && memcmp(c->at, expected, cursor_left(c)) == 0,
              "%.*s, not %s", (int)cursor_left(c), c->at, expected);
}

Test(cursor, a_step_is_a_byte_or_a_whole_string)
{
    static const struct {
        const char *text, *rest;
    } rows[] = {
        {"{\"a\"", "\"a\""},
        {"\"a\" b", " b"},
        {"\"a\\\"b\"c", "c"},
        {"\"\\\\\"c", "c"},
        {"\"[{,\"]", "]"},
        {"\"never ends", ""},
        {"\"\\", ""},
        {"\"", ""},
        {"\"\\\"", ""},
        {"\"a\"\"b\"", "\"b\""},
        {"x", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cursor c = over(rows[i].text);
        cr_expect_eq(cursor_step(&c), rows[i].text[0]);
        expect_rest(&c, rows[i].rest);
    }
}

Test(cursor, a_value_is_taken_with_the_comma_behind_it)
{
    static const struct {
        const char *text, *value, *rest;
    } rows[] = {
        {" 1 , 2", "1", " 2"},
        {"\t-1.5e3]", "-1.5e3", "]"},
        {"null\n}", "null", "}"},
        {"\"a,b\",c", "\"a,b\"", "c"},
        {"{\"a\":[1,{}],\"b\":\"}\"} , x", "{\"a\":[1,{}],\"b\":\"}\"}", " x"},
        {"[[],[[]]]]", "[[],[[]]]", "]"},
        {"[1,2", "[1,2", ""}, /* never ends */
        {"]", "", "]"},       /* no value */
        {"", "", ""},
        {"  ", "", ""},
        {",1", "", "1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cursor c = over(rows[i].text), value = cursor_value(&c);
        expect_rest(&value, rows[i].value);
        expect_rest(&c, rows[i].rest);
    }
}

Test(cursor, the_members_of_an_object_follow_each_other)
{
    struct cursor text = over("{ \"a\" : 1 ,\"b\\n\":{\"c\":2},\"\":\"\" }"), key, value;
    struct cursor c = cursor_inside(&text);
    cr_assert(cursor_member(&c, &key, &value));
    expect_rest(&key, "\"a\"");
    expect_rest(&value, "1");
    cr_assert(cursor_member(&c, &key, &value));
    expect_rest(&key, "\"b\\n\"");
    expect_rest(&value, "{\"c\":2}");
    cr_assert(cursor_member(&c, &key, &value));
    expect_rest(&key, "\"\"");
    expect_rest(&value, "\"\"");
    cr_expect_not(cursor_member(&c, &key, &value));
    static const char *const none[] = {"{", "{}", "{a:1}", "{\"a\"", "{\"a", "{\"a\" 1}", "{1:2}", "{,}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        text = over(none[i]);
        c = cursor_inside(&text);
        cr_expect_not(cursor_member(&c, &key, &value), "%s", none[i]);
    }
}

Test(cursor, a_string_says_the_same_whatever_it_is_written_with)
{
    static const struct {
        const char *string, *text;
        bool says;
    } rows[] = {
        {"\"ab\"", "ab", true},
        {"\"\"", "", true},
        {"\"\\u0061\\u0062\"", "ab", true},
        {"\"\\u00E9\\u20ac\"", "\xc3\xa9\xe2\x82\xac", true},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", true},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", true},
        {"\"ab\"", "a", false},
        {"\"a\"", "ab", false},
        {"\"A\"", "a", false},
        {"\"\\x\"", "x", false},
        {"\"\\u006\"", "a", false},
        {"\"\\u00g1\"", "a", false},
        {"\"\\ud83d\"", "\xf0\x9f\x98\x80", false},
        {"\"\\ude00\"", "\xed\xb8\x80", false},
        {"\"\\ud83d\\ud83d\"", "\xf0\x9f\x98\x80", false},
        {"\"\\u0000\"", "", false},
        {"\"\\ud83dxude00\"", "\xf0\x9f\x98\x80", false},
        {"\"", "", true}, /* never ends: nothing behind its quote */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cursor string = over(rows[i].string);
        cr_expect_eq(cursor_says(&string, rows[i].text), rows[i].says, "%s", rows[i].string);
    }
}

/* Every beginning of a text, each in memory of its own size: AddressSanitizer sees who reads on. */
Test(cursor, nothing_goes_behind_the_end)
{
    static const char text[] = "{\"a\\u00e9\\ud83d\\ude00\":[1,\"\\\\\",{\"b\":null}],\"c\":-1}";
    for (size_t len = 1; len < sizeof text; len++) {
        char *copy = malloc(len);
        cr_assert_not_null(copy);
        memcpy(copy, text, len);
        struct cursor all = cursor_of(copy, len), key, value, c = cursor_inside(&all);
        while (cursor_member(&c, &key, &value))
            cursor_says(&key, "a\xc3\xa9\xf0\x9f\x98\x80");
        for (struct cursor s = all; s.at < s.end;)
            cursor_step(&s);
        cr_expect(c.at <= all.end && cursor_value(&all).end <= copy + len);
        free(copy);
    }
}
