/* SPDX-License-Identifier: Apache-2.0 */
#include "net/peers.h"

#include "base/clock.h"
#include "base/limits.h"
#include "net/token_bucket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CHAINS = 1024, CEASED_S = 60 };

struct peer {
    struct peer *next; /* of its chain */
    uint64_t owner;
    _Atomic unsigned connections; /* changed under the lock */
    bool trusted;
};

struct peers {
    struct peers_options options;
    struct token_buckets *arrivals; /* NULL: no limit */
    _Atomic int64_t refused_at;     /* when an arrival was last refused; 0: never */
    pthread_mutex_t lock;           /* for a few dozen instructions, when a connection comes or goes */
    unsigned connections;           /* the sum of all peers' */
    struct peer *chains[CHAINS];
};

struct peers *peers_create(const struct peers_options *options)
{
    struct peers *p = calloc(1, sizeof *p);
    if (p == NULL || pthread_mutex_init(&p->lock, NULL) != 0)
        abort();
    p->options = *options;
    if (options->arrivals == 0)
        return p;
    p->arrivals = token_buckets_create(BUCKET_ADDRESSES_MAX, (uint64_t)options->arrivals * ARRIVALS_SECONDS,
                                       ARRIVALS_SECONDS * SECOND);
    if (p->arrivals == NULL)
        abort();
    return p;
}

/* ---- connections ---- */

static struct peer **peer_slot(struct peers *p, uint64_t owner)
{
    struct peer **slot = &p->chains[owner % CHAINS];
    while (*slot != NULL && (*slot)->owner != owner)
        slot = &(*slot)->next;
    return slot;
}

static struct peer *peer_create(struct peer **slot, uint64_t owner, bool trusted)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        abort(); /* as libh2o does */
    peer->owner = owner;
    peer->trusted = trusted;
    *slot = peer;
    return peer;
}

static enum peers_answer add(struct peers *p, uint64_t owner, bool trusted, bool anyway,
                             struct peer **ret_peer)
{
    struct peer **slot = peer_slot(p, owner), *peer = *slot;
    if (!trusted && peer != NULL && peer->connections >= p->options.connections_per_address)
        return PEERS_ADDRESS_FULL;
    if (!anyway && p->connections >= p->options.connections_max)
        return PEERS_FULL;
    if (peer == NULL)
        peer = peer_create(slot, owner, trusted);
    peer->connections++;
    p->connections++;
    *ret_peer = peer;
    return PEERS_ADDED;
}

enum peers_answer peers_add(struct peers *p, const struct sockaddr *address, int64_t now, bool anyway,
                            struct peer **ret_peer)
{
    uint64_t owner = networks_owner(p->options.networks, address);
    bool trusted = networks_trust(p->options.networks, address);
    if (p->arrivals != NULL && !trusted && !anyway &&
        !token_buckets_take(p->arrivals, owner, 1, now, &(struct token_bucket_state){0}))
        return PEERS_ARRIVALS;
    pthread_mutex_lock(&p->lock);
    enum peers_answer answer = add(p, owner, trusted, anyway, ret_peer);
    pthread_mutex_unlock(&p->lock);
    return answer;
}

void peers_remove(struct peers *p, struct peer *peer)
{
    pthread_mutex_lock(&p->lock);
    p->connections--;
    if (--peer->connections == 0) {
        *peer_slot(p, peer->owner) = peer->next;
        free(peer);
    }
    pthread_mutex_unlock(&p->lock);
}

unsigned peer_connections(const struct peer *peer)
{
    return peer->connections;
}

/* ---- arrivals ---- */

void peers_fine(struct peers *p, const struct peer *peer, enum peer_cost cost, int64_t now)
{
    /* A share of a second, whatever the limit: so many a second are what an address may cost us. */
    unsigned share = cost == PEER_FLOOD ? FLOODS_PER_SECOND : HANDSHAKES_PER_SECOND;
    if (p->arrivals != NULL && !peer->trusted)
        token_buckets_fine(p->arrivals, peer->owner, (p->options.arrivals + share - 1) / share, now);
}

void peers_arrival_return(struct peers *p, const struct peer *peer, int64_t now)
{
    if (p->arrivals != NULL && !peer->trusted)
        token_buckets_give(p->arrivals, peer->owner, 1, now);
}

bool peers_arrivals_begin(struct peers *p, int64_t now)
{
    int64_t before = atomic_exchange(&p->refused_at, now);
    return before == 0 || now - before >= CEASED_S * SECOND;
}
