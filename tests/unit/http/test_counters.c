/* SPDX-License-Identifier: Apache-2.0 */
#include "http/counters.h"

#include "base/error.h"
#include "http/route.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct route routes[] = {{.method = "GET", .path = "/a"}, {.method = "GET", .path = "/b"}, {0}};

static size_t status_place(int status)
{
    for (size_t i = 0; i < COUNTERS_STATUSES; i++) {
        if (counters_statuses[i] == status)
            return i;
    }
    cr_assert_fail("status %d is not counted", status);
    return 0;
}

Test(counters, every_status_that_an_error_has_is_counted)
{
    for (int e = ERROR_NONE + 1; e < ERROR_COUNT; e++)
        status_place(error_status((enum error)e));
}

Test(counters, several_workers_are_added_up)
{
    struct counts sum = {0};
    for (int i = 0; i < 2; i++) {
        struct counters *c = counters_create(routes);
        counters_request(c, &routes[1], 200, 300);
        counters_request(c, &routes[1], 503, 6000000);
        counters_request(c, NULL, 404, 0);
        counters_verdicts(c, (enum reason)1, 5);
        counters_connection(c);
        counters_token_refused(c);
        counters_add(c, &sum);
        free(c);
    }
    cr_expect_eq(sum.requests[1][status_place(200)], 2);
    cr_expect_eq(sum.requests[1][status_place(503)], 2);
    cr_expect_eq(sum.requests[COUNTERS_NO_ROUTE][status_place(404)], 2);
    cr_expect_eq(sum.requests[0][status_place(200)], 0);
    cr_expect_eq(sum.latency[1][1], 2, "above 250 us, to 500");
    cr_expect_eq(sum.latency[1][COUNTERS_BUCKETS], 2, "beyond the last bound");
    cr_expect_eq(sum.latency_sum[1], 2 * 6000300);
    cr_expect_eq(sum.verdicts[1], 10);
    cr_expect_eq(sum.connections, 2);
    cr_expect_eq(sum.tokens_refused, 2);
}

Test(counters, a_bound_belongs_to_its_bucket)
{
    struct counts sum = {0};
    struct counters *c = counters_create(routes);
    counters_request(c, &routes[0], 200, counters_bounds[0]);
    counters_request(c, &routes[0], 200, counters_bounds[0] + 1);
    counters_add(c, &sum);
    cr_expect_eq(sum.latency[0][0], 1);
    cr_expect_eq(sum.latency[0][1], 1);
    free(c);
}
