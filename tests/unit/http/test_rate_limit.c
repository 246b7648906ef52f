/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rate_limit.h"

#include "request.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct worker worker;
static const struct claims claims = {.controller = "demo", .subject = "tester"};

/* Takes that many, as one request. Returns whether it got them; what the answer says
 * of it goes into ${ret_fields}. */
static bool take(const struct claims *who, size_t amount, char ret_fields[256])
{
    h2o_req_t req;
    request_open(&req, "/");
    bool taken = rate_limit_client(&worker, &req, who, amount);
    const char *policy = request_answer_header(&req, "ratelimit-policy"),
               *left = request_answer_header(&req, "ratelimit"),
               *retry = request_answer_header(&req, "retry-after");
    snprintf(ret_fields, 256, "%s %s %s", policy != NULL ? policy : "-", left != NULL ? left : "-",
             retry != NULL ? retry : "-");
    request_close(&req);
    return taken;
}

Test(rate_limit, an_answer_tells_the_limit_and_what_is_left)
{
    char fields[256];
    worker.rate_limits = rate_limits_create(10, 0);
    cr_expect(take(&claims, 1, fields));
    cr_expect_str_eq(fields, "\"client\";q=10;w=86400 \"client\";r=9;t=8640 -");
    cr_expect(take(&claims, 9, fields));
    cr_expect_not_null(strstr(fields, "\"client\";r=0;t=86"));
}

Test(rate_limit, what_is_refused_takes_nothing_and_says_when_to_come_again)
{
    char fields[256];
    worker.rate_limits = rate_limits_create(10, 0);
    cr_expect(take(&claims, 6, fields));
    cr_expect_not(take(&claims, 6, fields));
    cr_expect_not_null(strstr(fields, "\"client\";r=4;"), "%s", fields);
    long retry = strtol(strrchr(fields, ' ') + 1, NULL, 10);
    cr_expect(retry > 17000 && retry <= 17280, "two of 8 640 s each: %s", fields);
    cr_expect(take(&claims, 4, fields));
}

/* A field that changes with every answer would not be worth its place in a
 * connection's table of header fields. */
Test(rate_limit, what_is_left_is_rounded_down_to_its_leading_bits)
{
    char fields[256];
    worker.rate_limits = rate_limits_create(1000000, 0);
    cr_expect(take(&claims, 1, fields));
    cr_expect_not_null(strstr(fields, "\"client\";r=999424;t=1 "), "%s", fields);
}

Test(rate_limit, each_client_of_a_controller_has_its_own)
{
    static const struct claims another = {.controller = "demo", .subject = "another"},
                               elsewhere = {.controller = "demo2", .subject = "tester"};
    char fields[256];
    worker.rate_limits = rate_limits_create(10, 0);
    cr_expect(take(&claims, 10, fields));
    cr_expect_not(take(&claims, 1, fields));
    cr_expect(take(&another, 10, fields));
    cr_expect(take(&elsewhere, 10, fields));
}

Test(rate_limit, without_a_limit_nothing_is_told)
{
    char fields[256];
    worker.rate_limits = rate_limits_create(0, 0);
    cr_expect(take(&claims, 1000000, fields));
    cr_expect_str_eq(fields, "- - -");
}
