/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/params.h"
#include "store/record.h"

#include <libpq-fe.h>

/* What the files that record share. Each takes record_jobs as a batch has them. Nobody else includes this. */

/* The parameters that come first: the controller, and one element a request. */
void record_bind_requests(const struct sent *batch, size_t count, struct params *params);
/* Whether the acts may be recorded by one statement (sql/function/record_apart.sql). */
bool record_is_apart(const struct sent *batch, size_t count);
/* Which acts are copies, and of what: four parameters (sql/function/record_imports.sql). */
void record_bind_copies(const struct sent *batch, size_t count, struct params *params);
/* The acts, one parameter each member. Forgets earlier answers. */
void record_bind_acts(const struct sent *batch, size_t count, struct params *params);
/* Takes the rows into the jobs. */
void record_take(const struct sent *batch, size_t count, const PGresult *rows);
/* The act a row tells of, among those of the batch; -1: of none. */
int32_t record_row_act(const PGresult *rows, int row);
