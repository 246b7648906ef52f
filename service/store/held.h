/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

#include <libpq-fe.h>

/* A current state as a statement answers it: these columns, in this order, wherever they begin. */
enum {
    HELD_PURPOSE,
    HELD_SLOT,
    HELD_RANK,
    HELD_REVISION,
    HELD_VALID_UNTIL,
    HELD_NOTICE,
    HELD_RECORD,
    HELD_COLUMNS
};

/* Reads it from the columns ${first} and on. */
struct held held_of(const PGresult *rows, int row, int first);
