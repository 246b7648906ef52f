/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/subject_id.h"
#include "store/retention.h"
#include "store/rights.h"
#include "wire/writer.h"

/* A rights-request as JSON: an element of an array, or a whole answer. ${as_of}: by when it may be
 * overdue. */
void rights_request_write(struct writer *w, struct subject_ids *ids, const struct rights_row *r,
                          instant as_of);
/* What is due of what other systems hold, as an element of an array. It stays open: the caller may add to it,
 * and ends it. */
void retention_item_begin(struct writer *w, struct subject_ids *ids, const struct retention_item *i);
/* The error of what an export, an erasure or a restriction says it answers and cannot, with *${ret_detail} in
 * words. ERROR_NONE for RIGHTS_ANSWERED. */
enum error rights_misfit(enum rights_answered answered, const char **ret_detail);
