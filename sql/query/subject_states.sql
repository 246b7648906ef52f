-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject: what is heard under its own tag, each with the event that it comes from (of
-- a fact, the act that told it). Of another person's event what its caller wrote stays out, and it is told by
-- what this one shares with it. Each row also gives the generation, the time of the snapshot and whether the
-- subject is known; where it has no state, one row gives nothing else. A Yes by what ended is over.
select c.generation, statement_timestamp() as as_of, i.tag is not null as is_known, l.*
from controller c
left join lateral (select x.tag, x.is_ended from identifier x
                   where x.controller_id = $1 and x.subject_no = $2) i on true
left join lateral (
    select s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags,
           e.recorded_at, e.subject_no, e.by, e.purpose_id as event_purpose_id, e.rank as event_rank, e.role,
           e.method, e.policy_version, e.language, e.actor, e.ref, e.detail
    from states_heard($1, i.tag, null) s
    left join lateral (
        select x.recorded_at, x.subject_no, x.purpose_id, x.rank, x.role, x.method, x.policy_version,
               case when x.subject_no <> $2
                    then event_came_by($1, x.revision, x.subject_no, $2) end as by,
               case when x.subject_no = $2 then x.language end as language,
               case when x.subject_no = $2 then x.actor end as actor,
               case when x.subject_no = $2 then x.ref end as ref,
               case when x.subject_no = $2 then x.detail::text end as detail
        from event x
        where x.controller_id = $1 and x.revision = s.revision offset 0) e on true
    where not (i.is_ended and not rank_is_no(s.rank)
               and s.slot & 15 in (slot_yes(), slot_sale(), slot_pending()))
    order by s.purpose_id, s.slot, s.rank desc) l on true
where c.controller_id = $1;
