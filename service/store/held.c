/* SPDX-License-Identifier: Apache-2.0 */
#include "store/held.h"

#include "store/row.h"

struct held held_of(const PGresult *rows, int row, int first)
{
    struct held h = {.purpose = row_int4(rows, row, first + HELD_PURPOSE),
                     .slot = (enum slot)row_int2(rows, row, first + HELD_SLOT)};
    h.state.rank = row_int8(rows, row, first + HELD_RANK);
    h.state.revision = row_int8(rows, row, first + HELD_REVISION);
    h.state.valid_until = row_instant(rows, row, first + HELD_VALID_UNTIL);
    h.state.notice_number = row_int4(rows, row, first + HELD_NOTICE);
    row_uuid(rows, row, first + HELD_RECORD, h.state.record_id);
    return h;
}
