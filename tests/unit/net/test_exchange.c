/* SPDX-License-Identifier: Apache-2.0 */
/* How a body is judged as it comes on HTTP/2: whether it is allowed, whether there is room, and whether it is
 * as long as it said. */
#include "guarded.h"

static h2o_req_t req;

TestSuite(exchange, .init = guarded_make);

static struct exchange *exchange(void)
{
    return list_entry(connection->exchanges.next, struct exchange, link);
}

/* DATA of ${length} bytes; returns how many of them are kept. */
static size_t data(uint32_t stream_id, size_t length, uint8_t flags)
{
    struct guard_frame frame = {
        .type = FRAME_DATA, .flags = flags, .stream_id = stream_id, .length = (uint32_t)length};
    struct guard_payload payload = {.length = length};
    cr_assert(connection_frame(connection, &frame));
    connection_body(connection, &frame, &payload);
    return payload.length;
}

Test(exchange, a_little_is_not_looked_at)
{
    body_max = 0;
    request_give(&req, 1, SIZE_MAX);
    cr_assert_eq(data(1, UNJUDGED_BODY_BYTES, FLAG_END_STREAM), UNJUDGED_BODY_BYTES);
    cr_assert_eq(body_max_asked, 0);
    cr_assert_eq(exchange()->refusal, ERROR_NONE);
}

Test(exchange, more_is_asked_about_once)
{
    request_give(&req, 1, SIZE_MAX);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(data(1, UNJUDGED_BODY_BYTES, 0), UNJUDGED_BODY_BYTES);
    cr_assert_eq(body_max_asked, 1);
}

Test(exchange, what_is_too_large_is_dropped_from_there_on)
{
    body_max = 50000;
    request_give(&req, 1, SIZE_MAX);
    cr_assert_eq(data(1, 40000, 0), 40000);
    cr_assert_eq(data(1, 10001, 0), 0);
    cr_assert_eq(exchange()->refusal, ERROR_TOO_LARGE);
    cr_assert_eq(data(1, 1, FLAG_END_STREAM), 0);
    cr_assert_eq(exchange()->refusal, ERROR_TOO_LARGE, "the first refusal stands");
}

Test(exchange, what_is_announced_as_too_large_is_refused_before_it_is_there)
{
    request_give(&req, 1, body_max + 1);
    cr_assert_eq(data(1, UNJUDGED_BODY_BYTES + 1, 0), 0);
    cr_assert_eq(exchange()->refusal, ERROR_TOO_LARGE);
}

Test(exchange, what_is_announced_is_held_at_once)
{
    request_give(&req, 1, 200000);
    data(1, UNJUDGED_BODY_BYTES + 1, 0);
    cr_assert_eq(budget_held(&bodies), 200000);
    h2o_mem_clear_pool(&req.pool);
    cr_assert_eq(budget_held(&bodies), 0);
}

Test(exchange, what_finds_no_room_is_refused)
{
    bodies.max = 100000;
    request_give(&req, 1, 100001);
    cr_assert_eq(data(1, UNJUDGED_BODY_BYTES + 1, 0), 0);
    cr_assert_eq(exchange()->refusal, ERROR_OVERLOADED);
    cr_assert_eq(budget_held(&bodies), 0);
}

Test(exchange, a_body_as_long_as_it_said_is_taken)
{
    request_give(&req, 1, 30000);
    data(1, 20000, 0);
    cr_assert_eq(data(1, 10000, FLAG_END_STREAM), 10000);
    cr_assert_eq(exchange()->refusal, ERROR_NONE);
}

Test(exchange, a_shorter_one_is_not)
{
    request_give(&req, 1, 30000);
    data(1, 29999, FLAG_END_STREAM);
    cr_assert_eq(exchange()->refusal, ERROR_BAD_REQUEST);
}

Test(exchange, a_shorter_one_with_a_trailer_is_not)
{
    size_t ignored = SIZE_MAX;
    request_give(&req, 1, 30000);
    data(1, 29999, 0);
    connection_header(connection, &req, &ignored, true);
    cr_assert_eq(exchange()->refusal, ERROR_BAD_REQUEST);
}

/* It would be held as what it announced, and be as much as it likes. */
Test(exchange, a_longer_one_is_refused_when_it_is_longer)
{
    request_give(&req, 1, 20000);
    cr_assert_eq(data(1, 20000, 0), 20000);
    cr_assert_eq(data(1, 1, 0), 0);
    cr_assert_eq(exchange()->refusal, ERROR_BAD_REQUEST);
}

Test(exchange, one_without_an_end_is_shut)
{
    body_max = 0;
    request_give(&req, 1, SIZE_MAX);
    for (size_t sent = 0; sent < DROPPED_BODY_BYTES_MAX; sent += 1024 * 1024)
        data(1, 1024 * 1024, 0);
    cr_assert_not(connection->condemned);
    data(1, 1, 0);
    cr_assert(connection->condemned);
    cr_assert_eq(guard_shut_count(guard, GUARD_ENDLESS), 1);
}

Test(exchange, data_of_a_stream_that_is_gone_is_a_frame_that_carries_nothing)
{
    request_give(&req, 1, SIZE_MAX);
    h2o_mem_clear_pool(&req.pool);
    for (int i = 0; i < FRAMES_MAX + FRAMES_PER_REQUEST; i++)
        data(1, 1, 0);
    cr_assert_not(connection->condemned);
    data(1, 1, 0);
    cr_assert_eq(guard_shut_count(guard, GUARD_FRAMES), 1);
}

Test(exchange, it_is_overdue_when_its_time_is_over)
{
    request_give(&req, 1, SIZE_MAX);
    cr_assert_not(exchange_is_overdue(exchange(), guard->now + EXCHANGE_MS * INT64_C(1000)));
    cr_assert(exchange_is_overdue(exchange(), guard->now + EXCHANGE_MS * INT64_C(1000) + 1));
}

Test(exchange, one_that_took_room_and_does_not_come_is_overdue_soon)
{
    int64_t start = guard->now, half = BODY_START_MS + BODY_TIMEOUT_MS / 2;
    request_give(&req, 1, 200000);
    data(1, 20000, 0);
    cr_assert_not(exchange_is_overdue(exchange(), start + BODY_START_MS * INT64_C(1000)));
    cr_assert(exchange_is_overdue(exchange(), start + half * 1000));
    data(1, 80000, 0);
    cr_assert_not(exchange_is_overdue(exchange(), start + half * 1000));
    data(1, 100000, FLAG_END_STREAM);
    cr_assert_not(exchange_is_overdue(exchange(), start + 2 * half * 1000), "it is there");
}
