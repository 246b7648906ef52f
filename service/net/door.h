/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who may come in, and how much all of them may make us hold: connections counted in all and per address (IPv4, IPv6 /64), and the
 * bytes of bodies and answers, for all threads of a process. A trusted proxy speaks for many clients: only what counts for all holds
 * it. Thread-safe. */
struct door;
/* An address that has connections. */
struct peer;

struct door_options {
    unsigned connections_max;
    unsigned connections_per_address;
    const char *trusted_proxies; /* networks separated by commas, or "" */
};

enum door_answer {
    DOOR_OPEN,
    DOOR_FULL,         /* as many connections as there may be */
    DOOR_ADDRESS_FULL, /* ... of this address */
    DOOR_TOO_FAST      /* too many new ones of this address lately */
};

/* Aborts when memory has run out: it is called at start-up only. */
struct door *door_create(const struct door_options *options);

/* A connection from ${address}. At DOOR_OPEN ${ret_peer} is what door_leave wants. ${now} is clock_monotonic. ${anyway}: after
 * DOOR_FULL, another one is about to leave for it. */
enum door_answer door_enter(struct door *door, const struct sockaddr *address, int64_t now, bool anyway,
                            struct peer **ret_peer);
void door_leave(struct door *door, struct peer *peer);
/* A connection of this address cost more than it should: it counts as so many new ones, and the address may come back less often. */
void door_fine(struct door *door, const struct peer *peer, unsigned arrivals, int64_t now);
/* Connections that this address has now. */
unsigned peer_connections(const struct peer *peer);

/* Counts ${bytes} of bodies. Returns false, and counts nothing, when there would be more than BODIES_BYTES_MAX. */
bool door_hold(struct door *door, size_t bytes);
void door_release(struct door *door, size_t bytes);

/* Likewise the bytes of large answers, being made or waiting to be read, up to ANSWERS_BYTES_MAX. ${anyway}: they are counted though there
 * are more. */
bool door_answer_hold(struct door *door, size_t bytes, bool anyway);
void door_answer_release(struct door *door, size_t bytes);

/* A keyed hash of the address, for budgets: of IPv6 its /64, of IPv4 in IPv6 the IPv4 address. */
uint64_t door_owner(const struct door *door, const struct sockaddr *address);
/* Whether ${address} is one of the trusted proxies. */
bool door_trusts(const struct door *door, const struct sockaddr *address);
