-- SPDX-License-Identifier: Apache-2.0
-- The parameters of rights_request_add(), times in microseconds since 1970.
select rights_request_add($1, $2::uuid, $3::text, $4::int8, $5::text, time_of($6::int8), $7::interval,
                          $8::int4, time_of($9::int8), $10::text, $11::text, $12::text, $13::text, $14::text,
                          $15::text, $16::text, $17::bytea, $18::bytea);
