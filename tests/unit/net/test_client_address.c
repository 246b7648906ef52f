/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client_address.h"

#include "address.h"

#include <string.h>

enum { FIELDS_MAX = 4 };

static struct networks *networks;
static const char *peer_text;
static h2o_header_t fields[FIELDS_MAX];
static size_t field_count;

static void make(void)
{
    networks = networks_create("192.0.2.0/24,2001:db8:f::/48");
    field_count = 0;
}

TestSuite(client_address, .init = make);

static socklen_t peer_give(h2o_conn_t *conn, struct sockaddr *ret_address)
{
    (void)conn;
    struct sockaddr *peer = at(peer_text);
    socklen_t len = peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    memcpy(ret_address, peer, len);
    return len;
}

static void field(const char *name, const char *value)
{
    static h2o_iovec_t names[FIELDS_MAX];
    const h2o_token_t *token = h2o_lookup_token(name, strlen(name));
    names[field_count] = h2o_iovec_init(name, strlen(name));
    fields[field_count] =
        (h2o_header_t){.name = token != NULL ? (h2o_iovec_t *)&token->buf : &names[field_count],
                       .value = h2o_iovec_init(value, strlen(value))};
    field_count++;
}

/* Whose address a request from ${peer} has, with the fields given before. */
static const char *client(const char *peer)
{
    static const h2o_conn_callbacks_t callbacks = {.get_peername = peer_give};
    static char text[INET6_ADDRSTRLEN];
    h2o_conn_t conn = {.callbacks = &callbacks};
    h2o_req_t req = {.conn = &conn, .headers = {fields, field_count, field_count}};
    struct sockaddr_storage address;
    peer_text = peer;
    client_address_of(networks, &req, &address);
    const void *bytes = address.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                                                      : (void *)&((struct sockaddr_in *)&address)->sin_addr;
    return inet_ntop(address.ss_family, bytes, text, sizeof text);
}

Test(client_address, a_stranger_is_not_believed)
{
    field("x-forwarded-for", "203.0.113.7");
    field("forwarded", "for=203.0.113.7");
    cr_assert_str_eq(client("198.51.100.1"), "198.51.100.1");
}

Test(client_address, a_trusted_proxy_is)
{
    cr_assert_str_eq(client("192.0.2.1"), "192.0.2.1", "it names nobody: it is its own");
    field("x-forwarded-for", "203.0.113.7");
    cr_assert_str_eq(client("192.0.2.1"), "203.0.113.7");
    cr_assert_str_eq(client("2001:db8:f::1"), "203.0.113.7");
}

Test(client_address, what_stands_before_the_last_stranger_anybody_may_have_written)
{
    field("x-forwarded-for", "10.0.0.1, 203.0.113.7");
    field("x-forwarded-for", "192.0.2.9");
    cr_assert_str_eq(client("192.0.2.1"), "203.0.113.7");
}

Test(client_address, forwarded_has_its_forms)
{
    static const char *const forms[] = {"for=\"[2001:db8::7]:4711\"", "for=\"[2001:db8::7]\"",
                                        "proto=https;For=\"[2001:db8::7]\";by=192.0.2.1",
                                        "for=203.0.113.7;host=\"a,b;c\", for=\"[2001:db8::7]\";proto=http"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        field_count = 0;
        field("forwarded", forms[i]);
        cr_assert_str_eq(client("192.0.2.1"), "2001:db8::7", "%s", forms[i]);
    }
}

/* RFC 7239, 6.3: what cannot be read is a hop nobody knows, and all before it are as unknown. */
Test(client_address, who_hides_is_the_proxy_that_hid_them)
{
    field("forwarded", "for=203.0.113.7, for=_hidden, for=192.0.2.9");
    cr_assert_str_eq(client("192.0.2.1"), "192.0.2.9");
    field_count = 0;
    field("forwarded", "for=unknown");
    cr_assert_str_eq(client("192.0.2.1"), "192.0.2.1");
}

Test(client_address, where_two_fields_disagree_it_is_the_proxy)
{
    field("x-forwarded-for", "203.0.113.7");
    field("forwarded", "for=203.0.113.7");
    cr_assert_str_eq(client("192.0.2.1"), "203.0.113.7");
    field("forwarded", "for=203.0.113.8");
    cr_assert_str_eq(client("192.0.2.1"), "192.0.2.1");
}

Test(client_address, no_more_than_sixteen_proxies_are_walked)
{
    field("x-forwarded-for",
          "203.0.113.7,192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5,192.0.2.6,192.0.2.7,"
          "192.0.2.8,192.0.2.9,192.0.2.10,192.0.2.11,192.0.2.12,192.0.2.13,192.0.2.14,192.0.2.15,"
          "192.0.2.16");
    cr_assert_str_eq(client("192.0.2.99"), "192.0.2.1");
}
