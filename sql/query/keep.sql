-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the hash of an idempotency key, $3 that of its request, $4 where to go on (null: it is
-- done), $5 how many matched, $6 how many were invalidated: kept with the key that claim.sql claimed, which
-- is claimed no longer. Where there is nothing to keep the key is let go of: it is as old as one can be.
update idempotency
set context = jsonb_strip_nulls(jsonb_build_object('until', case when $4::int8 is not null then 0 end,
                                                   'after', $4::int8, 'matched', $5::int8,
                                                   'invalidated', $6::int8))::text,
    recorded_at = case when $4 = 0 and $5 = 0 then to_timestamp(0) else now() end
where controller_id = $1::int4 and key_hash = $2::bytea and fingerprint = $3::bytea;
