/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include "base/fault.h"
#include "store/record.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

bool row_is_null(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) != 0;
}

bool row_bool(const PGresult *rows, int row, int column)
{
    return !PQgetisnull(rows, row, column) && *PQgetvalue(rows, row, column) != 0;
}

int16_t row_int2(const PGresult *rows, int row, int column)
{
    uint16_t wire = 0;
    if (PQgetlength(rows, row, column) == (int)sizeof wire)
        memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return (int16_t)be16toh(wire);
}

int32_t row_int4(const PGresult *rows, int row, int column)
{
    uint32_t wire = 0;
    if (PQgetlength(rows, row, column) == (int)sizeof wire)
        memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return (int32_t)be32toh(wire);
}

int64_t row_int8(const PGresult *rows, int row, int column)
{
    uint64_t wire = 0;
    if (PQgetlength(rows, row, column) == (int)sizeof wire)
        memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return (int64_t)be64toh(wire);
}

instant row_instant(const PGresult *rows, int row, int column)
{
    return row_is_null(rows, row, column) ? INSTANT_NONE : row_int8(rows, row, column) + EPOCH_2000;
}

struct duration row_interval(const PGresult *rows, int row, int column)
{
    uint64_t time;
    uint32_t days, months;
    if (PQgetlength(rows, row, column) != sizeof time + sizeof days + sizeof months)
        return (struct duration){0};
    const char *value = PQgetvalue(rows, row, column);
    memcpy(&time, value, sizeof time);
    memcpy(&days, value + sizeof time, sizeof days);
    memcpy(&months, value + sizeof time + sizeof days, sizeof months);
    return (struct duration){.months = (int32_t)be32toh(months),
                             .days = (int32_t)be32toh(days),
                             .seconds = (int64_t)be64toh(time) / SECOND};
}

void row_uuid(const PGresult *rows, int row, int column, uint8_t ret_uuid[UUID_SIZE])
{
    memset(ret_uuid, 0, UUID_SIZE);
    if (PQgetlength(rows, row, column) == UUID_SIZE)
        memcpy(ret_uuid, PQgetvalue(rows, row, column), UUID_SIZE);
}

const char *row_bytes(const PGresult *rows, int row, int column, size_t *ret_len)
{
    *ret_len = (size_t)PQgetlength(rows, row, column);
    return row_is_null(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

char *row_text(const PGresult *rows, int row, int column)
{
    size_t len;
    const char *bytes = row_bytes(rows, row, column, &len);
    return bytes != NULL ? strndup(bytes, len) : NULL;
}

/* As PostgreSQL sends it: 3 words (the first is the number of dimensions) and 2 a dimension, then length and
 * value of each element. */
int row_int8_array(const PGresult *rows, int row, int column, int64_t **ret_numbers, size_t *ret_count)
{
    enum { HEADER = 12, DIMENSION = 8, ELEMENT = 12 };
    size_t len;
    const char *bytes = row_bytes(rows, row, column, &len);
    *ret_numbers = NULL;
    *ret_count = 0;
    if (bytes == NULL || len < HEADER)
        return 0;
    uint32_t dimensions;
    memcpy(&dimensions, bytes, sizeof dimensions);
    size_t first = HEADER + be32toh(dimensions) * (size_t)DIMENSION;
    if (len <= first)
        return 0;
    size_t n = (len - first) / ELEMENT;
    int64_t *numbers = fault_strikes() ? NULL : calloc(n, sizeof *numbers);
    if (numbers == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        uint64_t wire;
        memcpy(&wire, bytes + first + i * ELEMENT + 4, sizeof wire);
        numbers[i] = (int64_t)be64toh(wire);
    }
    *ret_numbers = numbers;
    *ret_count = n;
    return 0;
}

void row_person(const PGresult *rows, int row, int tags, int types, struct person *ret_person)
{
    size_t len, count;
    const char *tag = row_bytes(rows, row, tags, &len), *type = row_bytes(rows, row, types, &count);
    *ret_person = (struct person){.count = 0};
    if (tag == NULL || type == NULL || count > IDENTIFIERS_MAX || len != count * TAG_SIZE)
        return;
    ret_person->count = count;
    for (size_t i = 0; i < count; i++) {
        memcpy(ret_person->tags[i].bytes, tag + i * TAG_SIZE, TAG_SIZE);
        ret_person->types[i] = (uint8_t)type[i];
    }
}
