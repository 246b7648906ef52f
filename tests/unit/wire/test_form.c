/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/form.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct form form;

static void start(void)
{
    arena = (struct arena){.vital = true};
    form = (struct form){0};
}

static void finish(void)
{
    arena_free(&arena);
}

TestSuite(form, .init = start, .fini = finish);

static bool read_as(const char *type, const char *body)
{
    return form_read(&arena, type, strlen(type), body, strlen(body), &form);
}

static const char urlencoded[] = "application/x-www-form-urlencoded";

static void expect(const char *name, const char *value)
{
    const char *found = form_value(&form, name);
    cr_assert_not_null(found, "%s", name);
    cr_expect_str_eq(found, value);
}

Test(form, a_urlencoded_form_is_read)
{
    cr_assert(read_as(urlencoded, "List-Unsubscribe=One-Click"));
    cr_expect_eq(form.count, 1);
    expect("List-Unsubscribe", "One-Click");
}

Test(form, its_values_are_decoded)
{
    cr_assert(
        read_as("Application/X-WWW-Form-urlencoded; charset=UTF-8", "a=b+c%26%C3%A9&d=&e&&f=1=2&g=100%"));
    expect("a", "b c&\xc3\xa9");
    expect("d", "");
    expect("e", "");
    expect("f", "1=2");
    expect("g", "100%");
}

Test(form, what_stands_twice_is_not_guessed)
{
    cr_assert(read_as(urlencoded, "a=1&a=2&b=3"));
    cr_expect_null(form_value(&form, "a"));
    expect("b", "3");
}

Test(form, what_is_no_text_is_refused)
{
    cr_expect_not(read_as(urlencoded, "a=%00"));
    cr_expect_not(read_as(urlencoded, "a=%ff"));
    cr_expect_not(read_as(urlencoded, "=1"));
    cr_expect_not(read_as("application/json", "{}"));
    cr_expect_not(read_as("", "a=1"));
    cr_expect_not(read_as("text/plain", "a=1"));
    cr_expect_eq(form.count, 0);
}

Test(form, no_more_fields_than_a_page_has)
{
    char body[2 * (FORM_FIELDS_MAX + 1) + 1];
    for (size_t i = 0; i <= FORM_FIELDS_MAX; i++)
        memcpy(body + 2 * i, "a&", 2);
    body[2 * FORM_FIELDS_MAX - 1] = '\0';
    cr_expect(read_as(urlencoded, body));
    body[2 * FORM_FIELDS_MAX - 1] = '&';
    body[2 * FORM_FIELDS_MAX + 1] = '\0';
    cr_expect_not(read_as(urlencoded, body));
}

Test(form, a_multipart_form_is_read)
{
    static const char body[] = "--AaB03x\r\n"
                               "Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n"
                               "\r\n"
                               "One-Click\r\n"
                               "--AaB03x--\r\n";
    cr_assert(read_as("multipart/form-data; boundary=AaB03x", body));
    expect("List-Unsubscribe", "One-Click");
    cr_assert(read_as("multipart/form-data;charset=utf-8; boundary=\"AaB03x\"", body));
    expect("List-Unsubscribe", "One-Click");
}

Test(form, its_parts_may_have_more_headers_and_lines)
{
    cr_assert(read_as("multipart/form-data; boundary=b",
                      "preamble\r\n--b \r\n"
                      "Content-Type: text/plain\r\n"
                      "content-disposition:form-data;name=a\r\n"
                      "\r\none\r\ntwo\r\n"
                      "--b\r\n"
                      "Content-Disposition: form-data; name=\"q\\\";r\"\r\n"
                      "\r\n\r\n--b--"));
    expect("a", "one\r\ntwo");
    expect("q\";r", "");
}

Test(form, a_multipart_form_that_is_broken_is_refused)
{
    static const char *const bodies[] = {
        "",
        "--b",
        "--b\r\n",
        "--b\r\n\r\n--b--",
        "--b\r\n\r\nvalue\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--b",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--c--",
        "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nvalue\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\nvalue\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--b--",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_expect_not(read_as("multipart/form-data; boundary=b", bodies[i]), "%zu", i);
    cr_expect_not(read_as("multipart/form-data", "--\r\n"));
    cr_expect_not(read_as("multipart/form-data; boundary=", "--\r\n"));
}
