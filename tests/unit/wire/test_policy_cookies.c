/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_cookies.h"

#include "base/embedded.h"

#include <criterion/criterion.h>
#include <string.h>

extern const struct embedded example_files[];

enum { PAGE_MAX = 1 << 20 };

static struct reader r, answer;
static struct buf out;

static void start(void)
{
    buf_init(&out, PAGE_MAX);
}

static void finish(void)
{
    reader_close(&r);
    reader_close(&answer);
    buf_free(&out);
}

TestSuite(policy_cookies, .init = start, .fini = finish);

static struct cookie_list list_of(const char *language)
{
    return (struct cookie_list){&r, 7, language};
}

static void open_example(const char *name)
{
    const struct embedded *f = example_files;
    while (strcmp(f->name, name) != 0)
        f++;
    cr_assert_eq(reader_open(&r, f->data, f->len), ERROR_NONE);
}

/* ${text}: ' stands for ". */
static void open_text(const char *text)
{
    struct buf json;
    buf_init(&json, PAGE_MAX);
    for (const char *c = text; *c != '\0'; c++)
        buf_byte(&json, *c == '\'' ? '"' : *c);
    cr_assert_eq(reader_open(&r, json.data, json.len), ERROR_NONE);
    buf_free(&json);
}

static void assert_json(const char *language, const char *expected)
{
    struct cookie_list list = list_of(language);
    buf_clear(&out);
    cookie_list_json(&list, &out);
    buf_byte(&out, '\0');
    for (char *c = out.data; *c != '\0'; c++)
        *c = *c == '"' ? '\'' : *c;
    cr_expect_str_eq(out.data, expected);
}

static const char *html_in(const char *language)
{
    struct cookie_list list = list_of(language);
    buf_clear(&out);
    cookie_list_html(&list, &out);
    buf_byte(&out, '\0');
    cr_assert_not(buf_failed(&out));
    return out.data;
}

#define expect_has(text, part)     cr_expect_not_null(strstr((text), (part)), "no %s in %s", (part), (text))
#define expect_has_not(text, part) cr_expect_null(strstr((text), (part)), "%s in %s", (part), (text))

Test(policy_cookies, none_is_a_whole_answer)
{
    open_example("no-cookies.json");
    assert_json(NULL, "{'controller':'no-cookies','name':'Voorbeeld Zakelijk Bellen',"
                      "'supervisory_authority':'Autoriteit Persoonsgegevens, "
                      "https://autoriteitpersoonsgegevens.nl','policy_version':7,"
                      "'language':'nl','cookies':'none','list':[]}");
    const char *page = html_in(NULL);
    expect_has(page, "Deze site plaatst geen cookies");
    expect_has(page, "<p>Een klacht indienen kan bij: Autoriteit Persoonsgegevens, https://auto");
    expect_has_not(page, "<table");
}

Test(policy_cookies, a_document_that_says_nothing_of_cookies_does_not_say_there_are_none)
{
    open_example("demo.json");
    assert_json("en", "{'controller':'demo','name':'Demo','supervisory_authority':null,'policy_version':7,'"
                      "language':'en','cookies':'unstated',"
                      "'list':[]}");
    expect_has(html_in("en"), "Nothing is stated about cookies.");
    expect_has_not(html_in("en"), "complain");
}

#define COOKIE                                                                                               \
    "{'name': 'c', 'provider': 'us', 'purpose': 'stats', 'duration': 'P1Y2M', 'kind': 'pixel',"              \
    " 'party': 'third', 'class': 'analytics', 'description': {'nl': 'Telt', 'de-AT': 'Z\303\244hlt'}}"
#define DOCUMENT(name, cookies)                                                                              \
    "{'controller': {'key': 'k', 'languages': ['nl', 'en']},"                                                \
    " 'purposes': [{'key': 'other'}, {'key': 'stats', 'name': {'en': " name ", 'nl': 'Cijfers'}}],"          \
    " 'cookies': [" cookies "]}"

Test(policy_cookies, a_cookie_is_told_with_its_purpose)
{
    open_text(DOCUMENT("'Figures'", COOKIE));
    assert_json("en", "{'controller':'k','name':null,'supervisory_authority':null,'policy_version':7,'"
                      "language':'en','cookies':'listed','list':["
                      "{'name':'c','provider':'us','duration':'P1Y2M','kind':'pixel','party':'third',"
                      "'class':'analytics','needs_consent':true,'description':'Telt',"
                      "'purpose':{'key':'stats','name':'Figures','description':null}}]}");
}

Test(policy_cookies, who_needs_no_consent_is_told)
{
    open_example("directory.json");
    struct cookie_list list = list_of("nl");
    cookie_list_json(&list, &out);
    cr_assert_eq(reader_open(&answer, out.data, out.len), ERROR_NONE);
    struct node root = reader_root(&answer), cookies = node_member(&root, "list");
    static const bool needs[] = {false, false, true};
    cr_assert_eq(node_elements(&cookies, 3, 3), 3);
    for (size_t i = 0; i < 3; i++) {
        struct node cookie = node_at(&cookies, i), need = node_member(&cookie, "needs_consent");
        cr_expect_eq(node_bool(&need), needs[i]);
    }
}

Test(policy_cookies, a_text_is_in_the_language_asked_for_or_the_next_best)
{
    open_text(DOCUMENT("'Figures'", COOKIE));
    expect_has(html_in("de"), "<html lang=\"nl\">");
    expect_has(html_in("de"), ">Cijfers</td>");
    expect_has(html_in("de"), ">Telt</td>");
    expect_has(html_in("nl-BE"), ">Cijfers</td>");
    expect_has(html_in("nl-BE"), "<html lang=\"nl\">");
    expect_has(html_in(NULL), "<html lang=\"nl\">");
    expect_has(html_in("en"), " lang=\"nl\">Telt</td>");
    expect_has(html_in("d"), "<html lang=\"nl\">");
    expect_has(html_in("EN"), "<html lang=\"en\">");
}

Test(policy_cookies, who_names_no_languages_speaks_those_of_the_first_notice)
{
    open_text("{'controller': {'key': 'k'}, 'purposes': [{'key': 'a', 'name': {'nl': 'Doel', 'en': 'Aim'}}],"
              " 'notices': [{'id': 'n', 'texts': {'nl': 'Woorden', 'de': 'W'}}],"
              " 'cookies': [{'name': 'c', 'purpose': 'a'}]}");
    expect_has(html_in("xx"), "<html lang=\"nl\">");
    expect_has(html_in(NULL), ">Doel</td>");
    reader_close(&r);
    open_text("{'controller': {'key': 'k'}, 'purposes': [], 'cookies': 'none'}");
    expect_has(html_in("xx"), "<html lang=\"en\">");
}

Test(policy_cookies, durations_are_told_in_words)
{
    open_text(DOCUMENT("'Figures'", COOKIE));
    expect_has(html_in("en"), ">1 year 2 months</td>");
    expect_has(html_in("nl"), ">1 jaar 2 maanden</td>");
}

Test(policy_cookies, no_text_of_the_document_becomes_markup)
{
    open_text(DOCUMENT("'<script>alert(1)</script> & \\'x\\''", COOKIE));
    const char *page = html_in("en");
    expect_has(page, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;");
    expect_has_not(page, "<script");
}

Test(policy_cookies, a_language_cannot_leave_its_attribute)
{
    open_text("{'controller': {'key': 'k'}, 'purposes': [{'key': 'a', 'name': {'x\\' onclick=': 'y'}}],"
              " 'cookies': [{'name': 'c', 'purpose': 'a'}]}");
    expect_has(html_in("en"), " lang=\"x&quot; onclick=\">y</td>");
}

Test(policy_cookies, what_does_not_fit_fails)
{
    open_example("directory.json");
    struct cookie_list list = list_of("nl");
    buf_init(&out, 100);
    cookie_list_html(&list, &out);
    cr_expect(buf_failed(&out));
}
