-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the request of this id or null, $3 those after this number, $4 at most so many, $5 of
-- this state, $6 kind, $7 subject, $8 due before (microseconds since 1970); null: of any. $9 a moment or
-- null, $10 whether overdue alone. Each row also gives the generation, now, the day it is where the
-- controller is, and the day of $9, as days since 1970; where there is no request one row gives nothing else.
-- Pages in the order they were written down.
select c.generation, statement_timestamp() as as_of, day_of(statement_timestamp(), c.time_zone) as today,
       case when $9::int8 is not null then day_of(time_of($9), c.time_zone) end as day, l.*
from controller c
left join lateral (
    select r.request_no, r.request_id, r.edition, r.kind, r.subject_no, r.client, r.received_at,
           day_of(r.received_at, c.time_zone) as received_day, r.term, r.extension, r.extended_at,
           r.extension_reason, r.paused_at, day_of(r.paused_at, c.time_zone) as paused_day, r.pause_reason,
           r.paused_days, r.paused_time, r.due_on - date '1970-01-01' as due_day, r.due_at,
           r.identity_method, r.identity_outcome, r.identity_at, r.state, r.closed_at, r.closed_by, r.answer,
           r.refusal_reason, r.complaint, r.medium, r.on_behalf_of, r.ref, r.recorded_at, r.recorded_by
    from rights_request r
    where r.controller_id = $1 and ($2::uuid is null or r.request_id = $2) and r.request_no > $3::int8
          and ($5::text is null or r.state = $5) and ($6::text is null or r.kind = $6)
          and ($7::int8 is null or r.subject_no = $7)
          and ($8::int8 is null or r.due_at < time_of($8) and r.closed_at is null)
          and (not $10::bool or r.due_at < statement_timestamp() and r.closed_at is null)
    order by r.request_no limit $4::int4) l on true
where c.controller_id = $1;
