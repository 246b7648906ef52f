/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include "store/row.h"

struct state state_of(const PGresult *rows, int row, int first)
{
    int32_t slot = row_int4(rows, row, first + STATE_SLOT);
    struct state s = {.purpose = row_int4(rows, row, first + STATE_PURPOSE),
                      .slot = (enum slot)(slot % SLOT_COUNT),
                      .guardian = slot / SLOT_COUNT,
                      .rank = row_int8(rows, row, first + STATE_RANK),
                      .revision = row_int8(rows, row, first + STATE_REVISION),
                      .valid_until = row_instant(rows, row, first + STATE_VALID_UNTIL),
                      .notice_number = row_int4(rows, row, first + STATE_NOTICE),
                      .flags = (uint8_t)row_int2(rows, row, first + STATE_FLAGS)};
    row_uuid(rows, row, first + STATE_RECORD, s.record_id);
    return s;
}
