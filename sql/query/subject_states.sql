-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject: its current states, each with the event that proves it. All tags of a subject hold the same
-- states, so any one tag will do. The first row (purpose_id -1) gives the generation and the time of the snapshot; its
-- revision is 0 where the subject is not known.
with t as (select tag from identifier where controller_id = $1 and subject_no = $2 order by tag limit 1)
select -1::int4 as purpose_id, 0::int2 as slot, c.generation as rank, (select count(*) from t) as revision,
       statement_timestamp() as valid_until, null::int4 as notice_no, null::uuid as record_id,
       null::timestamptz as recorded_at, null::int2 as role, null::int2 as method, null::int4 as policy_version,
       null::text as language, null::text as actor, null::text as ref
from controller c where c.controller_id = $1
union all
(select s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, e.recorded_at, e.role, e.method,
       e.policy_version, e.language, e.actor, e.ref
from t join consent s on s.controller_id = $1 and s.tag = t.tag
left join lateral (select x.* from event x where x.controller_id = $1 and x.revision = s.revision offset 0) e on true
order by s.purpose_id, s.slot);
