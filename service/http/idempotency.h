/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "store/idempotency.h"

struct tagger;

/* The key in ${field}, bare or quoted: 1 to IDEMPOTENCY_KEY_MAX printable characters.
 * Returns false where it is none. */
bool idempotency_key_parse(h2o_iovec_t field, h2o_iovec_t *ret_key);
/* The header Idempotency-Key, bare or quoted (a structured-field string), as a copy that lives
 * as long as the call; {NULL, 0}: none was sent. Returns false when it is there and is none:
 * the problem has been answered. */
bool idempotency_read(struct call *call, h2o_iovec_t *ret_key);
/* Key and request (path, query and body; while call->req is) as they are kept: they leave no trace but their
 * keyed hashes. Without a key, absent. */
struct idempotency idempotency_of(struct call *call, struct tagger *tagger, h2o_iovec_t key);
/* Likewise of a page's form, whose key says what the form means: two that mean the same are the same,
 * whatever a mail program adds behind the path, and however a browser wraps the fields. */
struct idempotency idempotency_of_page(struct call *call, struct tagger *tagger, h2o_iovec_t key);
