/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/reader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct reader r;
static struct node root;

static void finish(void)
{
    reader_close(&r);
}

TestSuite(reader, .fini = finish);

static void open_text(const char *text)
{
    cr_assert_eq(reader_open(&r, text, strlen(text)), ERROR_NONE, "%s: %s", text, r.syntax);
    root = reader_root(&r);
}

static void assert_not_json(const char *bytes, size_t len, const char *syntax)
{
    cr_expect_eq(reader_open(&r, bytes, len), ERROR_NOT_JSON, "%s", bytes);
    cr_expect_eq(reader_error(&r), ERROR_NOT_JSON);
    cr_expect_not(reader_ok(&r));
    cr_assert_not_null(reader_syntax(&r), "%s", bytes);
    cr_expect_str_eq(reader_syntax(&r), syntax);
    struct node nothing = reader_root(&r);
    cr_expect_not(node_present(&nothing));
    reader_close(&r);
}

/* ${expected}: "pointer: detail" a line. */
static void assert_faults(const char *expected)
{
    struct buf found;
    buf_init(&found, READER_FAULTS_SIZE * 2);
    struct reader_fault fault = {0};
    while (reader_fault_next(&r, &fault))
        buf_printf(&found, "%s: %s\n", fault.pointer, fault.detail);
    buf_byte(&found, '\0');
    cr_expect_str_eq(found.data, expected);
    cr_expect_eq(reader_ok(&r), *expected == '\0');
    buf_free(&found);
}

static void repeat(struct buf *b, const char *text, size_t times)
{
    while (times-- > 0)
        buf_text(b, text);
}

static void nest(struct buf *b, const char *open, const char *close, size_t levels)
{
    buf_init(b, 1 << 20);
    repeat(b, open, levels);
    repeat(b, close, levels);
}

Test(reader, what_is_not_json_is_refused_with_its_place_and_without_its_content)
{
    static const struct {
        const char *text;
        const char *syntax;
    } bad[] = {
        {"", "line 1, column 0: the document ends too early"},
        {" ", "line 1, column 1: the document ends too early"},
        {"{", "line 1, column 1: the document ends too early"},
        {"{\"subject\": {\"type\": \"ema", "line 1, column 25: the document ends too early"},
        {"{\"a\":1", "line 1, column 6: the document ends too early"},
        {"{\"a\\", "line 1, column 4: not JSON"},
        {"{\"a\":1}x", "line 1, column 8: something follows the document"},
        {"{}{}", "line 1, column 3: something follows the document"},
        {"{\"a\":1,}", "line 1, column 8: not JSON"},
        {"[1,]", "line 1, column 4: not JSON"},
        {"[1}", "line 1, column 3: not JSON"},
        {"]", "line 1, column 1: not JSON"},
        {"{'a':1}", "line 1, column 2: not JSON"},
        {"{a:1}", "line 1, column 2: not JSON"},
        {"[01]", "line 1, column 2: not JSON"},
        {"[+1]", "line 1, column 2: not JSON"},
        {"[.5]", "line 1, column 2: not JSON"},
        {"[NaN]", "line 1, column 4: not JSON"},
        {"[tru]", "line 1, column 4: not JSON"},
        {"[1] // no", "line 1, column 5: something follows the document"},
        {"[\"a\nb\"]", "line 1, column 3: not JSON"},
        {"[\"\\x\"]", "line 1, column 4: not JSON"},
        {"[\"\\ud800\"]", "line 1, column 9: not JSON"},
        {"[\"\\ud800\\u0041\"]", "line 1, column 15: not JSON"},
        {"{\n \"name\": \"jan\",\n \"name\": 2}", "line 3, column 7: a member stands twice in one object"},
        {"{\"a\":1,\"\\u0061\":1}", "line 1, column 15: a member stands twice in one object"},
        {"[{\"x\":{\"a\":1,\"a\":1}}]", "line 1, column 16: a member stands twice in one object"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_not_json(bad[i].text, strlen(bad[i].text), bad[i].syntax);
}

Test(reader, wrong_utf8_is_refused)
{
    static const char *const bad[] = {
        "[\"\xff\"]",             /* no such byte */
        "[\"\x80\"]",             /* a continuation alone */
        "[\"\xc0\xaf\"]",         /* an overlong slash */
        "[\"\xe0\x80\xaf\"]",     /* and a longer one */
        "[\"\xed\xa0\x80\"]",     /* a surrogate */
        "[\"\xf4\x90\x80\x80\"]", /* above U+10FFFF */
        "[\"\xe2\x82\"]",         /* cut short */
        "{\"\xff\":1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(reader_open(&r, bad[i], strlen(bad[i])), ERROR_NOT_JSON, "row %zu", i);
        cr_expect_not_null(strstr(r.syntax, "invalid UTF-8"), "row %zu: %s", i, r.syntax);
        reader_close(&r);
    }
}

Test(reader, a_nul_is_refused_wherever_it_stands)
{
    assert_not_json("{\"a\":\"b\0c\"}", 11, "line 1, column 8: a NUL");
    assert_not_json("{\"a\":1}\0", 8, "line 1, column 8: a NUL");
    assert_not_json("\0{}", 3, "line 1, column 1: a NUL");
    static const char in_value[] = "{\"a\":\"b\\u0000\"}";
    assert_not_json(in_value, strlen(in_value), "line 1, column 14: a NUL");
    static const char in_name[] = "{\"a\\u0000\":1}";
    cr_expect_eq(reader_open(&r, in_name, strlen(in_name)), ERROR_NOT_JSON);
}

Test(reader, a_byte_order_mark_is_refused)
{
    assert_not_json("\xef\xbb\xbf{}", 5, "line 1, column 1: not JSON");
}

Test(reader, a_number_no_type_holds_is_refused)
{
    static const char *const bad[] = {"[9223372036854775808]", "[-9223372036854775809]", "[1e400]",
                                      "[-1e400]", "[123456789012345678901234567890]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(reader_open(&r, bad[i], strlen(bad[i])), ERROR_NOT_JSON, "%s", bad[i]);
        cr_expect_not_null(strstr(r.syntax, "a number out of range"), "%s: %s", bad[i], r.syntax);
        reader_close(&r);
    }
}

Test(reader, thirty_two_levels_are_read)
{
    struct buf b;
    nest(&b, "[", "]", 32);
    cr_expect_eq(reader_open(&r, b.data, b.len), ERROR_NONE);
    buf_free(&b);
}

Test(reader, thirty_three_levels_are_refused_where_the_last_begins)
{
    struct buf b;
    nest(&b, "[", "]", 33);
    assert_not_json(b.data, b.len, "line 1, column 33: more than 32 levels");
    buf_free(&b);
    nest(&b, "\n{\"\xc3\xa9\":", "}", 33);
    assert_not_json(b.data, b.len, "line 34, column 1: more than 32 levels");
    buf_free(&b);
    nest(&b, "[", "]", 200000);
    assert_not_json(b.data, b.len, "line 1, column 33: more than 32 levels");
    buf_free(&b);
}

Test(reader, brackets_and_commas_in_strings_do_not_count)
{
    struct buf b;
    nest(&b, "[", "]", 100);
    buf_clear(&b);
    buf_text(&b, "{\"\\\"");
    repeat(&b, "[{,", 1100);
    buf_text(&b, "\\\\\":\"");
    repeat(&b, "{\\\",", 1100);
    buf_text(&b, "\"}");
    cr_expect_eq(reader_open(&r, b.data, b.len), ERROR_NONE, "%s", r.syntax);
    buf_free(&b);
}

static void write_members(struct buf *b, int count)
{
    buf_init(b, 1 << 20);
    buf_text(b, "[{\"list\":[");
    repeat(b, "0,", 2000);
    buf_text(b, "0]");
    for (int i = 1; i < count; i++)
        buf_printf(b, ",\"m%d\":{\"x\":1,\"y\":2}", i);
    buf_text(b, "}]");
}

Test(reader, a_thousand_members_are_read)
{
    struct buf b;
    write_members(&b, 1000);
    cr_expect_eq(reader_open(&r, b.data, b.len), ERROR_NONE, "%s", r.syntax);
    buf_free(&b);
}

Test(reader, a_thousand_and_one_members_are_refused)
{
    struct buf b;
    write_members(&b, 1001);
    cr_expect_eq(reader_open(&r, b.data, b.len), ERROR_NOT_JSON);
    cr_expect_not_null(strstr(r.syntax, "more than 1000 members in an object"));
    buf_free(&b);
}

Test(reader, a_whole_request_is_read_straight_down)
{
    open_text(
        "{\"subject\": {\"type\": \"phone\", \"value\": \"+31 6\"}, \"purpose\": \"news\\u00e9\", \"n\": -7, "
        "\"minor\": true, \"at\": \"2026-11-21T10:00:00Z\"}");
    static const char *const types[] = {"email", "phone", NULL};
    struct node subject = node_member(&root, "subject");
    struct node type = node_member(&subject, "type");
    struct node value = node_member(&subject, "value");
    struct node purpose = node_member(&root, "purpose");
    struct node n = node_member(&root, "n");
    struct node minor = node_member(&root, "minor");
    struct node at = node_member(&root, "at");
    struct node ref = node_optional(&root, "ref");
    size_t len;
    cr_expect_eq(node_word(&type, types), 1);
    cr_expect_str_eq(node_string(&value, 1, 320, NULL), "+31 6");
    cr_expect_str_eq(node_string(&purpose, 1, 64, &len), "news\xc3\xa9");
    cr_expect_eq(len, 6);
    cr_expect_eq(node_int(&n, -7, 7), -7);
    cr_expect(node_bool(&minor));
    cr_expect_eq(node_moment(&at), 1795255200 * SECOND);
    cr_expect_not(node_present(&ref));
    cr_expect_str_eq(node_string(&ref, 1, 64, &len), "");
    cr_expect_eq(len, 0);
    assert_faults("");
    cr_expect_eq(reader_error(&r), ERROR_NONE);
    cr_expect_null(reader_syntax(&r));
}

Test(reader, a_missing_member_is_one_fault_at_its_own_pointer)
{
    open_text("{}");
    static const char *const types[] = {"email", NULL};
    struct node subject = node_member(&root, "subject");
    struct node type = node_member(&subject, "type");
    struct node value = node_optional(&subject, "value");
    cr_expect_eq(node_word(&type, types), -1);
    cr_expect_str_eq(node_string(&value, 1, 9, NULL), "");
    cr_expect_not(node_bool(&value));
    cr_expect_eq(node_int(&value, 3, 9), 3);
    cr_expect_eq(node_moment(&value), INSTANT_NONE);
    cr_expect_eq(node_elements(&value, 1, 9), 0);
    cr_expect_eq(node_members(&value, 1, 9), 0);
    node_only(&value, types);
    assert_faults("/subject: is required\n");
    cr_expect_eq(reader_error(&r), ERROR_INVALID);
}

Test(reader, a_wrong_type_is_a_fault_that_names_the_right_one)
{
    open_text("{\"s\":1,\"b\":\"true\",\"i\":\"1\",\"f\":1.0,\"e\":1e2,\"z\":null,\"w\":7,\"a\":{},\"o\":[],"
              "\"m\":1,"
              "\"n\":null}");
    static const char *const words[] = {"given", "refused", NULL};
    static const char *const names[] = {"s", "b", "i", "f", "e", "z", "w", "a", "o", "m", "n"};
    struct node at[11];
    for (size_t i = 0; i < 11; i++)
        at[i] = node_member(&root, names[i]);
    cr_expect_str_eq(node_string(&at[0], 0, 9, NULL), "");
    cr_expect_not(node_bool(&at[1]));
    cr_expect_eq(node_int(&at[2], 0, 9), 0);
    cr_expect_eq(node_int(&at[3], 0, 9), 0);
    cr_expect_eq(node_int(&at[4], -5, 200), -5);
    cr_expect_str_eq(node_string(&at[5], 0, 9, NULL), "");
    cr_expect_eq(node_word(&at[6], words), -1);
    cr_expect_eq(node_elements(&at[7], 0, 9), 0);
    cr_expect_eq(node_members(&at[8], 0, 9), 0);
    cr_expect_eq(node_moment(&at[9]), INSTANT_NONE);
    cr_expect_not(node_bool(&at[10]));
    assert_faults("/s: must be a string\n"
                  "/b: must be true or false\n"
                  "/i: must be a whole number from 0 to 9\n"
                  "/f: must be a whole number from 0 to 9\n"
                  "/e: must be a whole number from -5 to 200\n"
                  "/z: must be a string\n"
                  "/w: must be one of given, refused\n"
                  "/a: must be an array\n"
                  "/o: must be an object\n"
                  "/m: must be an RFC 3339 date-time\n"
                  "/n: must be true or false\n");
}

Test(reader, a_value_out_of_range_is_a_fault_that_does_not_repeat_it)
{
    open_text("{\"s\":\"secret\",\"e\":\"\",\"i\":10,\"j\":-1,\"w\":\"Given\",\"a\":[1,2,3],\"o\":{\"x\":1},"
              "\"t\":\"now\"}");
    static const char *const words[] = {"given", NULL};
    struct node s = node_member(&root, "s"), e = node_member(&root, "e"), i = node_member(&root, "i");
    struct node j = node_member(&root, "j"), w = node_member(&root, "w"), a = node_member(&root, "a");
    struct node o = node_member(&root, "o"), t = node_member(&root, "t");
    size_t len = 99;
    cr_expect_str_eq(node_string(&s, 1, 5, &len), "");
    cr_expect_eq(len, 0);
    cr_expect_str_eq(node_string(&e, 1, 5, NULL), "");
    cr_expect_eq(node_int(&i, 0, 9), 0);
    cr_expect_eq(node_int(&j, 0, 9), 0);
    cr_expect_eq(node_word(&w, words), -1);
    cr_expect_eq(node_elements(&a, 1, 2), 0);
    cr_expect_eq(node_members(&o, 2, 3), 0);
    cr_expect_eq(node_moment(&t), INSTANT_NONE);
    assert_faults("/s: must be 1 to 5 bytes long\n"
                  "/e: must be 1 to 5 bytes long\n"
                  "/i: must be a whole number from 0 to 9\n"
                  "/j: must be a whole number from 0 to 9\n"
                  "/w: must be one of given\n"
                  "/a: must have 1 to 2 elements\n"
                  "/o: must have 2 to 3 members\n"
                  "/t: must be an RFC 3339 date-time\n");
}

Test(reader, the_bounds_themselves_are_in_range)
{
    open_text("[\"12345\", \"1\", 9223372036854775807, -9223372036854775808]");
    struct node at[4];
    cr_expect_eq(node_elements(&root, 4, 4), 4);
    for (size_t i = 0; i < 4; i++)
        at[i] = node_at(&root, i);
    cr_expect_str_eq(node_string(&at[0], 1, 5, NULL), "12345");
    cr_expect_str_eq(node_string(&at[1], 1, 5, NULL), "1");
    cr_expect_eq(node_int(&at[2], INT64_MIN, INT64_MAX), INT64_MAX);
    cr_expect_eq(node_int(&at[3], INT64_MIN, INT64_MAX), INT64_MIN);
    struct node beyond = node_at(&root, 4);
    cr_expect_not(node_present(&beyond));
    assert_faults("");
}

Test(reader, every_member_that_is_not_allowed_is_a_fault_at_its_own_pointer)
{
    open_text("{\"subject\":{\"type\":1,\"vaule\":2},\"Purpose\":3,\"x-y-z_0\":4}");
    static const char *const top[] = {"subject", "purpose", NULL}, *const inner[] = {"type", "value", NULL};
    node_only(&root, top);
    struct node subject = node_member(&root, "subject");
    node_only(&subject, inner);
    assert_faults("/Purpose: unknown member\n/x-y-z_0: unknown member\n/subject/vaule: unknown member\n");
}

Test(reader, a_name_that_may_be_a_persons_is_not_repeated)
{
    static const char *const names[] = {"0612345678", "jan.jansen", "an@example.nl", "code_123456",
                                        "Jan Jansen"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"%s\": 1}", names[i]);
        open_text(text);
        node_only(&root, (const char *const[]){"subject", NULL});
        assert_faults(": has an unknown member, whose name is not repeated here\n");
        reader_close(&r);
    }
}

Test(reader, a_name_that_may_be_personal_is_not_repeated)
{
    char text[512];
    char name[READER_NAME_MAX + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(
        text, sizeof text,
        "{\"o\":{\"jan@example.nl\":1,\"Jan Jansen\":1,\"+31\":1,\"\xc3\xa9\":1,\"\":1,\"%s\":1,\"%s\":1}}",
        name, name + 1);
    open_text(text);
    static const char *const none[] = {NULL};
    struct node o = node_member(&root, "o");
    node_only(&o, none);
    snprintf(text, sizeof text,
             "/o: has an unknown member, whose name is not repeated here\n/o/: unknown member\n/o/%s: "
             "unknown member\n",
             name + 1);
    assert_faults(text);
}

Test(reader, a_fault_within_such_a_member_is_told_at_the_object_around_it)
{
    open_text("{\"o\":{\"Jan Jansen\":{\"list\":[1]}}}");
    struct node o = node_member(&root, "o"), person, list, one;
    void *cursor = NULL;
    const char *name;
    cr_assert(node_next(&o, &cursor, &name, &person));
    list = node_member(&person, "list");
    one = node_at(&list, 0);
    node_bool(&one);
    assert_faults("/o: must be true or false\n");
}

Test(reader, members_are_walked_in_document_order)
{
    open_text("{\"zeta\":\"given\",\"alpha\":\"refused\",\"Jan J\":1,\"mid\":\"given\"}");
    static const char *const words[] = {"given", "refused", NULL};
    char order[128] = "";
    void *cursor = NULL;
    const char *name;
    struct node member;
    while (node_next(&root, &cursor, &name, &member)) {
        size_t len = strlen(order);
        snprintf(order + len, sizeof order - len, "%s=%d ", name, node_word(&member, words));
    }
    cr_expect_str_eq(order, "zeta=0 alpha=1 Jan J=-1 mid=0 ");
    assert_faults(": must be one of given, refused\n");
}

Test(reader, what_is_not_an_object_has_no_members)
{
    open_text("[1]");
    void *cursor = NULL;
    const char *name;
    struct node member = node_member(&root, "a");
    cr_expect_not(node_present(&member));
    member = node_optional(&root, "b");
    cr_expect_not(node_next(&root, &cursor, &name, &member));
    node_only(&root, (const char *const[]){NULL});
    assert_faults(": must be an object\n");
}

Test(reader, any_value_may_be_the_root)
{
    static const char *const texts[] = {"null", "true", "-1.5", "\"x\"", " [ ]\r\n\t", "{}"};
    static const enum node_kind kinds[] = {NODE_NULL,   NODE_BOOL,  NODE_NUMBER,
                                           NODE_STRING, NODE_ARRAY, NODE_OBJECT};
    for (size_t i = 0; i < 6; i++) {
        open_text(texts[i]);
        cr_expect_eq(node_kind(&root), kinds[i], "%s", texts[i]);
        cr_expect_eq(node_is_array(&root), i == 4);
        cr_expect_eq(node_is_object(&root), i == 5);
        reader_close(&r);
    }
}

Test(reader, the_pointer_of_an_element_names_its_place)
{
    open_text("[{},{\"subject\":[{\"type\":\"x\"},{\"type\":7}]}]");
    struct node second = node_at(&root, 1);
    struct node subject = node_member(&second, "subject");
    struct node identifier = node_at(&subject, 1);
    struct node type = node_member(&identifier, "type");
    node_string(&type, 1, 9, NULL);
    assert_faults("/1/subject/1/type: must be a string\n");
}

Test(reader, a_pointer_escapes_tilde_and_slash)
{
    open_text("{\"a/b\":{\"m~n\":[0]}}");
    struct node a = node_member(&root, "a/b");
    struct node m = node_member(&a, "m~n");
    struct node zero = node_at(&m, 0);
    struct node gone = node_member(&a, "~1");
    node_bool(&zero);
    cr_expect_not(node_present(&gone));
    assert_faults("/a~1b/~01: is required\n/a~1b/m~0n/0: must be true or false\n");
    struct buf b;
    buf_init(&b, 64);
    node_pointer(&root, &b);
    cr_expect_eq(b.len, 0);
    buf_free(&b);
}

Test(reader, the_first_fault_decides_the_code)
{
    open_text("{\"purpose\":\"x\"}");
    struct node purpose = node_member(&root, "purpose");
    struct node time = node_optional(&root, "event_time");
    node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "the policy has no such purpose");
    node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "the policy has no such purpose");
    node_fault(&time, ERROR_EVENT_IN_FUTURE, "lies ahead");
    cr_expect_eq(reader_error(&r), ERROR_UNKNOWN_PURPOSE);
    assert_faults("/purpose: the policy has no such purpose\n/event_time: lies ahead\n");
}

Test(reader, a_hundred_faults_are_kept)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_text(&b, "[");
    repeat(&b, "1,", 499);
    buf_text(&b, "1]");
    cr_assert_eq(reader_open(&r, b.data, b.len), ERROR_NONE);
    buf_free(&b);
    root = reader_root(&r);
    for (size_t i = 0; i < node_elements(&root, 1, 1000); i++) {
        struct node element = node_at(&root, i);
        node_string(&element, 1, 2, NULL);
    }
    struct reader_fault fault = {0};
    size_t count = 0;
    while (reader_fault_next(&r, &fault))
        count++;
    cr_expect_eq(count, READER_FAULTS_MAX);
    cr_expect_str_eq(fault.pointer, "/99");
}

Test(reader, a_fault_too_long_for_words_is_still_a_fault)
{
    open_text("{}");
    char key[8192];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    struct node member = node_member(&root, key);
    cr_expect_not(node_present(&member));
    cr_expect_not(reader_ok(&r));
    struct reader_fault fault = {0};
    cr_expect_not(reader_fault_next(&r, &fault));
}

static void assert_dump(const struct node *n, bool sorted, const char *expected)
{
    struct buf b;
    buf_init(&b, 1024);
    node_dump(n, sorted, &b);
    cr_expect_not(buf_failed(&b));
    buf_byte(&b, '\0');
    cr_expect_str_eq(b.data, expected);
    buf_free(&b);
}

Test(reader, a_value_is_dumped_compactly_in_its_own_or_in_sorted_order)
{
    open_text("{ \"b\" : [ 1 , { \"d\" : null , \"c\" : \"\\u00e9\\n\" } ] , \"a\" : true, \"s\": \"x\" }");
    struct node s = node_member(&root, "s");
    struct node none = node_optional(&root, "none");
    assert_dump(&root, false, "{\"b\":[1,{\"d\":null,\"c\":\"\xc3\xa9\\n\"}],\"a\":true,\"s\":\"x\"}");
    assert_dump(&root, true, "{\"a\":true,\"b\":[1,{\"c\":\"\xc3\xa9\\n\",\"d\":null}],\"s\":\"x\"}");
    assert_dump(&s, false, "\"x\"");
    assert_dump(&none, false, "");
}

Test(reader, a_dump_above_the_ceiling_fails_the_buf)
{
    open_text("{\"evidence\":\"0123456789\"}");
    struct buf b;
    buf_init(&b, 16);
    node_dump(&root, false, &b);
    cr_expect(buf_failed(&b));
    buf_free(&b);
}

Test(reader, what_was_read_outlives_the_bytes)
{
    char text[] = "{\"a\":\"kept\"}";
    open_text(text);
    memset(text, 'x', sizeof text);
    struct node a = node_member(&root, "a");
    cr_expect_str_eq(node_string(&a, 1, 9, NULL), "kept");
}
