-- SPDX-License-Identifier: Apache-2.0
-- The parameters of breach_set(), times in microseconds since 1970.
select breach_set($1, $2::uuid, $3::text, $4::text, $5::text, $6::bool, time_of($7::int8), $8::text,
                  $9::text, time_of($10::int8), $11::bool, $12::text, $13::text, $14::bytea,
                  $15::bytea);
