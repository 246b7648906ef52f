-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 name, $3 url, $4 failures, $5 pause (microseconds), $6 stopped, $7 delivered, $8 how far
-- it is, $9 HTTP status (0: none), $10 fault.
select note_endpoint($1::int4, $2::text, $3::text, $4::int4, $5::int8, $6::bool, $7::bool, $8::int8,
                     nullif($9::int4, 0)::int2, $10::int4::int2);
