/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pointer.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pointer pointer_of(const char *text)
{
    struct pointer p;
    cr_assert(pointer_parse(text, strlen(text), &p), "%s", text);
    return p;
}

/* ${value} NULL: nothing is found. */
static void assert_found(const char *pointer, const char *text, const char *value)
{
    struct pointer p = pointer_of(pointer);
    const char *found = NULL;
    size_t len = 0;
    bool is = pointer_find(&p, text, strlen(text), &found, &len);
    cr_expect_eq(is, value != NULL, "%s in %s", pointer, text);
    if (is && value != NULL)
        cr_expect(len == strlen(value) && memcmp(found, value, len) == 0, "%s in %s: %.*s", pointer, text,
                  (int)len, found);
}

Test(pointer, what_is_none_is_refused)
{
    static const char *const wrong[] = {"user", "a/b", "/a~", "/a~2", "/1/2/3/4/5/6/7/8/9", NULL};
    struct pointer p;
    for (size_t i = 0; wrong[i] != NULL; i++)
        cr_expect_not(pointer_parse(wrong[i], strlen(wrong[i]), &p), "%s", wrong[i]);
    char name[POINTER_TOKEN_MAX + 3] = "/";
    memset(name + 1, 'a', POINTER_TOKEN_MAX);
    cr_expect(pointer_parse(name, POINTER_TOKEN_MAX + 1, &p));
    name[POINTER_TOKEN_MAX + 1] = 'a';
    cr_expect_not(pointer_parse(name, POINTER_TOKEN_MAX + 2, &p));
    cr_expect_not(pointer_parse("/a\0b", 4, &p));
}

Test(pointer, the_examples_of_rfc_6901)
{
    const char *text =
        "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4, "
        "\"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8}";
    assert_found("", text, text);
    assert_found("/foo", text, "[\"bar\", \"baz\"]");
    assert_found("/foo/0", text, "\"bar\"");
    assert_found("/foo/1", text, "\"baz\"");
    assert_found("/", text, "0");
    assert_found("/a~1b", text, "1");
    assert_found("/c%d", text, "2");
    assert_found("/e^f", text, "3");
    assert_found("/g|h", text, "4");
    assert_found("/i\\j", text, "5");
    assert_found("/k\"l", text, "6");
    assert_found("/ ", text, "7");
    assert_found("/m~0n", text, "8");
}

Test(pointer, what_is_not_there_is_not_found)
{
    const char *text = "{\"a\": {\"b\": [1, {\"c\": 2}]}, \"d\": null, \"e\": \"f\"}";
    assert_found("/a/b/1/c", text, "2");
    assert_found("/d", text, "null");
    static const char *const absent[] = {"/b",    "/a/c",       "/a/b/2", "/a/b/01",  "/a/b/-",
                                         "/a/b/", "/a/b/1x",    "/d/0",   "/e/0",     "/e/f",
                                         "/A",    "/a/b/1/c/0", "/aa",    "/a/b/0/c", NULL};
    for (size_t i = 0; absent[i] != NULL; i++)
        assert_found(absent[i], text, NULL);
    assert_found("/a", "[]", NULL);
    assert_found("/0", "[]", NULL);
    assert_found("/a", "{}", NULL);
    assert_found("/a", "", NULL);
    assert_found("", "  ", NULL);
}

Test(pointer, a_value_is_found_as_it_is_written)
{
    const char *text = " {\"n\":1.10e+05 ,\"big\" : "
                       "123456789012345678901234567890\t,\"s\":\"}],\\\"\\\\\",\"o\":{ \"x\" :[ ] },"
                       "\"last\":true}\r";
    assert_found("/n", text, "1.10e+05");
    assert_found("/big", text, "123456789012345678901234567890");
    assert_found("/s", text, "\"}],\\\"\\\\\"");
    assert_found("/o", text, "{ \"x\" :[ ] }");
    assert_found("/o/x", text, "[ ]");
    assert_found("/last", text, "true");
    assert_found("/user/id", "{\"user\": \"{\\\"id\\\": 1}\", \"id\": 2}", NULL);
}

Test(pointer, a_name_is_compared_decoded)
{
    assert_found("/caf\xc3\xa9", "{\"caf\\u00e9\": 1}", "1");
    assert_found("/caf\xc3\xa9", "{\"caf\\u00E9\": 1}", "1");
    assert_found("/caf\xc3\xa9", "{\"caf\xc3\xa9\": 1}", "1");
    assert_found("/\xe2\x82\xac", "{\"\\u20ac\": 1}", "1");
    assert_found("/\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\": 1}", "1");
    assert_found("/a~1b", "{\"\\u0061\\/b\": 1}", "1");
    assert_found("/a", "{\"\\u00\": 1, \"\\ud83d\": 2, \"\\x\": 3, \"a\\u0000\": 4, \"a\": 5}", "5");
}

Test(pointer, a_text_cut_short_does_no_harm)
{
    const char *text = "{\"a\": {\"\\u0062\": [1, \"x\\\"y\", {\"c\": 2}]}, \"d\": null}";
    static const char *const pointers[] = {"/a/b/1", "/a/b/2/c", "/d", ""};
    for (size_t len = 0; len <= strlen(text); len++) {
        char *copy = strndup(text, len); /* so that a step past the end is seen by the sanitizer */
        for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
            struct pointer p = pointer_of(pointers[i]);
            const char *found;
            size_t found_len;
            if (pointer_find(&p, copy, len, &found, &found_len))
                cr_expect(found >= copy && found + found_len <= copy + len);
        }
        free(copy);
    }
}

Test(pointer, what_covers_another)
{
    struct pointer user = pointer_of("/user"), id = pointer_of("/user/id"), used = pointer_of("/used"),
                   all = pointer_of("");
    cr_expect(pointer_covers(&user, &id));
    cr_expect(pointer_covers(&id, &id));
    cr_expect(pointer_covers(&all, &id));
    cr_expect_not(pointer_covers(&id, &user));
    cr_expect_not(pointer_covers(&used, &id));
}

static void assert_kept(const char *list, const char *text, const char *expected)
{
    struct pointer_list pointers;
    struct buf out;
    buf_init(&out, 4096);
    cr_assert(pointer_list_parse(list, &pointers), "%s", list);
    pointers_keep(&pointers, text, strlen(text), &out);
    buf_byte(&out, '\0');
    cr_expect_str_eq(out.data, expected);
    buf_free(&out);
}

Test(pointer, only_what_is_named_is_kept)
{
    const char *text =
        "{\"event\": \"view\", \"n\": 1.50, \"user\": {\"id\": \"x\", \"agent\": {\"os\": \"y\", \"v\": 2}},"
        " \"path\" : \"/\", \"list\": [1, {\"event\": 2}]}";
    assert_kept("/event,/path", text, "{\"event\":\"view\",\"path\":\"/\"}");
    assert_kept("/path,/event,/n", text, "{\"event\":\"view\",\"n\":1.50,\"path\":\"/\"}");
    assert_kept("/user/agent/os", text, "{\"user\":{\"agent\":{\"os\":\"y\"}}}");
    assert_kept("/user/agent/os,/user/agent", text, "{\"user\":{\"agent\":{\"os\": \"y\", \"v\": 2}}}");
    assert_kept("/user/agent/v,/event,/user/agent/os", text,
                "{\"event\":\"view\",\"user\":{\"agent\":{\"os\":\"y\",\"v\":2}}}");
    assert_kept("/user/none", text, "{}");
    assert_kept("/event/deeper", text, "{}");
    assert_kept("/list/1/event", text, "{}");
    assert_kept("/list", text, "{\"list\":[1, {\"event\": 2}]}");
    assert_kept("/a", "[{\"a\": 1}]", "{}");
}

Test(pointer, a_list_has_one_to_sixteen)
{
    struct pointer_list list;
    cr_expect_not(pointer_list_parse("", &list));
    cr_expect_not(pointer_list_parse("/a,", &list));
    cr_expect_not(pointer_list_parse(",/a", &list));
    cr_expect_not(pointer_list_parse("/a,b", &list));
    cr_expect(pointer_list_parse("/1,/2,/3,/4,/5,/6,/7,/8,/9,/10,/11,/12,/13,/14,/15,/16", &list));
    cr_expect_eq(list.count, 16);
    cr_expect_not(pointer_list_parse("/1,/2,/3,/4,/5,/6,/7,/8,/9,/10,/11,/12,/13,/14,/15,/16,/17", &list));
}
