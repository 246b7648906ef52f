-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller; then one element an entry: $2 actor, $3 its token's id, $4 what was done, $5 whose data,
-- $6 how much was told, $7 why, $8 on behalf of whom, $9 for which rights-request.
select audit_add($1, $2::text[], $3::text[], $4::text[], $5::int8[], $6::int4[], $7::text[], $8::text[],
                 $9::uuid[]);
