/* SPDX-License-Identifier: Apache-2.0 */
#include "net/networks.h"

#include "base/hash.h"
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

struct networks {
    struct hash_key key;
    size_t count;
    struct network trusted[];
};

void networks_destroy(struct networks *n)
{
    free(n);
}

struct networks *networks_create(const char *trusted_proxies)
{
    struct network network;
    size_t count = 0;
    for (const char *cursor = trusted_proxies; network_next(&cursor, &network);)
        count++;
    struct networks *n = calloc(1, sizeof *n + count * sizeof n->trusted[0]);
    if (n == NULL)
        abort();
    n->key = hash_key_make();
    while (n->count < count && network_next(&trusted_proxies, &n->trusted[n->count]))
        n->count++;
    return n;
}

struct plain {
    bool v6;
    uint8_t bytes[16];
};

/* IPv4 in IPv6 is IPv4. Anything else, such as a Unix socket, is 0.0.0.0: one owner. */
static struct plain plain_of(const struct sockaddr *address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct plain plain = {.v6 = false};
    if (address->sa_family == AF_INET) {
        memcpy(plain.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const uint8_t *bytes = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
        plain.v6 = memcmp(bytes, mapped, sizeof mapped) != 0;
        memcpy(plain.bytes, plain.v6 ? bytes : bytes + 12, plain.v6 ? 16 : 4);
    }
    return plain;
}

static bool network_has(const struct network *n, const struct plain *plain)
{
    size_t whole = n->prefix / 8, rest = n->prefix % 8;
    if (n->v6 != plain->v6 || memcmp(n->bytes, plain->bytes, whole) != 0)
        return false;
    return rest == 0 || (n->bytes[whole] ^ plain->bytes[whole]) >> (8 - rest) == 0;
}

bool networks_trust(const struct networks *n, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    for (size_t i = 0; i < n->count; i++) {
        if (network_has(&n->trusted[i], &plain))
            return true;
    }
    return false;
}

uint64_t networks_owner(const struct networks *n, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    return hash_keyed(&n->key, plain.bytes, plain.v6 ? 8 : 4);
}
