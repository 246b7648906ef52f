/* SPDX-License-Identifier: Apache-2.0 */
#include "net/peers.h"

#include "address.h"
#include "base/clock.h"
#include "base/limits.h"

enum { ARRIVALS = 200, AT_ONCE = ARRIVALS * ARRIVALS_SECONDS };

static const int64_t now = 1000 * SECOND;
static struct networks *networks;
static struct peers *peers;
static struct peer *peer;

static void make(void)
{
    networks = networks_create("192.0.2.64/27");
    peers = peers_create(&(struct peers_options){
        .connections_max = 10, .connections_per_address = 3, .arrivals = ARRIVALS, .networks = networks});
}

TestSuite(peers, .init = make);

static enum peers_answer add(const char *address)
{
    return peers_add(peers, at(address), now, false, &peer);
}

/* How many connections, one after the other, an address may open at ${when}, ${max} tried. */
static int arrivals(const char *address, int64_t when, int max)
{
    int count = 0;
    while (count < max && peers_add(peers, at(address), when, false, &peer) == PEERS_ADDED) {
        peers_remove(peers, peer);
        count++;
    }
    return count;
}

Test(peers, an_address_has_its_share)
{
    for (int i = 0; i < 3; i++)
        cr_assert_eq(add("192.0.2.1"), PEERS_ADDED);
    cr_assert_eq(add("192.0.2.1"), PEERS_ADDRESS_FULL);
    cr_assert_eq(add("192.0.2.2"), PEERS_ADDED);
}

Test(peers, who_leaves_makes_room)
{
    for (int i = 0; i < 3; i++)
        add("192.0.2.1");
    peers_remove(peers, peer);
    cr_assert_eq(add("192.0.2.1"), PEERS_ADDED);
    cr_assert_eq(peer_connections(peer), 3);
}

Test(peers, all_together_are_counted)
{
    char address[] = "192.0.2.0";
    for (int i = 0; i < 10; i++) {
        address[8] = (char)('0' + i);
        cr_assert_eq(add(address), PEERS_ADDED);
    }
    cr_assert_eq(add("198.51.100.1"), PEERS_FULL);
    cr_assert_eq(peers_add(peers, at("198.51.100.1"), now, true, &peer), PEERS_ADDED);
}

Test(peers, an_ipv6_address_is_its_64)
{
    for (int i = 0; i < 3; i++)
        add("2001:db8::1");
    cr_assert_eq(add("2001:db8::ffff:2"), PEERS_ADDRESS_FULL);
    cr_assert_eq(add("2001:db8:0:1::1"), PEERS_ADDED);
}

Test(peers, ipv4_in_ipv6_is_ipv4)
{
    for (int i = 0; i < 3; i++)
        add("::ffff:192.0.2.1");
    cr_assert_eq(add("192.0.2.1"), PEERS_ADDRESS_FULL);
    cr_assert_eq(add("::ffff:192.0.2.2"), PEERS_ADDED);
}

Test(peers, a_trusted_proxy_is_held_by_the_whole_only)
{
    for (int i = 0; i < 10; i++)
        cr_assert_eq(add("192.0.2.95"), PEERS_ADDED);
    cr_assert_eq(add("192.0.2.95"), PEERS_FULL);
    for (int i = 0; i < 10; i++)
        peers_remove(peers, peer);
    cr_assert_eq(arrivals("192.0.2.95", now, 2 * AT_ONCE), 2 * AT_ONCE);
}

Test(peers, new_connections_come_at_a_rate)
{
    cr_assert_eq(arrivals("192.0.2.1", now, 2 * AT_ONCE), AT_ONCE);
    cr_assert_eq(add("192.0.2.1"), PEERS_ARRIVALS);
    cr_assert_eq(arrivals("192.0.2.1", now + SECOND, AT_ONCE), ARRIVALS);
    cr_assert_eq(arrivals("192.0.2.2", now, 2 * AT_ONCE), AT_ONCE, "another address has its own");
}

Test(peers, who_is_known_gives_the_arrival_back)
{
    for (int i = 0; i < 4 * AT_ONCE; i++) {
        cr_assert_eq(add("192.0.2.1"), PEERS_ADDED);
        peers_arrival_return(peers, peer, now);
        peers_remove(peers, peer);
    }
    cr_assert_eq(arrivals("192.0.2.1", now, 2 * AT_ONCE), AT_ONCE);
}

Test(peers, floods_and_handshakes_are_paid_for)
{
    cr_assert_eq(add("192.0.2.1"), PEERS_ADDED);
    for (int i = 0; i < FLOODS_PER_SECOND; i++)
        peers_fine(peers, peer, PEER_FLOOD, now);
    for (int i = 0; i < HANDSHAKES_PER_SECOND; i++)
        peers_fine(peers, peer, PEER_HANDSHAKE, now);
    cr_assert_eq(arrivals("192.0.2.1", now, AT_ONCE), AT_ONCE - 2 * ARRIVALS - 1);
}

Test(peers, a_limit_of_none_refuses_nobody)
{
    peers = peers_create(&(struct peers_options){
        .connections_max = 10, .connections_per_address = 3, .arrivals = 0, .networks = networks});
    cr_assert_eq(add("192.0.2.1"), PEERS_ADDED);
    peers_fine(peers, peer, PEER_FLOOD, now);
    peers_arrival_return(peers, peer, now);
    cr_assert_eq(arrivals("192.0.2.1", now, 10 * AT_ONCE), 10 * AT_ONCE);
}

Test(peers, that_arrivals_are_refused_is_told_once_until_it_has_ceased_for_a_minute)
{
    cr_assert(peers_arrivals_begin(peers, now));
    for (int second = 1; second < 300; second++)
        cr_assert_not(peers_arrivals_begin(peers, now + second * SECOND));
    cr_assert_not(peers_arrivals_begin(peers, now + 358 * SECOND));
    cr_assert(peers_arrivals_begin(peers, now + 418 * SECOND));
}
