/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "net/networks.h"

#include <h2o.h>
#include <sys/socket.h>

/* Whose address is behind a request: the peer's, or, where that is a trusted proxy, whom it names in
 * `Forwarded` (RFC 7239) or in `X-Forwarded-For`: the last that is no trusted proxy itself. What stands
 * before it anybody may have written. Where the two fields disagree it is the proxy's own: it wrote one, its
 * client the other, and nobody knows which. */
void client_address_of(const struct networks *networks, const h2o_req_t *req,
                       struct sockaddr_storage *ret_address);
