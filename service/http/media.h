/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <h2o.h>
#include <stdbool.h>

/* What a route takes as a body. */
enum media {
    MEDIA_NONE,
    MEDIA_JSON,
    MEDIA_JSON_OR_NONE, /* JSON, or no body at all, whatever that is called; known when it has come */
    MEDIA_NDJSON,
    MEDIA_MASKABLE,
    MEDIA_RECORDS, /* one in JSON, or a line each */
    MEDIA_ANY      /* the handler says */
};

/* Whether it has a Content-Encoding (RFC 9110, 8.4). None is taken, whether there is a body or not. */
bool media_is_encoded(const h2o_req_t *req);
/* What its client is told then. */
extern const char media_encoded[];
/* Whether Content-Type is one of ${media}, in UTF-8 and not encoded. MEDIA_NONE takes
 * no body: whatever it is called. */
bool media_fits(const h2o_req_t *req, enum media media);
/* Whether a Content-Type that fits says newline-delimited JSON. */
bool media_is_lines(h2o_iovec_t type);
/* The weight that a header Accept gives ${type} by name, in thousandths; 0 where it does not name it. */
int media_weight(h2o_iovec_t accept, const char *type);
/* The weight that a header Accept-Encoding gives ${coding}, by name or else by `*`, in thousandths; -1 where
 * it does neither. */
int coding_weight(h2o_iovec_t accept, const char *coding);
