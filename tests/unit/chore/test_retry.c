/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/retry.h"

#include <criterion/criterion.h>

Test(retry, a_message_is_tried_for_three_days_and_ever_less_often)
{
    int64_t all = 0, before = 0;
    int tries = 1;
    for (int64_t delay; (delay = retry_delay(tries)) >= 0; tries++) {
        cr_expect_gt(delay, before * 8 / 10, "after %d tries", tries);
        before = delay;
        all += delay;
    }
    cr_expect_eq(tries, 11);
    cr_expect_leq(retry_delay(1), 6 * SECOND, "the first is soon");
    cr_expect_gt(all, 60 * 3600 * SECOND);
    cr_expect_lt(all, 80 * 3600 * SECOND);
}

Test(retry, an_endpoint_is_left_alone_from_its_third_failure_on_and_five_minutes_at_most)
{
    cr_expect_eq(retry_pause(1), 0);
    cr_expect_eq(retry_pause(2), 0);
    cr_expect_gt(retry_pause(3), 4 * SECOND);
    cr_expect_lt(retry_pause(3), 6 * SECOND);
    for (int failures = 3; failures < 1000; failures++)
        cr_expect_leq(retry_pause(failures), 330 * SECOND);
    cr_expect_gt(retry_pause(1000), 250 * SECOND);
}

Test(retry, who_asks_for_a_pause_gets_a_day_at_most)
{
    cr_expect_eq(retry_asked(0), SECOND);
    cr_expect_eq(retry_asked(30), 30 * SECOND);
    cr_expect_eq(retry_asked(INT64_MAX), 86400 * SECOND);
}
