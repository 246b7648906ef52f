/* SPDX-License-Identifier: Apache-2.0 */
#include "http/etag.h"

#include "request.h"

#include <criterion/criterion.h>
#include <string.h>

Test(etag, a_list_is_cut_tag_by_tag)
{
    const char *text = " \"a\" ,W/\"b\",\t\"c,d\"";
    h2o_iovec_t list = h2o_iovec_init(text, strlen(text));
    static const struct {
        bool is_weak;
        const char *text;
    } expected[] = {{false, "\"a\""}, {true, "\"b\""}, {false, "\"c,d\""}};
    for (size_t i = 0; i < 3; i++) {
        struct etag etag;
        cr_assert(etag_next(&list, &etag), "%zu", i);
        cr_expect_eq(etag.is_weak, expected[i].is_weak);
        cr_expect(h2o_memis(etag.text.base, etag.text.len, expected[i].text, strlen(expected[i].text)));
    }
    cr_expect_eq(list.len, 0);
}

Test(etag, what_is_no_tag)
{
    static const char *const wrong[] = {"a", "\"a", "W\"a\"", "W/a", "\"a\"x", "\"a\" \"b\"", "w/\"a\"", ","};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        h2o_iovec_t list = h2o_iovec_init(wrong[i], strlen(wrong[i]));
        struct etag etag;
        cr_expect_not(etag_next(&list, &etag), "%s", wrong[i]);
    }
}

static bool seen(const char *if_none_match_or_null, const char *etag)
{
    h2o_req_t req;
    request_open(&req, "/");
    if (if_none_match_or_null != NULL)
        request_header(&req, "if-none-match", if_none_match_or_null);
    struct call call = {.req = &req};
    bool is = etag_seen(&call, etag);
    request_close(&req);
    return is;
}

Test(etag, a_client_has_what_it_names)
{
    cr_expect(seen("\"one\"", "\"one\""));
    cr_expect(seen("\"two\", W/\"one\"", "\"one\""));
    cr_expect(seen("*", "\"one\""));
    cr_expect_not(seen("\"onetwo\"", "\"one\""));
    cr_expect_not(seen("one", "\"one\""));
    cr_expect_not(seen("", "\"one\""));
    cr_expect_not(seen(NULL, "\"one\""));
}

Test(etag, it_is_of_the_content)
{
    char a[ETAG_TEXT + 1], b[ETAG_TEXT + 1];
    etag_of_content("same", 4, a);
    etag_of_content("same", 4, b);
    cr_expect_str_eq(a, b);
    cr_expect_eq(strlen(a), ETAG_TEXT);
    etag_of_content("other", 5, b);
    cr_expect_str_neq(a, b);
}
