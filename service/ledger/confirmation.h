/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/link.h"
#include "domain/policy.h"
#include "store/record.h"

/* The link that confirms a double opt-in. It names the requests, one behind the other, of one person, out of
 * one body; what they are of, and whether they wait, the ledger knows. */

/* Requests of one token: no purpose is in it twice. */
enum { CONFIRM_MAX = POLICY_PURPOSES_MAX };

enum { CONFIRM_URL_MAX = 1024 };
/* Writes the link's URL; its token is what stands behind the last slash. Returns -1 when libcrypto failed or
 * there is no room. */
int confirmation_url(const struct link_keys *keys, const char *public_url, int32_t controller_id,
                     const struct confirmation *c, instant expires, char *ret_url, size_t size);
/* Opens a token of that controller's. Returns -1 where it is none. */
int confirmation_open(const struct link_keys *keys, int32_t controller_id, const char *token, size_t len,
                      struct confirmation *ret_confirmation);
