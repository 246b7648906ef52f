-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 events after this revision and, $3, up to that one, $4 at most so many, $5 purposes or
-- null. The ledger in order, each event with the other persons whose verdicts it may have changed (null: more
-- than can be told), whether its subject is known still, and what is heard now under its subject's own tag:
-- an event stands in as many rows as there are such states, at least one. Each row also gives the head's
-- revision, the generation and the time of the snapshot; where there is no event, one row gives nothing else.
-- A window of revisions, and not the whole ledger, is looked through for a purpose that is rare in it.
select h.revision as head, c.generation, statement_timestamp() as as_of, l.*
from controller c
join head h on h.controller_id = c.controller_id
left join lateral (
    select e.revision, e.record_id, e.subject_no, e.purpose_id, e.rank, e.recorded_at, e.valid_until,
           e.notice_no, e.policy_version, e.slot, e.role, e.method, e.effect, e.was, e.flags, e.language,
           e.actor, e.ref, null::text as detail, null::text as evidence,
           -- most events named one identifier that nobody else has; one that named several may have tied
           -- them, and brought to each what was heard at the other
           case when i.is_tied or m.beside_nos is not null
                then array_remove(persons_touched($1, e.subject_no || coalesce(m.beside_nos, '{}'),
                                                  e.is_wide or m.beside_nos is not null), e.subject_no)
                else '{}' end as recheck,
           i.tag is not null as is_known,
           s.purpose_id as state_purpose_id, s.slot as state_slot, s.rank as state_rank,
           s.revision as state_revision, s.valid_until as state_valid_until, s.notice_no as state_notice_no,
           s.record_id as state_record_id, s.flags as state_flags
    from (select v.*, rank_is_no(v.rank) or v.slot = time_limit()
                      or coalesce(v.detail ?| array['minor', 'represented'], false) as is_wide
          from event v
          where v.controller_id = $1 and v.revision > $2 and v.revision <= $3
                and ($5::int4[] is null or v.purpose_id = any ($5))
          order by v.revision limit $4) e
    left join lateral (select x.tag, x.is_tied from identifier x
                       where x.controller_id = $1 and x.subject_no = e.subject_no offset 0) i on true
    left join lateral (select x.beside_nos from named x
                       where x.controller_id = $1
                             and x.revision = case when e.slot / slot_count() = guardian_time()
                                                   then (e.detail ->> 'of')::int8 else e.revision end
                       offset 0) m on true
    left join lateral states_heard($1, i.tag, null) s on true
    order by e.revision) l on true
where c.controller_id = $1;
