/* SPDX-License-Identifier: Apache-2.0 */
#include "http/call.h"

#include "http/counters.h"
#include "http/rate_limit.h"
#include "http/route.h"
#include "request.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Nothing is answered here: a call ends when its request has gone. */

static const struct route routes[] = {{.method = "POST", .path = "/v1/check", .deadline_ms = 1000}, {0}};
static const struct claims claims = {.controller = "demo", .subject = "tester", .id = "token-1"};
static struct worker worker;
static h2o_req_t req;
static struct call *begun;
static int disposed, vouched, abandoned;
static bool may_end;

static void on_begin(struct call *call)
{
    begun = call;
}

static void on_dispose(void *state)
{
    cr_expect_eq(state, &disposed);
    disposed++;
}

static bool on_abandon(struct call *call)
{
    cr_expect_eq(call, begun);
    abandoned++;
    return may_end;
}

static void on_vouch(struct call *call)
{
    cr_expect_eq(call, begun);
    vouched++;
}

static struct call *start(const char *path_and_query)
{
    list_init(&worker.calls);
    worker.counters = counters_create(routes);
    worker.rate_limits = rate_limits_create(100, 0);
    request_open(&req, path_and_query);
    call_start(&(struct call_options){.worker = &worker,
                                      .req = &req,
                                      .route = &routes[0],
                                      .claims = &claims,
                                      .vouch = on_vouch,
                                      .begin = on_begin});
    cr_assert_not_null(begun);
    begun->state = &disposed;
    begun->dispose = on_dispose;
    return begun;
}

static uint64_t ended(void)
{
    struct counts sum = {0};
    uint64_t count = 0;
    counters_add(worker.counters, &sum);
    for (size_t i = 0; i < COUNTERS_STATUSES; i++)
        count += sum.requests[0][i];
    return count;
}

static void assert_ended(uint64_t times)
{
    cr_assert_eq(ended(), times);
    cr_assert_eq(disposed, (int)times);
    cr_assert_eq(list_empty(&worker.calls), times > 0);
}

/* ---- its life ---- */

Test(call, it_outlives_its_request_and_ends_with_its_answer)
{
    struct call *call = start("/");
    request_close(&req);
    cr_assert_null(call->req);
    assert_ended(0);
    call_answer(call, 200, "text/plain", "x", 1);
    assert_ended(1);
}

Test(call, it_ends_with_its_request_where_nothing_is_waited_for)
{
    struct call *call = start("/");
    call->abandon = on_abandon;
    may_end = true;
    request_close(&req);
    cr_assert_eq(abandoned, 1);
    assert_ended(1);
}

Test(call, it_goes_on_where_what_it_waits_for_cannot_be_taken_back)
{
    struct call *call = start("/");
    call->abandon = on_abandon;
    request_close(&req);
    cr_assert_eq(abandoned, 1);
    assert_ended(0);
    call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    assert_ended(1);
}

Test(call, a_client_is_charged_once_however_often_it_begins_again)
{
    struct call *call = start("/");
    for (int i = 0; i < 3; i++)
        cr_assert(call_charge(call, 40));
    cr_expect_str_eq(request_answer_header(&req, "ratelimit"), "\"client\";r=60;t=34560");
    h2o_req_t next;
    request_open(&next, "/");
    cr_expect(rate_limit_client(&worker, &next, &claims, 60), "40 of 100 were taken");
    request_close(&next);
    request_close(&req);
    call_problem(call, ERROR_INTERNAL, NULL, NULL);
}

/* ---- refusals ---- */

Test(call, before_a_refusal_the_token_is_vouched_for)
{
    struct call *call = start("/");
    call_problem(call, ERROR_NOT_FOUND, "There is no such subject.", NULL);
    cr_assert_eq(vouched, 1);
    assert_ended(0);
    cr_expect_eq(call->phase, CALL_REFUSING);
    cr_expect(memmem(call->refusal_body.base, call->refusal_body.len, "no such subject", 15) != NULL);
    request_close(&req);
    call_refuse(call);
    assert_ended(1);
}

Test(call, where_nobody_can_vouch_the_refusal_stands)
{
    struct call *call = start("/");
    call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
    cr_assert_eq(vouched, 1);
    request_close(&req);
    call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
    assert_ended(1);
    struct counts sum = {0};
    counters_add(worker.counters, &sum);
    for (size_t i = 0; i < COUNTERS_STATUSES; i++)
        cr_expect_eq(sum.requests[0][i], counters_statuses[i] == 400, "%d", counters_statuses[i]);
}

/* ---- the query ---- */

static void finish(struct call *call)
{
    request_close(&req);
    call_problem(call, ERROR_INTERNAL, NULL, NULL);
}

Test(call, a_value_of_the_query_is_decoded)
{
    struct call *call = start("/v1/x?a=1&b=a%20b+c&c=&d&e=%4&f=%zz&g=%2500&a=2");
    cr_expect_str_eq(call_query(call, "a"), "1", "the first counts");
    cr_expect_str_eq(call_query(call, "b"), "a b c");
    cr_expect_str_eq(call_query(call, "c"), "");
    cr_expect_str_eq(call_query(call, "d"), "");
    cr_expect_str_eq(call_query(call, "e"), "%4");
    cr_expect_str_eq(call_query(call, "f"), "%zz");
    cr_expect_str_eq(call_query(call, "g"), "%00");
    cr_expect_null(call_query(call, "h"));
    finish(call);
}

Test(call, a_number_of_the_query_is_whole_and_within_its_bounds)
{
    struct call *call = start("/?a=7&b=-1&c=7x&d=&e=1000000000000000000&f=101&g=007");
    int64_t value = -1;
    cr_expect_eq(call_query_int(call, "a", 5, 1, 100, &value), 0);
    cr_expect_eq(value, 7);
    cr_expect_eq(call_query_int(call, "g", 5, 1, 100, &value), 0);
    cr_expect_eq(value, 7);
    cr_expect_eq(call_query_int(call, "absent", 5, 1, 100, &value), 0);
    cr_expect_eq(value, 5);
    static const char *const wrong[] = {"b", "c", "d", "e", "f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(call_query_int(call, wrong[i], 5, 1, 100, &value), -1, "%s", wrong[i]);
    cr_expect_eq(value, 5);
    finish(call);
}

Test(call, each_parameter_is_one_of_those_allowed_and_there_once)
{
    static const char *const allowed[] = {"after", "limit", NULL};
    static const struct {
        const char *path;
        int rc;
    } asked[] = {{"/", 0},
                 {"/?", 0},
                 {"/?after=1&limit=2", 0},
                 {"/?limit", 0},
                 {"/?after=1&after=1", -1},
                 {"/?Limit=1", -1},
                 {"/?lim=1", -1},
                 {"/?limit=1&x", -1},
                 {"/?=1", -1}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct call *call = start(asked[i].path);
        cr_expect_eq(call_query_only(call, allowed), asked[i].rc, "%s", asked[i].path);
        finish(call);
    }
}
