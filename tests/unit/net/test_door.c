/* SPDX-License-Identifier: Apache-2.0 */
#include "net/door.h"

#include "base/clock.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static const int64_t now = 1000 * SECOND;
static struct door *door;
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
    door = door_create(&(struct door_options){.connections_max = 10,
                                              .connections_per_address = 3,
                                              .trusted_proxies = "192.0.2.64/27, 2001:db8:1::/48"});
}

TestSuite(door, .init = open_it);

static enum door_answer enter(const char *address)
{
    return door_enter(door, at(address), now, false, &peer);
}

Test(door, an_address_has_its_share)
{
    for (int i = 0; i < 3; i++)
        cr_assert_eq(enter("192.0.2.1"), DOOR_OPEN);
    cr_assert_eq(enter("192.0.2.1"), DOOR_ADDRESS_FULL);
    cr_assert_eq(enter("192.0.2.2"), DOOR_OPEN);
}

Test(door, who_leaves_makes_room)
{
    for (int i = 0; i < 3; i++)
        enter("192.0.2.1");
    door_leave(door, peer);
    cr_assert_eq(enter("192.0.2.1"), DOOR_OPEN);
    cr_assert_eq(peer_connections(peer), 3);
}

Test(door, all_together_are_counted)
{
    char address[] = "192.0.2.0";
    for (int i = 0; i < 10; i++) {
        address[8] = (char)('0' + i);
        cr_assert_eq(enter(address), DOOR_OPEN);
    }
    cr_assert_eq(enter("198.51.100.1"), DOOR_FULL);
    cr_assert_eq(door_enter(door, at("198.51.100.1"), now, true, &peer), DOOR_OPEN);
}

Test(door, an_ipv6_address_is_its_64)
{
    for (int i = 0; i < 3; i++)
        enter("2001:db8::1");
    cr_assert_eq(enter("2001:db8::ffff:2"), DOOR_ADDRESS_FULL);
    cr_assert_eq(enter("2001:db8:0:1::1"), DOOR_OPEN);
}

Test(door, ipv4_in_ipv6_is_ipv4)
{
    for (int i = 0; i < 3; i++)
        enter("::ffff:192.0.2.1");
    cr_assert_eq(enter("192.0.2.1"), DOOR_ADDRESS_FULL);
    cr_assert_eq(enter("::ffff:192.0.2.2"), DOOR_OPEN);
}

Test(door, a_trusted_proxy_is_held_by_the_whole_only)
{
    for (int i = 0; i < 10; i++)
        cr_assert_eq(enter("192.0.2.95"), DOOR_OPEN);
    cr_assert_eq(enter("192.0.2.95"), DOOR_FULL);
}

Test(door, networks_end_where_their_prefix_says)
{
    cr_assert(door_trusts(door, at("192.0.2.64")));
    cr_assert(door_trusts(door, at("192.0.2.95")));
    cr_assert_not(door_trusts(door, at("192.0.2.63")));
    cr_assert_not(door_trusts(door, at("192.0.2.96")));
    cr_assert(door_trusts(door, at("2001:db8:1:ffff::1")));
    cr_assert_not(door_trusts(door, at("2001:db8:2::1")));
    cr_assert(door_trusts(door, at("::ffff:192.0.2.64")));
}

Test(door, new_connections_come_at_a_rate)
{
    for (int i = 0; i < ARRIVALS_MAX; i++) {
        cr_assert_eq(enter("192.0.2.1"), DOOR_OPEN);
        door_leave(door, peer);
    }
    cr_assert_eq(enter("192.0.2.1"), DOOR_TOO_FAST);
    cr_assert_eq(door_enter(door, at("192.0.2.1"), now + SECOND, false, &peer), DOOR_OPEN);
}

Test(door, a_flood_is_paid_for)
{
    cr_assert_eq(enter("192.0.2.1"), DOOR_OPEN);
    for (int i = 0; i < ARRIVALS_MAX / ARRIVALS_PER_FLOOD; i++)
        door_fine(door, peer, ARRIVALS_PER_FLOOD, now);
    cr_assert_eq(enter("192.0.2.1"), DOOR_TOO_FAST);
}

Test(door, bodies_and_answers_are_held_up_to_their_limits)
{
    cr_assert(door_hold(door, BODIES_BYTES_MAX));
    cr_assert_not(door_hold(door, 1));
    door_release(door, 1);
    cr_assert(door_hold(door, 1));
    cr_assert(door_answer_hold(door, ANSWERS_BYTES_MAX, false));
    cr_assert_not(door_answer_hold(door, 1, false));
    cr_assert(door_answer_hold(door, 1, true));
}
