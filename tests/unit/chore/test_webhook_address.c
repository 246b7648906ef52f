/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/webhook_address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage storage = {.ss_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
    void *at = storage.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&storage)->sin6_addr
                                             : (void *)&((struct sockaddr_in *)&storage)->sin_addr;
    cr_assert_eq(inet_pton(storage.ss_family, text, at), 1, "%s", text);
    return storage;
}

static bool is_public(const char *text)
{
    struct sockaddr_storage address = address_of(text);
    return webhook_address_is_public((const struct sockaddr *)&address);
}

static bool is_allowed(const char *allow, const char *text, bool is_clear)
{
    struct networks *networks = networks_create(allow);
    struct sockaddr_storage address = address_of(text);
    bool allowed = webhook_address_allowed(networks, (const struct sockaddr *)&address, is_clear);
    networks_destroy(networks);
    return allowed;
}

Test(webhook_address, what_only_this_machine_reaches_is_not_public)
{
    static const char *const special[] = {"0.0.0.0",
                                          "0.1.2.3",
                                          "10.0.0.1",
                                          "10.255.255.255",
                                          "100.64.0.1",
                                          "100.127.255.255",
                                          "127.0.0.1",
                                          "127.255.255.255",
                                          "169.254.169.254",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.0.0.1",
                                          "192.0.2.1",
                                          "192.88.99.1",
                                          "192.168.0.1",
                                          "198.18.0.1",
                                          "198.19.255.255",
                                          "198.51.100.1",
                                          "203.0.113.1",
                                          "224.0.0.1",
                                          "239.255.255.255",
                                          "240.0.0.1",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "::ffff:8.8.8.8",
                                          "::ffff:127.0.0.1",
                                          "::8.8.8.8",
                                          "64:ff9b::8.8.8.8",
                                          "64:ff9b:1::1",
                                          "100::1",
                                          "2001::1",
                                          "2001:2::1",
                                          "2001:1ff::1",
                                          "2001:db8::1",
                                          "2002:808:808::1",
                                          "3fff::1",
                                          "3fff:fff::1",
                                          "5f00::1",
                                          "fc00::1",
                                          "fd12::1",
                                          "fe80::1",
                                          "fec0::1",
                                          "ff02::1"};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        cr_expect_not(is_public(special[i]), "%s", special[i]);
}

Test(webhook_address, their_neighbours_are)
{
    static const char *const public[] = {
        "1.0.0.0",     "9.255.255.255", "11.0.0.0",        "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0",   "169.253.0.1",   "169.255.0.1",     "172.15.255.255", "172.32.0.0",  "192.0.1.0",
        "192.0.3.0",   "192.167.0.1",   "192.169.0.1",     "198.17.255.255", "198.20.0.0",  "198.51.101.0",
        "203.0.112.1", "203.0.114.0",   "223.255.255.255", "2000::1",        "2001:200::1", "2001:db7::1",
        "2001:db9::1", "2003::1",       "2606:4700::1",    "3ffe::1",        "3fff:1000::1"};
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        cr_expect(is_public(public[i]), "%s", public[i]);
}

Test(webhook_address, the_operator_allows_what_is_not_public_and_clear_text)
{
    cr_expect(is_allowed("", "8.8.8.8", false));
    cr_expect_not(is_allowed("", "8.8.8.8", true), "clear text to anybody");
    cr_expect_not(is_allowed("", "127.0.0.1", false));
    cr_expect(is_allowed("127.0.0.1,10.1.0.0/16", "127.0.0.1", true));
    cr_expect(is_allowed("127.0.0.1,10.1.0.0/16", "10.1.2.3", false));
    cr_expect_not(is_allowed("127.0.0.1,10.1.0.0/16", "10.2.0.1", false));
    cr_expect(is_allowed("127.0.0.1", "::ffff:127.0.0.1", true), "IPv4 in IPv6 is that IPv4");
    cr_expect_not(is_allowed("10.1.0.0/16", "64:ff9b::10.1.2.3", false));
}
