-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject: its current states, each with the event that proves it. All tags of a
-- subject hold the same states, so any one tag will do. Each row also gives the generation, the time of the
-- snapshot and whether the subject is known; where it has no state, one row gives nothing else.
select c.generation, statement_timestamp() as as_of, i.tag is not null as is_known, l.*
from controller c
left join lateral (select x.tag from identifier x
                   where x.controller_id = $1 and x.subject_no = $2 order by x.tag limit 1) i on true
left join lateral (
    select s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id,
           e.recorded_at, e.role, e.method, e.policy_version, e.language, e.actor, e.ref
    from consent s
    left join lateral (select x.* from event x
                       where x.controller_id = $1 and x.revision = s.revision offset 0) e on true
    where s.controller_id = $1 and s.tag = i.tag
    order by s.purpose_id, s.slot) l on true
where c.controller_id = $1;
