/* SPDX-License-Identifier: Apache-2.0 */
#include "http/gate.h"

#include "base/clock.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static const int64_t now = 1000 * SECOND;
static struct gate *gate;
static struct peer *peer;

static struct sockaddr *at(const char *text)
{
    static struct sockaddr_in6 v6;
    static struct sockaddr_in v4;
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        return (struct sockaddr *)&v6;
    }
    cr_assert_eq(inet_pton(AF_INET, text, &v4.sin_addr), 1);
    v4.sin_family = AF_INET;
    return (struct sockaddr *)&v4;
}

static void open_it(void)
{
    gate = gate_create(&(struct gate_options){.connections_max = 10,
                                              .connections_per_address = 3,
                                              .trusted_proxies = "192.0.2.64/27, 2001:db8:1::/48"});
}

TestSuite(gate, .init = open_it);

static enum gate_answer enter(const char *address)
{
    return gate_enter(gate, at(address), now, false, &peer);
}

Test(gate, an_address_has_its_share)
{
    for (int i = 0; i < 3; i++)
        cr_assert_eq(enter("192.0.2.1"), GATE_OPEN);
    cr_assert_eq(enter("192.0.2.1"), GATE_ADDRESS_FULL);
    cr_assert_eq(enter("192.0.2.2"), GATE_OPEN);
}

Test(gate, who_leaves_makes_room)
{
    for (int i = 0; i < 3; i++)
        enter("192.0.2.1");
    gate_leave(gate, peer);
    cr_assert_eq(enter("192.0.2.1"), GATE_OPEN);
    cr_assert_eq(peer_connections(peer), 3);
}

Test(gate, all_together_are_counted)
{
    char address[] = "192.0.2.0";
    for (int i = 0; i < 10; i++) {
        address[8] = (char)('0' + i);
        cr_assert_eq(enter(address), GATE_OPEN);
    }
    cr_assert_eq(enter("198.51.100.1"), GATE_FULL);
    cr_assert_eq(gate_enter(gate, at("198.51.100.1"), now, true, &peer), GATE_OPEN);
}

Test(gate, an_ipv6_address_is_its_64)
{
    for (int i = 0; i < 3; i++)
        enter("2001:db8::1");
    cr_assert_eq(enter("2001:db8::ffff:2"), GATE_ADDRESS_FULL);
    cr_assert_eq(enter("2001:db8:0:1::1"), GATE_OPEN);
}

Test(gate, ipv4_in_ipv6_is_ipv4)
{
    for (int i = 0; i < 3; i++)
        enter("::ffff:192.0.2.1");
    cr_assert_eq(enter("192.0.2.1"), GATE_ADDRESS_FULL);
    cr_assert_eq(enter("::ffff:192.0.2.2"), GATE_OPEN);
}

Test(gate, a_trusted_proxy_is_held_by_the_whole_only)
{
    for (int i = 0; i < 10; i++)
        cr_assert_eq(enter("192.0.2.95"), GATE_OPEN);
    cr_assert_eq(enter("192.0.2.95"), GATE_FULL);
}

Test(gate, networks_end_where_their_prefix_says)
{
    cr_assert(gate_trusts(gate, at("192.0.2.64")));
    cr_assert(gate_trusts(gate, at("192.0.2.95")));
    cr_assert_not(gate_trusts(gate, at("192.0.2.63")));
    cr_assert_not(gate_trusts(gate, at("192.0.2.96")));
    cr_assert(gate_trusts(gate, at("2001:db8:1:ffff::1")));
    cr_assert_not(gate_trusts(gate, at("2001:db8:2::1")));
    cr_assert(gate_trusts(gate, at("::ffff:192.0.2.64")));
}

Test(gate, new_connections_come_at_a_rate)
{
    for (int i = 0; i < ARRIVALS_MAX; i++) {
        cr_assert_eq(enter("192.0.2.1"), GATE_OPEN);
        gate_leave(gate, peer);
    }
    cr_assert_eq(enter("192.0.2.1"), GATE_TOO_FAST);
    cr_assert_eq(gate_enter(gate, at("192.0.2.1"), now + SECOND, false, &peer), GATE_OPEN);
}

Test(gate, a_flood_is_paid_for)
{
    cr_assert_eq(enter("192.0.2.1"), GATE_OPEN);
    for (int i = 0; i < ARRIVALS_MAX / ARRIVALS_PER_FLOOD; i++)
        gate_fine(gate, peer, now);
    cr_assert_eq(enter("192.0.2.1"), GATE_TOO_FAST);
}

Test(gate, bodies_and_answers_are_held_up_to_their_limits)
{
    cr_assert(gate_hold(gate, BODIES_BYTES_MAX));
    cr_assert_not(gate_hold(gate, 1));
    gate_release(gate, 1);
    cr_assert(gate_hold(gate, 1));
    cr_assert(gate_answer_hold(gate, ANSWERS_BYTES_MAX, false));
    cr_assert_not(gate_answer_hold(gate, 1, false));
    cr_assert(gate_answer_hold(gate, 1, true));
}
