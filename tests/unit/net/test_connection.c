/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as the guard counts them, and what its checks catch. The numbers are those of
 * guard_internal.h. */
#include "guarded.h"

#include <signal.h>

TestSuite(connection, .init = guarded_make);

/* ---- a counter that is wrong is caught ---- */

static h2o_req_t req;

static void guarded_request_make(void)
{
    guarded_make();
    request_give(&req, 1, SIZE_MAX);
}

static struct exchange *exchange(void)
{
    return list_entry(connection->exchanges.next, struct exchange, link);
}

TestSuite(connection_check, .init = guarded_request_make);

Test(connection_check, passes_what_holds)
{
    connection_check(connection);
    guard_check(guard);
    h2o_mem_clear_pool(&req.pool);
    connection_check(connection);
    guard_check(guard);
}

#define CAUGHT(name, plant)                                                                                  \
    Test(connection_check, catches_##name, .signal = SIGABRT)                                                \
    {                                                                                                        \
        plant;                                                                                               \
        connection_check(connection);                                                                        \
    }

CAUGHT(an_exchange_that_is_not_counted, connection->exchange_count = 0)
CAUGHT(an_exchange_counted_twice, connection->exchange_count++)
CAUGHT(a_live_one_that_is_not_counted, connection->live = 0)
CAUGHT(a_live_one_counted_twice, connection->live++)
CAUGHT(a_live_one_on_http1, connection->is_http2 = false)
CAUGHT(a_refusal_nobody_made, connection->refused = 1)
CAUGHT(a_refusal_that_is_not_counted, exchange()->refusal = ERROR_TOO_LARGE)
CAUGHT(a_time_to_come, connection->header_since = guard->now + 1)
CAUGHT(an_activity_before_it_was_opened, connection->active = connection->opened - 1)
CAUGHT(a_frame_seen_before_it_came, connection->frame_seen = connection->frame_count + 1)
CAUGHT(bytes_earned_that_nobody_wrote, connection->frames_written = 1)
CAUGHT(a_descriptor_kept_for_nothing, connection->linger_fd = 0)
CAUGHT(a_token_without_a_request, connection->has_token = true)
CAUGHT(an_exchange_of_another, exchange()->connection = NULL)
CAUGHT(an_exchange_without_an_end, exchange()->due = INT64_MAX)
CAUGHT(a_body_beyond_what_is_allowed, (exchange()->allowed = 10, exchange()->received = 11))
CAUGHT(a_body_that_is_not_in_the_budget, exchange()->received = HELD_APART_BYTES + 1)
CAUGHT(an_unreadable_one_that_is_answered, exchange()->is_unreadable = true)

#define CAUGHT_IN_SUM(name, plant)                                                                           \
    Test(connection_check, catches_in_sum_##name, .signal = SIGABRT)                                         \
    {                                                                                                        \
        plant;                                                                                               \
        guard_check(guard);                                                                                  \
    }

CAUGHT_IN_SUM(an_exchange_too_many, guard->exchanges++)
CAUGHT_IN_SUM(exchanges_of_the_condemned, connection->condemned = true)
CAUGHT_IN_SUM(bodies_that_are_not_in_the_budget, exchange()->held = 1)
CAUGHT_IN_SUM(more_told_than_shut, guard->shut_logged[GUARD_FRAMES] = 1)

/* ---- what they may cost ---- */

static uint64_t shut(enum guard_cause cause)
{
    return guard_shut_count(guard, cause);
}

Test(connection, who_is_condemned_is_so_once_and_costs_nobody)
{
    h2o_req_t first, second;
    request_give(&first, 1, SIZE_MAX);
    request_give(&second, 3, SIZE_MAX);
    cr_assert_eq(guard->exchanges, 2);
    connection_shut(connection, GUARD_IDLE);
    connection_shut(connection, GUARD_OLD);
    cr_assert_eq(guard->exchanges, 0);
    cr_assert_eq(shut(GUARD_IDLE), 1);
    cr_assert_eq(shut(GUARD_OLD), 0);
    cr_assert_not(frame_give(FRAME_DATA, 0, 1, 10));
    h2o_mem_clear_pool(&first.pool);
    h2o_mem_clear_pool(&second.pool);
    cr_assert_eq(guard->exchanges, 0);
    guard_check(guard);
}

Test(connection, it_goes_with_its_socket)
{
    struct peer *peer = connection->peer;
    struct connection *other = connection_make(&client);
    cr_assert_eq(peer_connections(peer), 2);
    cr_assert_eq(connection_of(connection->socket), connection);
    h2o_socket_close(connection->socket);
    cr_assert_eq(peer_connections(peer), 1);
    cr_assert_eq(guard->connections.next, &other->link);
    guard_check(guard);
}

Test(connection, frames_that_carry_nothing_are_taken_up_to_a_number)
{
    for (int i = 0; i < FRAMES_MAX; i++)
        cr_assert(frame_give(FRAME_PING, 0, 0, PING_BYTES));
    cr_assert_not(frame_give(FRAME_PING, 0, 0, PING_BYTES));
    cr_assert_eq(shut(GUARD_FRAMES), 1);
}

Test(connection, requests_and_answers_earn_frames)
{
    enum { REQUESTS = 3, ANSWERS = 5 };
    h2o_req_t requests[REQUESTS];
    for (uint32_t i = 0; i < REQUESTS; i++)
        request_give(&requests[i], 1 + 2 * i, SIZE_MAX);
    connection->socket->bytes_written += ANSWERS * ANSWER_BYTES_PER_FRAME;
    int earned = REQUESTS * FRAMES_PER_REQUEST + ANSWERS;
    for (int i = 0; i < FRAMES_MAX + earned; i++)
        cr_assert(frame_give(FRAME_PING, 0, 0, PING_BYTES), "%d", i);
    cr_assert_not(frame_give(FRAME_PING, 0, 0, PING_BYTES));
}

Test(connection, a_frame_nobody_knows_becomes_one_that_is_ignored)
{
    struct guard_frame frame = {.type = 0xfa, .flags = 0xff, .length = 1000, .stream_id = 7};
    cr_assert(connection_frame(connection, &frame));
    cr_assert_eq(frame.type, FRAME_PING);
    cr_assert_eq(frame.flags, FLAG_ACK);
    cr_assert_eq(frame.length, PING_BYTES);
    cr_assert_eq(frame.stream_id, 0);
}

Test(connection, a_header_has_so_many_bytes_in_all_its_frames)
{
    cr_assert(frame_give(FRAME_HEADERS, 0, 1, HEADER_BLOCK_BYTES_MAX));
    cr_assert_not(frame_give(FRAME_CONTINUATION, FLAG_END_HEADERS, 1, 1));
    cr_assert_eq(shut(GUARD_HEADER), 1);
}

Test(connection, a_header_has_its_time_until_its_last_frame)
{
    frame_give(FRAME_HEADERS, 0, 1, 1);
    cr_assert_eq(connection->header_since, guard->now);
    frame_give(FRAME_CONTINUATION, 0, 1, 1);
    cr_assert_eq(connection->header_since, guard->now);
    frame_give(FRAME_CONTINUATION, FLAG_END_HEADERS, 1, 1);
    cr_assert_eq(connection->header_since, 0);
}

Test(connection, resets_are_taken_up_to_a_number)
{
    cr_assert(frame_give(FRAME_PING, 0, 0, PING_BYTES));
    for (int i = 0; i < RESETS_MAX; i++)
        connection_reset(connection);
    cr_assert_not(connection->condemned);
    connection_reset(connection);
    cr_assert_eq(shut(GUARD_RESETS), 1);
}

/* ---- who has to go ---- */

Test(connection, where_streams_are_full_who_had_theirs_longest_goes)
{
    enum { STREAMS = EXCHANGES_SPARED };
    h2o_req_t requests[2 * STREAMS], one_more;
    struct connection *first = connection, *second = connection_make(&client);
    for (uint32_t i = 0; i < STREAMS; i++)
        request_give(&requests[i], 1 + 2 * i, SIZE_MAX);
    guard->now += SECOND;
    connection = second;
    for (uint32_t i = 0; i < STREAMS; i++)
        request_give(&requests[STREAMS + i], 1 + 2 * i, SIZE_MAX);
    guard->exchanges_max = 2 * STREAMS;
    request_give(&one_more, 99, SIZE_MAX);
    cr_assert(first->condemned);
    cr_assert_not(second->condemned);
    cr_assert_eq(guard->exchanges, STREAMS + 1);
    guard_check(guard);
}

Test(connection, where_connections_are_full_the_one_idle_longest_goes)
{
    h2o_req_t busy;
    request_give(&busy, 1, SIZE_MAX);
    guard->now += SECOND;
    struct connection *idle = connection_make(&client);
    guard->now += SECOND;
    connection_make(&client);
    cr_assert_eq(guard_idlest(guard), idle);
    connection_shut(idle, GUARD_EVICTED);
    cr_assert_neq(guard_idlest(guard), idle);
    cr_assert_neq(guard_idlest(guard), connection, "it has a request");
}
