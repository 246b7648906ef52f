-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 id, $3 hash, $4 name, $5 scopes, $6 end (microseconds since 1970; null: its maker's), $7
-- who makes it; of those: $8 the id of a key, $9 a token's id, $10 a token's end.
select outcome, made_at, ends_at
from add_api_key($1::text, $2::text, $3::bytea, $4::text, $5::text, time_of($6::int8), $7::text, $8::text,
                 $9::text, time_of($10::int8));
