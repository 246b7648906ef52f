/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/webhook_address.h"

#include <stddef.h>
#include <string.h>

struct prefix {
    uint8_t bytes[6];
    uint8_t bits;
};

/* RFC 6890 and the registry that followed it. */
static const struct prefix special_ipv4[] = {
    {{0}, 8},            /* this network */
    {{10}, 8},           /* private */
    {{100, 64}, 10},     /* shared: CGNAT */
    {{127}, 8},          /* loopback */
    {{169, 254}, 16},    /* link-local, and the metadata of clouds */
    {{172, 16}, 12},     /* private */
    {{192, 0, 0}, 24},   /* protocol assignments */
    {{192, 0, 2}, 24},   /* documentation */
    {{192, 88, 99}, 24}, /* 6to4 relays */
    {{192, 168}, 16},    /* private */
    {{198, 18}, 15},     /* benchmarks */
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 3}, /* multicast, reserved, broadcast */
};

/* Of IPv6 only 2000::/3 is given out at all; these are special within. */
static const struct prefix special_ipv6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocol assignments: Teredo, benchmarks, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address within */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool is_in(const uint8_t *address, const struct prefix *p)
{
    size_t whole = p->bits / 8;
    unsigned rest = p->bits % 8;
    return memcmp(address, p->bytes, whole) == 0 &&
           (rest == 0 || (address[whole] ^ p->bytes[whole]) >> (8 - rest) == 0);
}

static bool is_in_any(const uint8_t *address, const struct prefix *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(address, &list[i]))
            return true;
    }
    return false;
}

bool webhook_address_is_public(const struct sockaddr *address)
{
    static const struct prefix given_out = {{0x20}, 3};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return !is_in_any((const uint8_t *)&v4->sin_addr, special_ipv4,
                          sizeof special_ipv4 / sizeof *special_ipv4);
    }
    if (address->sa_family != AF_INET6)
        return false;
    const uint8_t *v6 = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
    return is_in(v6, &given_out) && !is_in_any(v6, special_ipv6, sizeof special_ipv6 / sizeof *special_ipv6);
}

bool webhook_address_allowed(const struct networks *allow, const struct sockaddr *address, bool is_clear)
{
    return networks_trust(allow, address) || (!is_clear && webhook_address_is_public(address));
}
