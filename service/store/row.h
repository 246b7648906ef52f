/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

/* Values of a binary result. A NULL reads as false, 0, INSTANT_NONE, the nil UUID or NULL; ask
 * row_is_null where that matters. */
bool row_is_null(const PGresult *rows, int row, int column);
bool row_bool(const PGresult *rows, int row, int column);
int16_t row_int2(const PGresult *rows, int row, int column);
int32_t row_int4(const PGresult *rows, int row, int column);
int64_t row_int8(const PGresult *rows, int row, int column);
instant row_instant(const PGresult *rows, int row, int column); /* timestamptz */
void row_uuid(const PGresult *rows, int row, int column, uint8_t ret_uuid[UUID_SIZE]);
/* Points into ${rows}; followed by a NUL. */
const char *row_bytes(const PGresult *rows, int row, int column, size_t *ret_len);
/* A fresh copy, NULL for NULL or when memory ran out. */
char *row_text(const PGresult *rows, int row, int column);
/* The numbers of an int8[], one behind the other whatever its dimensions, for the caller to free; NULL and 0
 * for NULL and where there are none. Returns -1 when memory ran out. */
int row_int8_array(const PGresult *rows, int row, int column, int64_t **ret_numbers, size_t *ret_count);
