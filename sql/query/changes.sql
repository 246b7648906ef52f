-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 events after this revision and, $3, up to that one, $4 at most so many, $5 purposes or
-- null. The ledger in order, each event with what is held now of its subject: an event stands in as many rows
-- as there are such states, at least one. Each row also gives the head's revision, the generation and the
-- time of the snapshot; where there is no event, one row gives nothing else. A window of revisions, and not
-- the whole ledger, is looked through for a purpose that is rare in it.
select h.revision as head, c.generation, statement_timestamp() as as_of, l.*
from controller c
join head h on h.controller_id = c.controller_id
left join lateral (
    select e.*, null::text as detail, null::text as evidence,
           s.purpose_id as held_purpose_id, s.slot as held_slot, s.rank as held_rank,
           s.revision as held_revision, s.valid_until as held_valid_until, s.notice_no as held_notice_no,
           s.record_id as held_record_id
    from (select v.revision, v.record_id, v.subject_no, v.purpose_id, v.rank, v.recorded_at, v.valid_until,
                 v.notice_no, v.policy_version, v.slot, v.role, v.method, v.effect, v.was, v.language,
                 v.actor, v.ref
          from event v
          where v.controller_id = $1 and v.revision > $2 and v.revision <= $3
                and ($5::int4[] is null or v.purpose_id = any ($5))
          order by v.revision limit $4) e
    left join lateral (select x.tag from identifier x
                       where x.controller_id = $1 and x.subject_no = e.subject_no
                       order by x.tag limit 1) i on true
    left join lateral (select x.* from consent x
                       where x.controller_id = $1 and x.tag = i.tag offset 0) s on true
    order by e.revision) l on true
where c.controller_id = $1;
