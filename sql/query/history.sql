-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject, $3 events after this revision, $4 up to this many, $5 of these purposes or
-- null: all that was recorded of one person, oldest first. The columns are those of changes.sql; what stands
-- now is not asked for here.
select h.revision as head, c.generation, statement_timestamp() as as_of, l.*
from controller c
join head h on h.controller_id = c.controller_id
left join lateral (
    select v.revision, v.record_id, v.subject_no, v.purpose_id, v.rank, v.recorded_at, v.valid_until,
           v.notice_no, v.policy_version, v.slot, v.role, v.method, v.effect, v.was, v.flags, v.language,
           v.actor, v.ref, v.detail::text as detail,
           (select w.document::text from evidence w
            where w.controller_id = $1 and w.revision = v.revision) as evidence,
           '{}'::int8[] as recheck, true as is_known,
           null::int4 as state_purpose_id, null::int4 as state_slot, null::int8 as state_rank,
           null::int8 as state_revision, null::timestamptz as state_valid_until,
           null::int4 as state_notice_no, null::uuid as state_record_id, null::int2 as state_flags
    from event v
    where v.controller_id = $1 and v.subject_no = $2 and v.revision > $3
          and ($5::int4[] is null or v.purpose_id = any ($5))
    order by v.revision limit $4) l on true
where c.controller_id = $1;
