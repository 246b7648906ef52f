/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/worker.h"
#include "store/site_count.h"

/* What one thread has counted of the banners, until it is written down: every SITE_COUNTS_EVERY_MS, many
 * in one statement. A process that is killed loses those of its last moments. */
struct site_counts;

struct site_counts *site_counts_create(struct worker *worker);
/* After the lanes, which answer what is on its way. */
void site_counts_destroy(struct site_counts *all);

/* One more. ${notice} NULL: of words that are not known. Where more is counted at a time than there is
 * room for, it is left out. */
void site_counts_add(struct site_counts *all, int32_t controller_id, const struct policy *policy,
                     const uint8_t notice[NOTICE_HASH_SIZE], enum site_counted kind);
