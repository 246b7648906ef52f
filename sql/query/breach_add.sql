-- SPDX-License-Identifier: Apache-2.0
-- The parameters of breach_add(), times in microseconds since 1970.
select breach_add($1, $2::uuid, time_of($3::int8), time_of($4::int8), time_of($5::int8), $6::int4[],
                  $7::int8[], $8::text, $9::text, $10::text, $11::text[], $12::bool, $13::text, $14::text,
                  $15::text, $16::bytea, $17::bytea);
