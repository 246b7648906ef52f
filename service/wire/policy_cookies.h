/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "wire/reader.h"

/* What a visitor may know: the cookies of a site, out of the controller's policy document. */

/* One answer. ${document} was applied, so it has no fault. */
struct cookie_list {
    struct reader *document;
    int32_t version;      /* of the policy */
    const char *language; /* asked for: any text, or NULL; one that is not spoken is the first */
};

/* Appends one JSON object. */
void cookie_list_json(const struct cookie_list *l, struct buf *out);
/* Appends a whole HTML page with one table. No text of the document can end up as
 * markup, and no script is in it. */
void cookie_list_html(const struct cookie_list *l, struct buf *out);
