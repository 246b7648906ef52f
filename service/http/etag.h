/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* Answers that a client, or a cache on the way, may keep. */

enum { ETAG_TEXT = 2 * 16 + 2 }; /* half a SHA-256 in hex, quoted */

/* One of a list (RFC 9110, 8.8.3). */
struct etag {
    bool is_weak;
    h2o_iovec_t text; /* with its quotes */
};
/* Cuts the next one off ${list}, which is not empty. Returns false where there is none. */
bool etag_next(h2o_iovec_t *list, struct etag *ret_etag);

/* A strong entity tag out of the content. */
void etag_of_content(const char *bytes, size_t len, char text[ETAG_TEXT + 1]);
/* Whether the client says (If-None-Match) that it has this one. */
bool etag_seen(const struct call *call, const char *etag);

/* Answers ${body} with an entity tag out of its content and that Cache-Control (both static but the body,
 * which is freed), or 304 where the client has it. A buf that failed is ERROR_INTERNAL. Ends the call. */
void call_answer_cacheable(struct call *call, const char *content_type, const char *cache_control,
                           struct buf *body);
