/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include "store/row.h"

#include <endian.h>
#include <string.h>

void slot_split(int32_t stored, enum slot *ret_slot, int32_t *ret_guardian)
{
    *ret_slot = (enum slot)(stored % SLOT_COUNT);
    *ret_guardian = stored / SLOT_COUNT;
}

struct state state_of(const PGresult *rows, int row, int first)
{
    struct state s = {.purpose = row_int4(rows, row, first + STATE_PURPOSE),
                      .rank = row_int8(rows, row, first + STATE_RANK),
                      .revision = row_int8(rows, row, first + STATE_REVISION),
                      .valid_until = row_instant(rows, row, first + STATE_VALID_UNTIL),
                      .notice_number = row_int4(rows, row, first + STATE_NOTICE),
                      .flags = (uint16_t)row_int2(rows, row, first + STATE_FLAGS)};
    slot_split(row_int4(rows, row, first + STATE_SLOT), &s.slot, &s.guardian);
    row_uuid(rows, row, first + STATE_RECORD, s.record_id);
    return s;
}

static int32_t int4_unpack(const char **at)
{
    uint32_t wire;
    memcpy(&wire, *at, sizeof wire);
    *at += sizeof wire;
    return (int32_t)be32toh(wire);
}

static int64_t int8_unpack(const char **at)
{
    uint64_t wire;
    memcpy(&wire, *at, sizeof wire);
    *at += sizeof wire;
    return (int64_t)be64toh(wire);
}

struct state state_unpack(const char bytes[STATE_BYTES])
{
    const char *at = bytes;
    struct state s = {.purpose = int4_unpack(&at)};
    slot_split(int4_unpack(&at), &s.slot, &s.guardian);
    s.rank = int8_unpack(&at);
    s.revision = int8_unpack(&at);
    int64_t until = int8_unpack(&at);
    s.valid_until = until == INT64_MIN ? INSTANT_NONE : until + EPOCH_2000; /* -infinity stands for null */
    s.notice_number = int4_unpack(&at);
    memcpy(s.record_id, at, UUID_SIZE);
    at += UUID_SIZE;
    s.flags = (uint16_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]);
    return s;
}
