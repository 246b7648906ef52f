/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"
#include "domain/duration.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

/* PostgreSQL counts its microseconds from 2000-01-01. */
#define EPOCH_2000 (INT64_C(946684800) * SECOND)

/* Values of a binary result. A NULL reads as false, 0, INSTANT_NONE, the nil UUID or NULL; ask
 * row_is_null where that matters. */
bool row_is_null(const PGresult *rows, int row, int column);
bool row_bool(const PGresult *rows, int row, int column);
int16_t row_int2(const PGresult *rows, int row, int column);
int32_t row_int4(const PGresult *rows, int row, int column);
int64_t row_int8(const PGresult *rows, int row, int column);
instant row_instant(const PGresult *rows, int row, int column);          /* timestamptz */
struct duration row_interval(const PGresult *rows, int row, int column); /* whole seconds; NULL: none */
void row_uuid(const PGresult *rows, int row, int column, uint8_t ret_uuid[UUID_SIZE]);
/* Points into ${rows}; followed by a NUL. */
const char *row_bytes(const PGresult *rows, int row, int column, size_t *ret_len);
/* A fresh copy, NULL for NULL or when memory ran out. */
char *row_text(const PGresult *rows, int row, int column);
/* The numbers of an int8[], one behind the other whatever its dimensions, for the caller to free; NULL and 0
 * for NULL and where there are none. Returns -1 when memory ran out. */
int row_int8_array(const PGresult *rows, int row, int column, int64_t **ret_numbers, size_t *ret_count);
/* Whom a row names, by their tags, one behind the other, and a byte of each one's type; of tags that are gone
 * nobody is left. */
struct person;
void row_person(const PGresult *rows, int row, int tags, int types, struct person *ret_person);
