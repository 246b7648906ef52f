-- SPDX-License-Identifier: Apache-2.0
-- $1 controller; in parallel: $2 messages, $3 statuses, $4 HTTP statuses, $5 faults, $6 delays
-- (microseconds).
select note_messages($1::int4, $2::int8[], $3::int2[], $4::int2[], $5::int2[], $6::int8[]);
