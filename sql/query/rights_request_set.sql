-- SPDX-License-Identifier: Apache-2.0
-- The parameters of rights_request_set(), times in microseconds since 1970.
select rights_request_set($1, $2::uuid, $3::int4, $4::text, $5::int4, time_of($6::int8), $7::int4,
                          $8::interval, $9::interval, $10::text, $11::text, $12::text, $13::text, $14::text,
                          $15::text, $16::text, $17::bytea, $18::bytea);
