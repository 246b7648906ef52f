-- SPDX-License-Identifier: Apache-2.0
-- The parameters of check_keep(), the time in microseconds since 1970.
select check_keep($1, $2::uuid, time_of($3::int8), $4::text, $5::text, $6::int4, $7::int4, $8::int4,
                  $9::bytea, $10::bytea);
