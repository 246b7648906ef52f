/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/problem.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buf b;
static struct reader r;

static void start(void)
{
    buf_init(&b, PROBLEM_MAX);
}

static void finish(void)
{
    buf_free(&b);
}

TestSuite(problem, .init = start, .fini = finish);

static void assert_written(const char *expected)
{
    cr_assert_not(buf_failed(&b));
    buf_byte(&b, '\0');
    cr_expect_str_eq(b.data, expected);
}

static void open_text(const char *text)
{
    reader_open(&r, text, strlen(text));
}

Test(problem, it_has_the_members_of_rfc_9457)
{
    problem_write(&b, ERROR_NOT_FOUND, "no route has this path", NULL);
    assert_written(
        "{\"type\":\"urn:akkoord:problem:not-found\",\"title\":\"There is nothing here\",\"status\":404,"
        "\"detail\":\"no route has this path\"}");
}

Test(problem, without_a_detail_of_its_own_it_says_the_title)
{
    problem_write(&b, ERROR_INTERNAL, NULL, NULL);
    assert_written(
        "{\"type\":\"urn:akkoord:problem:internal\",\"title\":\"The service failed\",\"status\":500,"
        "\"detail\":\"The service failed\"}");
}

Test(problem, each_fault_of_the_body_is_named_by_its_pointer)
{
    open_text("{\"subject\":{\"type\":7},\"purpsoe\":1}");
    static const char *const top[] = {"subject", "purpose", NULL};
    struct node root = reader_root(&r);
    struct node subject = node_member(&root, "subject");
    struct node type = node_member(&subject, "type");
    node_string(&type, 1, 9, NULL);
    node_only(&root, top);
    problem_write(&b, reader_error(&r), NULL, &r);
    assert_written(
        "{\"type\":\"urn:akkoord:problem:invalid\",\"title\":\"The request is well-formed but wrong\","
        "\"status\":422,\"detail\":\"must be a "
        "string\",\"errors\":[{\"pointer\":\"/subject/type\",\"detail\":\"must be a string\"},"
        "{\"pointer\":\"/purpsoe\",\"detail\":\"unknown member\"}]}");
    reader_close(&r);
}

Test(problem, its_own_detail_goes_before_the_first_faults)
{
    open_text("{}");
    struct node root = reader_root(&r);
    node_member(&root, "subject");
    problem_write(&b, reader_error(&r), "line 7 of the batch", &r);
    static const char expected[] = "\"detail\":\"line 7 of the batch\",\"errors\"";
    cr_expect_not_null(memmem(b.data, b.len, expected, sizeof expected - 1));
    reader_close(&r);
}

Test(problem, a_body_that_is_not_json_says_where)
{
    open_text("{\"value\": \"jan@example.nl\"");
    problem_write(&b, reader_error(&r), NULL, &r);
    assert_written(
        "{\"type\":\"urn:akkoord:problem:not-json\",\"title\":\"The body is not well-formed JSON\","
        "\"status\":400,\"detail\":\"line 1, column 26: the document ends too early\"}");
    reader_close(&r);
}

Test(problem, a_body_without_faults_has_no_errors)
{
    open_text("{}");
    problem_write(&b, ERROR_UNAVAILABLE, NULL, &r);
    cr_expect_null(memmem(b.data, b.len, "errors", 6));
    reader_close(&r);
}

Test(problem, a_check_that_cannot_be_answered_says_no)
{
    problem_write_deny(&b, ERROR_UNAVAILABLE, "try again", NULL);
    assert_written(
        "{\"allow\":false,\"type\":\"urn:akkoord:problem:unavailable\",\"title\":\"The database cannot be "
        "reached; nothing was written\",\"status\":503,\"detail\":\"try again\"}");
}

Test(problem, it_can_be_a_value_inside_another)
{
    struct writer w = writer_of(&b);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", 7);
    problem_value(&w, "error", ERROR_GONE, NULL, NULL);
    writer_object_end(&w);
    assert_written(
        "{\"line\":7,\"error\":{\"type\":\"urn:akkoord:problem:gone\",\"title\":\"This was used, "
        "has expired, or was overtaken\",\"status\":410,\"detail\":\"This was used, has expired, or was "
        "overtaken\"}}");
}

Test(problem, every_error_of_the_table_is_written_as_json)
{
    for (enum error e = ERROR_NONE; e < ERROR_COUNT; e++) {
        buf_clear(&b);
        problem_write_deny(&b, e, "x", NULL);
        cr_assert_eq(reader_open(&r, b.data, b.len), ERROR_NONE);
        struct node root = reader_root(&r);
        struct node type = node_member(&root, "type"), status = node_member(&root, "status");
        const char *urn = node_string(&type, 1, 64, NULL);
        cr_expect_str_eq(urn + strlen("urn:akkoord:problem:"), error_word(e));
        cr_expect_eq(node_int(&status, 100, 599), error_status(e));
        cr_expect(reader_ok(&r));
        reader_close(&r);
    }
}

/* 100 faults, each with as long a pointer and detail as is kept, until the faults' own ceiling is reached. */
Test(problem, the_largest_problem_fits)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    for (int i = 0; i < 10; i++)
        buf_printf(&body, "{\"%.*s\":", 64,
                   "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    buf_text(&body, "[");
    for (int i = 0; i < 150; i++)
        buf_text(&body, "0,");
    buf_text(&body, "0]");
    for (int i = 0; i < 10; i++)
        buf_text(&body, "}");
    cr_assert_eq(reader_open(&r, body.data, body.len), ERROR_NONE);
    struct node path[11];
    path[0] = reader_root(&r);
    for (int i = 0; i < 10; i++) {
        void *cursor = NULL;
        const char *name;
        cr_assert(node_next(&path[i], &cursor, &name, &path[i + 1]));
    }
    char detail[256];
    memset(detail, 'd', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    for (size_t i = 0; i < node_elements(&path[10], 0, 1000); i++) {
        struct node element = node_at(&path[10], i);
        node_fault(&element, ERROR_INVALID, detail);
    }
    problem_write_deny(&b, ERROR_INVALID, detail, &r);
    cr_expect_gt(b.len, READER_FAULTS_SIZE - 2048);
    cr_expect_not(buf_failed(&b));
    buf_free(&body);
    reader_close(&r);
}
