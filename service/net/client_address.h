/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "net/door.h"

#include <h2o.h>
#include <sys/socket.h>

/* Whose address is behind a request: the peer's, or, where that is a trusted proxy, whom it names in `Forwarded` (RFC 7239) or in
 * `X-Forwarded-For`: the last who is no trusted proxy himself. What stands before him anybody may have written. Where the two fields
 * disagree it is the proxy's own: it wrote one, its client the other, and nobody knows which. */
void client_address_of(const struct door *door, const h2o_req_t *req, struct sockaddr_storage *ret_address);
