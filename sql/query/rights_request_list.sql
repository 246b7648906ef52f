-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the request of this id or null, $3 those after this number, $4 at most so many, $5 of
-- this state, $6 kind, $7 subject, $8 due before (microseconds since 1970); null: of any. $9 a moment or
-- null, $10 whether overdue alone. $11 the hash of an idempotency key, or null, and $12 that of the request
-- it came with: where that was answered before, instead of all these the request as it was told then.
-- Each row also gives the generation, now (or when it was told), the day it is where the controller is, and
-- the day of $9, as days since 1970; whether it is what was told before; whether the key came with another
-- request. Where there is no request one row gives nothing else. Pages in the order they were written down.
select c.generation, coalesce(k.recorded_at, statement_timestamp()) as as_of,
       day_of(statement_timestamp(), c.time_zone) as today,
       case when $9::int8 is not null then day_of(time_of($9), c.time_zone) end as day,
       coalesce(k.fingerprint = $12, false) as kept, coalesce(k.fingerprint <> $12, false) as reused, l.*
from controller c
left join lateral (select i.fingerprint, i.recorded_at,
                          case when i.fingerprint = $12::bytea then i.context::jsonb end as answer
                   from first_answer($1, $11::bytea, statement_timestamp()) i
                   where i.key_hash is not null) k on true
left join lateral (
    select r.request_no, r.request_id, r.edition, r.kind, r.subject_no, r.client, r.received_at,
           day_of(r.received_at, c.time_zone) as received_day, r.term, r.extension, r.extended_at,
           r.extension_reason, r.paused_at, day_of(r.paused_at, c.time_zone) as paused_day, r.pause_reason,
           r.paused_days, r.paused_time, r.due_on - date '1970-01-01' as due_day, r.due_at,
           r.identity_method, r.identity_outcome, r.identity_at, r.state, r.closed_at, r.closed_by, r.answer,
           r.refusal_reason, r.complaint, r.medium, r.on_behalf_of, r.ref, r.recorded_at, r.recorded_by
    from (select x.* from rights_request x
          where k.answer is null and x.controller_id = $1 and ($2::uuid is null or x.request_id = $2)
                and x.request_no > $3::int8 and ($5::text is null or x.state = $5)
                and ($6::text is null or x.kind = $6) and ($7::int8 is null or x.subject_no = $7)
                and ($8::int8 is null or x.due_at < time_of($8) and x.closed_at is null)
                and (not $10::bool or x.due_at < statement_timestamp() and x.closed_at is null)
          union all
          select y.* from jsonb_populate_record(null::rights_request, k.answer) y
          where k.answer is not null) r
    order by r.request_no limit $4::int4) l on true
where c.controller_id = $1;
