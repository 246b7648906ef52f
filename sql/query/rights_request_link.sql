-- SPDX-License-Identifier: Apache-2.0
-- The parameters of rights_request_link(), times in microseconds since 1970.
select rights_request_link($1, $2::uuid, $3::int4, $4::bytea[], $5::bytea, time_of($6::int8), $7::text,
                           $8::text, $9::bytea, $10::bytea);
