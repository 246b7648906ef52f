/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Which addresses are trusted proxies, and who is one client to a budget. IPv4 in IPv6 is IPv4 to both. Never
 * changed once made: any thread may ask. */
struct networks;

/* ${trusted_proxies}: networks separated by commas, valid, or "". Aborts when memory has run out: it is
 * called at start-up only. */
struct networks *networks_create(const char *trusted_proxies);

void networks_destroy(struct networks *n);

/* Whether ${address} is one of the trusted proxies. */
bool networks_trust(const struct networks *n, const struct sockaddr *address);
/* The owner of a bucket or of connections: a keyed hash of the address, of IPv6 of its /64. */
uint64_t networks_owner(const struct networks *n, const struct sockaddr *address);
