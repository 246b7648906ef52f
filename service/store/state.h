/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

#include <libpq-fe.h>

/* A state as a statement answers it: these columns, in this order, wherever they begin. */
enum {
    STATE_PURPOSE,
    STATE_SLOT,
    STATE_RANK,
    STATE_REVISION,
    STATE_VALID_UNTIL,
    STATE_NOTICE,
    STATE_RECORD,
    STATE_FLAGS,
    STATE_COLUMNS
};

/* Reads it from the columns ${first} and on. */
struct state state_of(const PGresult *rows, int row, int first);
