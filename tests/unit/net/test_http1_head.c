/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/http1_head.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

enum { FIELDS_MAX = 8 };

static size_t declared;

/* ${texts}: names and values in turn, NULL at the end. */
static bool reads(int minor_version, const char *const texts[])
{
    struct phr_header fields[FIELDS_MAX];
    size_t count = 0;
    for (size_t i = 0; texts[i] != NULL; i += 2, count++)
        fields[count] = (struct phr_header){texts[i], strlen(texts[i]), texts[i + 1], strlen(texts[i + 1])};
    return http1_head_read(fields, count, minor_version, &declared);
}
#define READS(minor, ...) reads(minor, (const char *const[]){__VA_ARGS__, NULL})

Test(http1_head, a_request_has_one_host)
{
    cr_assert(READS(1, "Host", "a"));
    cr_assert_not(READS(1, "Accept", "*/*"));
    cr_assert(READS(0, "Accept", "*/*"));
    cr_assert_not(READS(1, "Host", "a", "host", "a"));
    cr_assert_not(READS(0, "Host", "a", "HOST", "b"));
    cr_assert_not(READS(1, "Host", ""));
}

Test(http1_head, its_length_is_told)
{
    cr_assert(READS(1, "Host", "a"));
    cr_assert_eq(declared, SIZE_MAX);
    cr_assert(READS(1, "Host", "a", "Content-Length", "12"));
    cr_assert_eq(declared, 12);
    cr_assert(READS(1, "Host", "a", "Content-Length", "12", "content-length", "12"));
    cr_assert_eq(declared, 12);
}

Test(http1_head, what_another_reader_would_cut_elsewhere_is_not_read)
{
    cr_assert_not(READS(1, "Host", "a", "Content-Length", "12", "Content-Length", "13"));
    cr_assert_not(READS(1, "Host", "a", "Content-Length", "12", "Transfer-Encoding", "chunked"));
    cr_assert_not(READS(1, "Host", "a", "Transfer-Encoding", "gzip", "Transfer-Encoding", "chunked"));
    cr_assert_not(READS(0, "Transfer-Encoding", "chunked"));
    cr_assert(READS(1, "Host", "a", "Transfer-Encoding", "chunked"));
}

Test(http1_head, a_line_that_goes_on_is_not_read)
{
    struct phr_header fields[] = {{"Host", 4, "a", 1}, {NULL, 0, "b", 1}};
    cr_assert_not(http1_head_read(fields, 2, 1, &declared));
}

Test(http1_head, hosts)
{
    static const char *const good[] = {"a",
                                       "consent.example",
                                       "consent.example:8080",
                                       "192.0.2.1:80",
                                       "[::]",
                                       "[2001:db8::1]",
                                       "[::ffff:192.0.2.1]:443",
                                       "a_b-c~",
                                       "a%20b",
                                       "a:"},
                             *const bad[] = {"",      ":80",  "a b",     "a/b",        "a@b",   "a:b",
                                             "a:1:2", "[::1", "[]",      "[::1]x",     "[g::]", "a\"b",
                                             "a#b",   "a?b",  "a,b\x80", "2001:db8::1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(host_is_valid(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(host_is_valid(bad[i], strlen(bad[i])), "%s", bad[i]);
    cr_assert_not(host_is_valid("a\0b", 3));
}

/* What is left of a target; NULL: it is none. */
static const char *target(const char *text)
{
    static char buffer[64], left[64];
    const char *path = memcpy(buffer, text, strlen(text) + 1);
    size_t len = strlen(text);
    if (!http1_target_read(&path, &len))
        return NULL;
    memcpy(left, path, len);
    left[len] = '\0';
    return left;
}

Test(http1_head, targets)
{
    cr_assert_str_eq(target("/a?b"), "/a?b");
    cr_assert_str_eq(target("*"), "*");
    cr_assert_str_eq(target("a:80"), "a:80");
    cr_assert_str_eq(target("http://a/b?c"), "/b?c");
    cr_assert_str_eq(target("HTTPS://a.example:8080//b"), "//b");
    cr_assert_str_eq(target("http://a"), "/");
    cr_assert_str_eq(target("http://a?b=http://c/"), "/?b=http://c/");
    cr_assert_null(target("http://"));
    cr_assert_null(target("http:///b"));
    cr_assert_null(target("http://user@a/b"));
}
