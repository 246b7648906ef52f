-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags, $3 a moment (microseconds since 1970): what was heard under each then, each with
-- the event that it comes from, as subject_states.sql has them; a row a tag without a state, whose outcome
-- says whether that is known. Each row also gives the generation.
select c.generation, w.place, w.outcome, w.subject_no as no,
       (w.s).purpose_id, (w.s).slot, (w.s).rank, (w.s).revision, (w.s).valid_until, (w.s).notice_no,
       (w.s).record_id, (w.s).flags,
       e.recorded_at, e.subject_no, e.by, e.purpose_id as event_purpose_id, e.rank as event_rank, e.role,
       e.method, e.policy_version, e.language, e.actor, e.ref, e.detail
from controller c
cross join lateral (select x.* from states_as_of($1, $2::bytea[], time_of($3::int8)) x offset 0) w
left join lateral (
    select x.recorded_at, x.subject_no, x.purpose_id, x.rank, x.role, x.method, x.policy_version,
           case when x.subject_no <> w.subject_no
                then event_came_by($1, x.revision, x.subject_no, w.subject_no) end as by,
           case when x.subject_no = w.subject_no then x.language end as language,
           case when x.subject_no = w.subject_no then x.actor end as actor,
           case when x.subject_no = w.subject_no then x.ref end as ref,
           case when x.subject_no = w.subject_no then x.detail::text end as detail
    from event x
    where x.controller_id = $1 and x.revision = (w.s).revision offset 0) e on true
where c.controller_id = $1
order by w.place;
