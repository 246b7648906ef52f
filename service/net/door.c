/* SPDX-License-Identifier: Apache-2.0 */
#include "net/door.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "config/config.h"
#include "net/token_bucket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CHAINS = 1024 };

struct peer {
    struct peer *next; /* of its chain */
    uint64_t owner;
    _Atomic unsigned connections; /* changed under the door's lock */
    bool trusted;
};

struct door {
    struct hash_key key;
    unsigned connections_max, connections_per_address;
    struct network *trusted;
    size_t trusted_count;
    struct token_buckets *arrivals;
    _Atomic size_t bodies, answers; /* bytes */
    pthread_mutex_t lock;           /* for a few dozen instructions, when a connection comes or goes */
    unsigned connections;
    struct peer *chains[CHAINS];
};

static void trusted_read(struct door *door, const char *list)
{
    struct network network;
    for (const char *cursor = list; network_next(&cursor, &network);)
        door->trusted_count++;
    door->trusted = calloc(door->trusted_count + 1, sizeof *door->trusted);
    if (door->trusted == NULL)
        abort();
    for (size_t i = 0; i < door->trusted_count; i++)
        network_next(&list, &door->trusted[i]);
}

struct door *door_create(const struct door_options *options)
{
    struct door *door = calloc(1, sizeof *door);
    if (door == NULL)
        abort();
    door->key = hash_key_make();
    door->connections_max = options->connections_max;
    door->connections_per_address = options->connections_per_address;
    trusted_read(door, options->trusted_proxies);
    door->arrivals =
        token_buckets_create(BUCKET_ADDRESSES_MAX, ARRIVALS_MAX, ARRIVALS_MAX / ARRIVALS_PER_SECOND * SECOND);
    if (door->arrivals == NULL || pthread_mutex_init(&door->lock, NULL) != 0)
        abort();
    return door;
}

/* ---- addresses ---- */

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

uint64_t door_owner(const struct door *door, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    return hash_keyed(&door->key, plain.bytes, plain.v6 ? 8 : 4);
}

bool door_trusts(const struct door *door, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    for (size_t i = 0; i < door->trusted_count; i++) {
        if (network_has(&door->trusted[i], &plain))
            return true;
    }
    return false;
}

/* ---- connections ---- */

static struct peer **peer_slot(struct door *door, uint64_t owner)
{
    struct peer **slot = &door->chains[owner % CHAINS];
    while (*slot != NULL && (*slot)->owner != owner)
        slot = &(*slot)->next;
    return slot;
}

static struct peer *peer_add(struct peer **slot, uint64_t owner, bool trusted)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        abort(); /* as libh2o does */
    peer->owner = owner;
    peer->trusted = trusted;
    *slot = peer;
    return peer;
}

static enum door_answer enter(struct door *door, uint64_t owner, bool trusted, bool anyway,
                              struct peer **ret_peer)
{
    struct peer **slot = peer_slot(door, owner), *peer = *slot;
    if (!trusted && peer != NULL && peer->connections >= door->connections_per_address)
        return DOOR_ADDRESS_FULL;
    if (!anyway && door->connections >= door->connections_max)
        return DOOR_FULL;
    if (peer == NULL)
        peer = peer_add(slot, owner, trusted);
    peer->connections++;
    door->connections++;
    *ret_peer = peer;
    return DOOR_OPEN;
}

enum door_answer door_enter(struct door *door, const struct sockaddr *address, int64_t now, bool anyway,
                            struct peer **ret_peer)
{
    uint64_t owner = door_owner(door, address);
    bool trusted = door_trusts(door, address);
    struct token_bucket_state ignored;
    if (!trusted && !anyway && !token_buckets_take(door->arrivals, owner, 1, now, &ignored))
        return DOOR_TOO_FAST;
    pthread_mutex_lock(&door->lock);
    enum door_answer answer = enter(door, owner, trusted, anyway, ret_peer);
    pthread_mutex_unlock(&door->lock);
    return answer;
}

void door_leave(struct door *door, struct peer *peer)
{
    pthread_mutex_lock(&door->lock);
    door->connections--;
    if (--peer->connections == 0) {
        *peer_slot(door, peer->owner) = peer->next;
        free(peer);
    }
    pthread_mutex_unlock(&door->lock);
}

void door_fine(struct door *door, const struct peer *peer, unsigned arrivals, int64_t now)
{
    if (!peer->trusted)
        token_buckets_fine(door->arrivals, peer->owner, arrivals, now);
}

unsigned peer_connections(const struct peer *peer)
{
    return peer->connections;
}

/* ---- bodies and answers ---- */

static bool hold(_Atomic size_t *held, size_t bytes, size_t max)
{
    if (atomic_fetch_add_explicit(held, bytes, memory_order_relaxed) + bytes <= max)
        return true;
    atomic_fetch_sub_explicit(held, bytes, memory_order_relaxed);
    return false;
}

bool door_hold(struct door *door, size_t bytes)
{
    return hold(&door->bodies, bytes, BODIES_BYTES_MAX);
}

void door_release(struct door *door, size_t bytes)
{
    atomic_fetch_sub_explicit(&door->bodies, bytes, memory_order_relaxed);
}

bool door_answer_hold(struct door *door, size_t bytes, bool anyway)
{
    return hold(&door->answers, bytes, anyway ? SIZE_MAX : ANSWERS_BYTES_MAX);
}

void door_answer_release(struct door *door, size_t bytes)
{
    atomic_fetch_sub_explicit(&door->answers, bytes, memory_order_relaxed);
}
