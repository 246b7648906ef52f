/* SPDX-License-Identifier: Apache-2.0 */
#include "http/media.h"

#include "request.h"

#include <criterion/criterion.h>

static bool fits(enum media media, const char *type_or_null, const char *encoding_or_null)
{
    h2o_req_t req;
    request_open(&req, "/");
    if (type_or_null != NULL)
        request_header(&req, "content-type", type_or_null);
    if (encoding_or_null != NULL)
        request_header(&req, "content-encoding", encoding_or_null);
    bool does = media_fits(&req, media);
    request_close(&req);
    return does;
}

Test(media, a_type_is_one_of_the_routes_in_utf8)
{
    static const char *const good[] = {"application/json",
                                       "Application/JSON",
                                       "application/json;charset=utf-8",
                                       "application/json ; charset=\"UTF-8\"",
                                       "application/json; charset=us-ascii",
                                       "application/json;"};
    static const char *const wrong[] = {"text/json",
                                        "application/json5",
                                        "application/jso",
                                        "application/json, text/plain",
                                        "application/json; charset=latin1",
                                        "application/json; charset=utf-16",
                                        "application/json; version=2",
                                        ""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(fits(MEDIA_JSON, good[i], NULL), "%s", good[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(fits(MEDIA_JSON, wrong[i], NULL), "%s", wrong[i]);
    cr_expect_not(fits(MEDIA_JSON, NULL, NULL));
}

Test(media, each_kind_takes_its_own)
{
    cr_expect(fits(MEDIA_NDJSON, "application/x-ndjson", NULL));
    cr_expect_not(fits(MEDIA_NDJSON, "application/json", NULL));
    cr_expect(fits(MEDIA_MASKABLE, "text/plain; charset=utf-8", NULL));
    cr_expect(fits(MEDIA_MASKABLE, "application/x-ndjson", NULL));
    cr_expect_not(fits(MEDIA_MASKABLE, "text/html", NULL));
    cr_expect(fits(MEDIA_NONE, NULL, NULL));
    cr_expect(fits(MEDIA_NONE, "text/html", NULL), "it takes no body, whatever it is called");
}

Test(media, where_a_body_may_be_left_out_it_needs_no_name)
{
    cr_expect(fits(MEDIA_JSON_OR_NONE, NULL, NULL));
    cr_expect(fits(MEDIA_JSON_OR_NONE, "application/x-www-form-urlencoded", NULL));
    cr_expect_not(fits(MEDIA_JSON_OR_NONE, "application/json", "gzip"));
    h2o_req_t req;
    request_open(&req, "/");
    req.entity = h2o_iovec_init("{}", 2);
    cr_expect_not(media_fits(&req, MEDIA_JSON_OR_NONE), "a body came, and has no type");
    request_header(&req, "content-type", "application/json");
    cr_expect(media_fits(&req, MEDIA_JSON_OR_NONE));
    request_close(&req);
}

Test(media, none_is_taken_encoded_with_or_without_a_body)
{
    cr_expect_not(fits(MEDIA_JSON, "application/json", "gzip"));
    cr_expect_not(fits(MEDIA_NDJSON, "application/x-ndjson", "identity"));
    cr_expect_not(fits(MEDIA_NONE, NULL, "gzip"));
    cr_expect_not(fits(MEDIA_NONE, NULL, ""));
}
