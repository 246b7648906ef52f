/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "store/history.h"
#include "wire/writer.h"

/* A change as whoever follows the ledger is told of it: by GET /v1/changes, and as a recipient of deliveries.
 * Thin: who, which purpose, what stands now, and whom to check again. */
void change_write(struct writer *w, const struct history_job *job, const struct entry *e,
                  const struct controller *c);
