-- SPDX-License-Identifier: Apache-2.0
-- A controller's subjects by number, each with its lowest tag and the states held under it; all tags of a subject hold the same.
-- $1 a controller, $2 subjects of a higher number, $3 so many numbers at most, $4 what is told of the event that proves a state:
-- 0 nothing, 1 role and ref, 2 also its import's batch and the form it was made on; $5 the purposes, or null: all.
-- The first row (tag null) gives the generation (rank), the time of the snapshot (valid_until) and the highest number (subject_no).
-- Numbers are looked up one by one: the walk needs no order from the planner, and a number that nobody has any more costs a probe.
select h.subject_no, null::bytea as tag, null::int2 as type, null::int4 as purpose_id, null::int2 as slot, c.generation as rank,
       null::int8 as revision, statement_timestamp() as valid_until, null::int4 as notice_no, null::uuid as record_id,
       null::int2 as role, null::text as ref, null::text as batch, null::text as form
from controller c join head h on h.controller_id = c.controller_id
where c.controller_id = $1
union all
(select n.no, i.tag, i.type, s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id,
        e.role, e.ref, e.batch, f.form
 from generate_series($2::int8 + 1, least($2::int8 + $3::int4, (select x.subject_no from head x where x.controller_id = $1))) n(no)
 cross join lateral (select x.tag, x.type from identifier x
                     where x.controller_id = $1 and x.subject_no = n.no order by x.tag limit 1) i
 left join lateral (select x.* from consent x
                    where x.controller_id = $1 and x.tag = i.tag
                          and ($5::int4[] is null or x.purpose_id = any ($5)) offset 0) s on true
 left join lateral (select x.role, x.ref, case when $4 >= 2 then x.detail -> 'import' ->> 'batch' end as batch from event x
                    where $4::int4 >= 1 and x.controller_id = $1 and x.revision = s.revision offset 0) e on true
 left join lateral (select x.document ->> 'form' as form from evidence x
                    where $4 >= 2 and x.controller_id = $1 and x.revision = s.revision offset 0) f on true
 order by n.no);
