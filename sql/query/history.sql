-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject, $3 events after this revision, $4 up to this many: all that was recorded of one person, oldest
-- first. The first row and the columns are those of changes.sql; what stands now is not asked for here.
select h.revision, null::uuid as record_id, 0::int8 as subject_no, 0::int4 as purpose_id, c.generation as rank,
       statement_timestamp() as recorded_at, null::timestamptz as valid_until, null::int4 as notice_no,
       c.policy_version, 0::int2 as slot, 0::int2 as role, 0::int2 as method, 0::int2 as effect, 0::int2 as was,
       null::text as language, null::text as actor, null::text as ref, null::text as detail, null::text as evidence,
       null::int4 as s_purpose_id, null::int2 as s_slot, null::int8 as s_rank, null::int8 as s_revision,
       null::timestamptz as s_valid_until, null::int4 as s_notice_no, null::uuid as s_record_id
from controller c join head h on h.controller_id = c.controller_id
where c.controller_id = $1
union all
(select v.revision, v.record_id, v.subject_no, v.purpose_id, v.rank, v.recorded_at, v.valid_until, v.notice_no,
        v.policy_version, v.slot, v.role, v.method, v.effect, v.was, v.language, v.actor, v.ref, v.detail::text,
        (select w.document::text from evidence w where w.controller_id = $1 and w.revision = v.revision),
        null, null, null, null, null, null, null
 from event v
 where v.controller_id = $1 and v.subject_no = $2 and v.revision > $3
 order by v.revision limit $4);
