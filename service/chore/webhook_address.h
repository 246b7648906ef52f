/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "net/networks.h"

/* Where a webhook may be. What a policy says is a stranger's word to whoever runs the service: it must not
 * make it speak to machines that only this one reaches, such as the metadata service of a cloud. */

/* Whether an address is one of the public internet (IANA's special-purpose registries): not private, not of
 * this machine or link, not shared (CGNAT), not for documentation, not multicast; no IPv4 within IPv6
 * (mapped, NAT64, 6to4, Teredo). */
bool webhook_address_is_public(const struct sockaddr *address);
/* Whether a connection may be made to it: one that the operator allowed (AKKOORD_WEBHOOK_ALLOW), in clear
 * text too; else a public one over TLS. */
bool webhook_address_allowed(const struct networks *allow, const struct sockaddr *address, bool is_clear);
