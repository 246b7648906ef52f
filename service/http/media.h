/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <h2o.h>
#include <stdbool.h>

/* What a route takes as a body. */
enum media { MEDIA_NONE, MEDIA_JSON, MEDIA_NDJSON, MEDIA_MASKABLE };

/* Whether it has a Content-Encoding (RFC 9110, 8.4). None is taken, whether there is a body or not. */
bool media_is_encoded(const h2o_req_t *req);
/* What its client is told then. */
extern const char media_encoded[];
/* Whether Content-Type is one of ${media}, in UTF-8 and not encoded. MEDIA_NONE takes
 * no body: whatever it is called. */
bool media_fits(const h2o_req_t *req, enum media media);
