/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "net/networks.h"

/* Connections, counted in all and per address (IPv4, IPv6 /64), and how fast an address may open new ones,
 * for all threads of a process. A trusted proxy speaks for many clients: only what counts for all holds it.
 * Thread-safe. */
struct peers;
/* An address that has connections. */
struct peer;

/* ${networks} must outlive the peers. */
struct peers_options {
    unsigned connections_max;
    unsigned connections_per_address;
    unsigned arrivals; /* new connections of one address a second; 0: no limit */
    const struct networks *networks;
};

enum peers_answer {
    PEERS_ADDED,
    PEERS_FULL,         /* as many connections as there may be */
    PEERS_ADDRESS_FULL, /* ... of this address */
    PEERS_ARRIVALS      /* too many new ones of this address lately */
};

/* What a connection cost beyond its own arrival. */
enum peer_cost {
    PEER_FLOOD,    /* it had to be shut for what it sent */
    PEER_HANDSHAKE /* TLS, and no request came */
};

/* Aborts when memory has run out: it is called at start-up only. */
struct peers *peers_create(const struct peers_options *options);

/* A connection from ${address}. At PEERS_ADDED ${ret_peer} is what peers_remove wants. ${now} is
 * clock_monotonic. ${anyway}: after PEERS_FULL, another one is about to leave for it. */
enum peers_answer peers_add(struct peers *p, const struct sockaddr *address, int64_t now, bool anyway,
                            struct peer **ret_peer);
void peers_remove(struct peers *p, struct peer *peer);
/* Connections that this address has now. */
unsigned peer_connections(const struct peer *peer);

/* A connection of this address cost more than it should: it counts as several new ones, and the address may
 * come back less often. */
void peers_fine(struct peers *p, const struct peer *peer, enum peer_cost cost, int64_t now);
/* A connection of this address does not count as a new one after all. */
void peers_arrival_return(struct peers *p, const struct peer *peer, int64_t now);
/* After PEERS_ARRIVALS: whether the operator is to be told, which is once until none was refused for a
 * minute. */
bool peers_arrivals_begin(struct peers *p, int64_t now);
