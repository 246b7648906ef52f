/* SPDX-License-Identifier: Apache-2.0 */
#include "http/gate.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "config.h"
#include "http/quota.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CHAINS = 1024 };

struct peer {
    struct peer *next; /* of its chain */
    uint64_t owner;
    _Atomic unsigned connections; /* changed under the gate's lock */
    bool trusted;
};

struct gate {
    struct hash_key key;
    unsigned connections_max, connections_per_address;
    struct network *trusted;
    size_t trusted_count;
    struct quota *arrivals;
    _Atomic size_t bodies, answers; /* bytes */
    pthread_mutex_t lock;           /* for a few dozen instructions, when a connection comes or goes */
    unsigned connections;
    struct peer *chains[CHAINS];
};

static void trusted_read(struct gate *gate, const char *list)
{
    struct network network;
    for (const char *cursor = list; network_next(&cursor, &network);)
        gate->trusted_count++;
    gate->trusted = calloc(gate->trusted_count + 1, sizeof *gate->trusted);
    if (gate->trusted == NULL)
        abort();
    for (size_t i = 0; i < gate->trusted_count; i++)
        network_next(&list, &gate->trusted[i]);
}

struct gate *gate_create(const struct gate_options *options)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        abort();
    gate->key = hash_key_make();
    gate->connections_max = options->connections_max;
    gate->connections_per_address = options->connections_per_address;
    trusted_read(gate, options->trusted_proxies);
    gate->arrivals =
        quota_create(QUOTA_ADDRESSES_MAX, ARRIVALS_MAX, ARRIVALS_MAX / ARRIVALS_PER_SECOND * SECOND);
    if (gate->arrivals == NULL || pthread_mutex_init(&gate->lock, NULL) != 0)
        abort();
    return gate;
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

uint64_t gate_owner(const struct gate *gate, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    return hash_keyed(&gate->key, plain.bytes, plain.v6 ? 8 : 4);
}

bool gate_trusts(const struct gate *gate, const struct sockaddr *address)
{
    struct plain plain = plain_of(address);
    for (size_t i = 0; i < gate->trusted_count; i++) {
        if (network_has(&gate->trusted[i], &plain))
            return true;
    }
    return false;
}

/* ---- connections ---- */

static struct peer **peer_slot(struct gate *gate, uint64_t owner)
{
    struct peer **slot = &gate->chains[owner % CHAINS];
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

static enum gate_answer enter(struct gate *gate, uint64_t owner, bool trusted, bool anyway,
                              struct peer **ret_peer)
{
    struct peer **slot = peer_slot(gate, owner), *peer = *slot;
    if (!trusted && peer != NULL && peer->connections >= gate->connections_per_address)
        return GATE_ADDRESS_FULL;
    if (!anyway && gate->connections >= gate->connections_max)
        return GATE_FULL;
    if (peer == NULL)
        peer = peer_add(slot, owner, trusted);
    peer->connections++;
    gate->connections++;
    *ret_peer = peer;
    return GATE_OPEN;
}

enum gate_answer gate_enter(struct gate *gate, const struct sockaddr *address, int64_t now, bool anyway,
                            struct peer **ret_peer)
{
    uint64_t owner = gate_owner(gate, address);
    bool trusted = gate_trusts(gate, address);
    struct quota_state ignored;
    if (!trusted && !anyway && !quota_take(gate->arrivals, owner, 1, now, &ignored))
        return GATE_TOO_FAST;
    pthread_mutex_lock(&gate->lock);
    enum gate_answer answer = enter(gate, owner, trusted, anyway, ret_peer);
    pthread_mutex_unlock(&gate->lock);
    return answer;
}

void gate_leave(struct gate *gate, struct peer *peer)
{
    pthread_mutex_lock(&gate->lock);
    gate->connections--;
    if (--peer->connections == 0) {
        *peer_slot(gate, peer->owner) = peer->next;
        free(peer);
    }
    pthread_mutex_unlock(&gate->lock);
}

void gate_fine(struct gate *gate, const struct peer *peer, int64_t now)
{
    if (!peer->trusted)
        quota_fine(gate->arrivals, peer->owner, ARRIVALS_PER_FLOOD, now);
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

bool gate_hold(struct gate *gate, size_t bytes)
{
    return hold(&gate->bodies, bytes, BODIES_BYTES_MAX);
}

void gate_release(struct gate *gate, size_t bytes)
{
    atomic_fetch_sub_explicit(&gate->bodies, bytes, memory_order_relaxed);
}

bool gate_answer_hold(struct gate *gate, size_t bytes, bool anyway)
{
    return hold(&gate->answers, bytes, anyway ? SIZE_MAX : ANSWERS_BYTES_MAX);
}

void gate_answer_release(struct gate *gate, size_t bytes)
{
    atomic_fetch_sub_explicit(&gate->answers, bytes, memory_order_relaxed);
}
