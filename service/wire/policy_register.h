/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "wire/reader.h"

/* The record of processing activities (GDPR art. 30), out of a controller's policy document: a row for each
 * purpose, and where the controller is a processor one for each client it is done for. */
struct processing_register {
    struct reader *document; /* it was applied, so it has no fault */
    int32_t version;         /* of the policy */
    const char *language;    /* of the texts; NULL: the controller's first */
};

/* Appends one JSON object; what may be several is an array of texts, an unknown text is null. */
void register_json(const struct processing_register *reg, struct buf *out);
/* Appends CSV (RFC 4180) in UTF-8 with a line of names; several values are joined by "; ". A cell that a
 * spreadsheet would take for a formula gets an apostrophe before it. */
void register_csv(const struct processing_register *reg, struct buf *out);
