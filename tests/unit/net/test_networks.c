/* SPDX-License-Identifier: Apache-2.0 */
#include "net/networks.h"

#include "address.h"

static struct networks *networks;

static void make(void)
{
    networks = networks_create("192.0.2.64/27, 2001:db8:1::/48");
}

TestSuite(networks, .init = make);

static uint64_t owner(const char *address)
{
    return networks_owner(networks, at(address));
}

Test(networks, they_end_where_their_prefix_says)
{
    cr_assert(networks_trust(networks, at("192.0.2.64")));
    cr_assert(networks_trust(networks, at("192.0.2.95")));
    cr_assert_not(networks_trust(networks, at("192.0.2.63")));
    cr_assert_not(networks_trust(networks, at("192.0.2.96")));
    cr_assert(networks_trust(networks, at("2001:db8:1:ffff::1")));
    cr_assert_not(networks_trust(networks, at("2001:db8:2::1")));
    cr_assert(networks_trust(networks, at("::ffff:192.0.2.64")));
}

Test(networks, nobody_is_trusted_where_none_is_named)
{
    static struct networks *none;
    none = networks_create("");
    cr_assert_not(networks_trust(none, at("0.0.0.0")));
    cr_assert_not(networks_trust(none, at("::")));
}

Test(networks, an_owner_is_an_ipv4_address_or_a_64_of_ipv6)
{
    cr_assert_eq(owner("192.0.2.1"), owner("::ffff:192.0.2.1"));
    cr_assert_neq(owner("192.0.2.1"), owner("192.0.2.2"));
    cr_assert_eq(owner("2001:db8::1"), owner("2001:db8::ffff:2"));
    cr_assert_neq(owner("2001:db8::1"), owner("2001:db8:0:1::1"));
}

/* A client must not be able to work out whose bucket it shares. */
Test(networks, each_process_has_a_key_of_its_own)
{
    static struct networks *other;
    other = networks_create("");
    cr_assert_neq(owner("192.0.2.1"), networks_owner(other, at("192.0.2.1")));
}
