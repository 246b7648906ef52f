/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/html.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct buf out;
static struct html h;

static void start(void)
{
    buf_init(&out, 4096);
    h = html_of(&out);
}

static void finish(void)
{
    buf_free(&out);
}

TestSuite(html, .init = start, .fini = finish);

static const char *written(void)
{
    buf_byte(&out, '\0');
    cr_assert_not(buf_failed(&out));
    out.len--;
    return out.data;
}

/* What ${bytes} are in an element and, where there is no NUL in them, in an attribute. */
static void expect_escaped(const char *bytes, size_t len, const char *expected)
{
    char element[256], attribute[256];
    snprintf(element, sizeof element, "<p>%s</p>", expected);
    snprintf(attribute, sizeof attribute, "<p title=\"%s\"></p>", expected);
    buf_clear(&out);
    html_open(&h, "p");
    html_bytes(&h, bytes, len);
    html_close(&h);
    cr_expect_str_eq(written(), element);
    if (strlen(bytes) != len)
        return;
    buf_clear(&out);
    html_open(&h, "p");
    html_attribute(&h, "title", bytes);
    html_close(&h);
    cr_expect_str_eq(written(), attribute);
}

#define ESCAPED(bytes, expected) expect_escaped((bytes), sizeof(bytes) - 1, (expected))
#define NONE                     "\xef\xbf\xbd" /* U+FFFD */

Test(html, elements_end_in_their_turn)
{
    html_open(&h, "ul");
    html_attribute(&h, "class", "list");
    html_element(&h, "li", "one");
    html_open(&h, "li");
    html_int(&h, -2);
    html_open(&h, "br");
    html_close(&h);
    html_text(&h, "two");
    html_open(&h, "input");
    html_attribute(&h, "disabled", "");
    html_attribute(&h, "title", NULL);
    html_close(&h);
    html_close(&h);
    html_close(&h);
    cr_expect_str_eq(written(),
                     "<ul class=\"list\"><li>one</li><li>-2<br>two<input disabled=\"\"></li></ul>");
    cr_expect_eq(h.depth, 0);
}

Test(html, a_page_ends_whatever_is_open)
{
    html_page(&h, "nl");
    html_element(&h, "title", "Een");
    html_style(&h, "p>a{color:red}");
    html_close(&h);
    html_open(&h, "body");
    html_open(&h, "p");
    html_finish(&h);
    cr_expect_str_eq(written(), "<!DOCTYPE html>\n<html lang=\"nl\">\n<head><meta charset=\"utf-8\"><meta "
                                "name=\"viewport\" content=\"width=device-width\">\n<title>Een</title>"
                                "<style>p>a{color:red}</style></head><body><p></p></body></html>\n");
}

Test(html, a_part_of_a_page_goes_behind_what_is_there)
{
    buf_text(&out, "before");
    html_element(&h, "p", "");
    cr_expect_str_eq(written(), "before<p></p>");
}

Test(html, no_text_becomes_markup)
{
    ESCAPED("", "");
    ESCAPED("Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    ESCAPED("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
    ESCAPED("\" onclick=\"x", "&quot; onclick=&quot;x");
    ESCAPED("' onclick='x", "&#39; onclick=&#39;x");
    ESCAPED("&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;");
    ESCAPED("--><!--", "--&gt;&lt;!--");
    ESCAPED("]]>", "]]&gt;");
    ESCAPED("a\tb\nc\rd", "a\tb\nc\rd");
}

Test(html, what_html_cannot_hold_is_replaced)
{
    ESCAPED("a\0<b", "a" NONE "&lt;b");
    ESCAPED("\0", NONE);
    ESCAPED("\x01\x08\x0b\x1b\x7f", NONE NONE NONE NONE NONE);
    ESCAPED("\xc2\x80\xc2\x9f\xc2\xa0", NONE NONE "\xc2\xa0");
}

Test(html, no_bad_byte_takes_the_one_behind_it_along)
{
    ESCAPED("\xff<", NONE "&lt;");
    ESCAPED("\xc3<", NONE "&lt;");                    /* cut short */
    ESCAPED("\xe2\x82\"", NONE NONE "&quot;");        /* likewise, of three */
    ESCAPED("\xf0\x9f\x98", NONE NONE NONE);          /* at the end */
    ESCAPED("\x80>", NONE "&gt;");                    /* a continuation of nothing */
    ESCAPED("\xc0\xbc", NONE NONE);                   /* < in more bytes than it needs */
    ESCAPED("\xe0\x80\xbc", NONE NONE NONE);          /* likewise */
    ESCAPED("\xed\xa0\x80", NONE NONE NONE);          /* a surrogate */
    ESCAPED("\xf4\x90\x80\x80", NONE NONE NONE NONE); /* above U+10FFFF */
}

static bool url_is_written(const char *url)
{
    buf_clear(&out);
    html_open(&h, "a");
    html_url(&h, "href", url);
    html_close(&h);
    if (strcmp(written(), "<a></a>") == 0)
        return false;
    cr_expect_eq(strncmp(out.data, "<a href=\"", 9), 0, "%s", out.data);
    return true;
}

Test(html, a_url_leads_to_a_page_an_address_or_a_place_on_this_site)
{
    static const char *const urls[] = {
        "https://example.nl/a?b=c&d=e#f",
        "http://example.nl",
        "HTTPS://EXAMPLE.NL",
        "mailto:jan@example.nl",
        "tel:+31101234567",
        "/",
        "/v1/pages/a:b?c=//x",
        "?page=2",
        "#top",
        "/caf\xc3\xa9",
        "https://example.nl/\"'>",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        cr_expect(url_is_written(urls[i]), "%s", urls[i]);
    url_is_written("https://example.nl/?a=\"><script>&b='");
    cr_expect_str_eq(written(),
                     "<a href=\"https://example.nl/?a=&quot;&gt;&lt;script&gt;&amp;b=&#39;\"></a>");
}

Test(html, no_url_is_a_script)
{
    static const char *const urls[] = {
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&colon;alert(1)",
        "javascript://example.nl/%0aalert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "blob:https://example.nl/x",
        "file:///etc/passwd",
        "view-source:https://example.nl",
        "https:javascript",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        cr_expect_not(url_is_written(urls[i]), "%s", urls[i]);
}

Test(html, no_url_leaves_the_site_unseen)
{
    static const char *const urls[] = {
        "//example.nl", "/\\example.nl", "\\\\example.nl", "/\t/example.nl", "/\n/example.nl", "",
        "example.nl",   "page.html",     "https://a b",    "/caf\xe9",       "/\x7f",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        cr_expect_not(url_is_written(urls[i]), "%s", urls[i]);
}

Test(html, what_does_not_fit_fails)
{
    buf_init(&out, 12);
    html_element(&h, "p", "12345");
    cr_expect_not(buf_failed(&out));
    buf_init(&out, 12);
    html_element(&h, "p", "1234<");
    cr_expect(buf_failed(&out));
    buf_init(&out, 12);
}

/* ---- our own mistakes stop the program ---- */

Test(html, an_element_cannot_be_a_script, .signal = SIGABRT)
{
    html_open(&h, "script");
}

Test(html, a_name_is_only_a_name, .signal = SIGABRT)
{
    html_open(&h, "p onclick=x");
}

Test(html, an_attribute_runs_no_script, .signal = SIGABRT)
{
    html_open(&h, "p");
    html_attribute(&h, "onclick", "x");
}

Test(html, a_url_is_not_written_unseen, .signal = SIGABRT)
{
    html_open(&h, "a");
    html_attribute(&h, "href", "https://example.nl");
}

Test(html, an_attribute_stands_in_a_start_tag, .signal = SIGABRT)
{
    html_element(&h, "p", "x");
    html_attribute(&h, "class", "x");
}

Test(html, what_can_hold_nothing_holds_nothing, .signal = SIGABRT)
{
    html_open(&h, "br");
    html_text(&h, "x");
}

Test(html, no_more_is_ended_than_was_begun, .signal = SIGABRT)
{
    html_element(&h, "p", "x");
    html_close(&h);
}

Test(html, a_style_does_not_end_early, .signal = SIGABRT)
{
    html_style(&h, "</style><script>");
}

Test(html, a_page_has_the_direction_of_its_language)
{
    html_page(&h, "ar-EG");
    cr_expect(strstr(written(), "<html lang=\"ar-EG\" dir=\"rtl\">") != NULL);
    cr_expect(html_is_rtl("HE") && html_is_rtl("fa") && !html_is_rtl("nl") && !html_is_rtl("arn"));
    cr_expect(!html_is_rtl("") && !html_is_rtl("a"));
}
