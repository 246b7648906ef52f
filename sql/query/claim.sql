-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the hash of an idempotency key, $3 that of its request, $4 seconds: claims the key for
-- so long, for work of many transactions. A row: whether it is claimed now; whether the key came with this
-- request; and what keep.sql kept with it: where to go on (null: it is done), how many matched, how many were
-- invalidated. No row: it is being claimed at this moment. The context is JSON for this request's own keys
-- alone: those of others are not looked into.
with claimed as (
    insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events,
                                    recorded_at)
    values ($1::int4, $2::bytea, $3::bytea,
            jsonb_build_object('until', extract(epoch from now()) + $4::int4, 'after', 0, 'matched', 0,
                               'invalidated', 0)::text, 0, 0, now())
    on conflict (controller_id, key_hash) do update
        set fingerprint = excluded.fingerprint, first_revision = 0, events = 0,
            recorded_at = excluded.recorded_at,
            context = case when old.fingerprint = excluded.fingerprint
                                and old.recorded_at > excluded.recorded_at - first_answer_kept()
                           then (old.context::jsonb
                                 || jsonb_build_object('until', excluded.context::jsonb -> 'until'))::text
                           else excluded.context end
        where old.recorded_at <= excluded.recorded_at - first_answer_kept()
              or case when old.fingerprint = excluded.fingerprint
                      then (old.context::jsonb ->> 'until')::numeric
                           <= extract(epoch from excluded.recorded_at) end
    returning true as claimed, true as same, context::jsonb as kept)
select claimed, same, (kept ->> 'after')::int8, (kept ->> 'matched')::int8, (kept ->> 'invalidated')::int8
from (select claimed, same, kept from claimed
      union all
      select false, i.fingerprint = $3, case when i.fingerprint = $3 then i.context::jsonb end
      from idempotency i
      where i.controller_id = $1 and i.key_hash = $2 and not exists (select from claimed)) c;
