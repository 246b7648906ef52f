/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/reader_array.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20, ELEMENTS_MAX = 1000, ELEMENT_BYTES_MAX = 4096 };

static struct reader r;
static struct reader_array a;

static void finish(void)
{
    reader_close(&r);
}

TestSuite(reader_array, .fini = finish);

/* Returns how often it went on. */
static size_t read_in_pieces(const char *bytes, size_t len, size_t amount)
{
    size_t times = 1;
    cr_assert(reader_array_open(&a, &r, bytes, len, ELEMENTS_MAX, ELEMENT_BYTES_MAX));
    while (reader_array_go_on(&a, amount))
        times++;
    return times;
}

static const char *dump_of(struct reader *reader)
{
    static struct buf out;
    struct node root = reader_root(reader);
    buf_init(&out, ROOM);
    node_dump(&root, false, &out);
    buf_byte(&out, '\0');
    return out.data;
}

Test(reader_array, it_is_what_it_were_if_it_had_been_read_at_once)
{
    static const char *const texts[] = {
        "[]",
        " [ ] \n",
        "[1]",
        "\t[1, 2 ,3]\r\n",
        "[{\"a\": \"],}\\\"\", \"b\": [1, [2, {\"c\": null}]]}, \"x\\\\\", -1.5, true]",
        "[[[]], {}, \"\", \"\xc3\xa9\"]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = strlen(texts[i]);
        cr_assert_eq(reader_open(&r, texts[i], len), ERROR_NONE);
        char *whole = strdup(dump_of(&r));
        finish();
        for (size_t amount = 1; amount <= len + 1; amount++) {
            read_in_pieces(texts[i], len, amount);
            cr_expect(reader_ok(&r), "%s", texts[i]);
            cr_expect_str_eq(dump_of(&r), whole);
            finish();
        }
        free(whole);
    }
}

Test(reader_array, what_is_not_json_is_refused_and_nothing_of_it_is_read)
{
    static const char *const texts[] = {"[",
                                        "[1",
                                        "[1,",
                                        "[1,]",
                                        "[,1]",
                                        "[1,,2]",
                                        "[1 2]",
                                        "[1]x",
                                        "[1][2]",
                                        "[1]]",
                                        "[}]",
                                        "[{]",
                                        "[{\"a\":1,}]",
                                        "[{\"a\":1 \"b\":2}]",
                                        "[\"a]",
                                        "[\"\xff\"]",
                                        "[\"\\u0000\"]",
                                        "[nul]",
                                        "[1e999]",
                                        "[{\"a\":1,\"a\":2}]",
                                        "[1,{\"a\"]",
                                        "[\"a\nb\"]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_eq(reader_open(&r, texts[i], strlen(texts[i])), ERROR_NOT_JSON, "%s", texts[i]);
        finish();
        for (size_t amount = 1; amount < 8; amount++) {
            read_in_pieces(texts[i], strlen(texts[i]), amount);
            struct node root = reader_root(&r);
            cr_expect_eq(reader_error(&r), ERROR_NOT_JSON, "%s", texts[i]);
            cr_expect_not(node_present(&root), "%s", texts[i]);
            cr_expect_not_null(reader_syntax(&r), "%s", texts[i]);
            finish();
        }
    }
}

Test(reader_array, a_nul_is_refused_wherever_it_stands)
{
    static const char within[] = "[1,\"a\0b\"]", behind[] = "[1]\0", between[] = "[1,\0002]";
    read_in_pieces(within, sizeof within - 1, 100);
    cr_expect_str_eq(reader_syntax(&r), "line 1, column 6: a NUL");
    finish();
    read_in_pieces(behind, sizeof behind - 1, 100);
    cr_expect_str_eq(reader_syntax(&r), "line 1, column 4: a NUL");
    finish();
    read_in_pieces(between, sizeof between - 1, 100);
    cr_expect_str_eq(reader_syntax(&r), "line 1, column 4: a NUL");
}

Test(reader_array, a_fault_is_told_at_its_place_in_the_whole)
{
    static const char text[] = "[\n  {\"a\": 1},\n  {\"b\": 01}\n]";
    cr_assert_eq(reader_open(&r, text, strlen(text)), ERROR_NOT_JSON);
    char whole[READER_SYNTAX_MAX];
    snprintf(whole, sizeof whole, "%s", reader_syntax(&r));
    finish();
    read_in_pieces(text, strlen(text), 1);
    cr_expect_str_eq(reader_syntax(&r), whole);
}

Test(reader_array, the_limits_of_a_document_hold)
{
    char *deep = malloc(ROOM);
    size_t len = (size_t)snprintf(deep, ROOM, "[1,%.*s", 32, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    read_in_pieces(deep, len, 1);
    cr_expect_not_null(strstr(reader_syntax(&r), "more than 32 levels"));
    finish();
    FILE *out = fmemopen(deep, ROOM, "w");
    fprintf(out, "[{");
    for (int i = 0; i <= READER_MEMBERS_MAX; i++)
        fprintf(out, "%s\"%d\":1", i > 0 ? "," : "", i);
    fprintf(out, "}]");
    fclose(out);
    cr_assert(reader_array_open(&a, &r, deep, strlen(deep), 1, ROOM));
    cr_expect_not(reader_array_go_on(&a, ROOM));
    cr_expect_not_null(strstr(reader_syntax(&r), "more than 1000 members in an object"));
    free(deep);
}

Test(reader_array, what_is_no_array_is_not_read)
{
    static const char *const texts[] = {"", "  ", "{}", "1", "\"[]\"", "x", "\xef\xbb\xbf[]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_not(reader_array_open(&a, &r, texts[i], strlen(texts[i]), 1, 1), "%s", texts[i]);
        finish();
    }
}

Test(reader_array, a_large_element_is_a_fault_at_its_place)
{
    char text[ELEMENT_BYTES_MAX + 16];
    int len = snprintf(text, sizeof text, "[1,\"%0*d\"]", ELEMENT_BYTES_MAX - 2, 7);
    read_in_pieces(text, (size_t)len, 1);
    cr_expect(reader_ok(&r));
    finish();
    len = snprintf(text, sizeof text, "[1,\"%0*d\"]", ELEMENT_BYTES_MAX - 1, 7);
    read_in_pieces(text, (size_t)len, 1);
    struct reader_fault fault = {0};
    cr_expect_eq(reader_error(&r), ERROR_INVALID);
    cr_assert(reader_fault_next(&r, &fault));
    cr_expect_str_eq(fault.pointer, "/1");
    cr_expect_str_eq(fault.detail, "at most 4096 bytes");
}

Test(reader_array, elements_beyond_the_most_are_not_looked_at)
{
    static const char text[] = "[1,2,3,this is not looked at";
    cr_assert(reader_array_open(&a, &r, text, strlen(text), 2, 100));
    cr_expect_not(reader_array_go_on(&a, 100));
    struct node root = reader_root(&r);
    cr_expect(reader_ok(&r));
    cr_expect_eq(node_elements(&root, 1, 2), 0);
    cr_expect_eq(reader_error(&r), ERROR_INVALID);
}

Test(reader_array, a_piece_ends_with_the_element_in_which_it_ends)
{
    static const char text[] = "[10,20,30,40]";
    cr_expect_eq(read_in_pieces(text, strlen(text), 1), 4);
    finish();
    cr_expect_eq(read_in_pieces(text, strlen(text), 4), 2);
    finish();
    cr_expect_eq(read_in_pieces(text, strlen(text), 100), 1);
}
