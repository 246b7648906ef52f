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

/* Likewise as states_pointed_packed() of SQL has it: the columns without more, in their binary format. */
enum { STATE_BYTES = 4 + 4 + 8 + 8 + 8 + 4 + UUID_SIZE + 2 };
struct state state_unpack(const char bytes[STATE_BYTES]);
/* A slot as it is stored: which, and whose (0: the person's). */
void slot_split(int32_t stored, enum slot *ret_slot, int32_t *ret_guardian);
