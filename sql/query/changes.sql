-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 events after this revision and, $3, up to that one, $4 at most so many, $5 purposes or null.
-- The ledger in order, each event with what is held now of its subject: an event stands in as many rows as there are such
-- states, at least one. The first row (record_id null) gives the generation (rank), the time of the snapshot (recorded_at) and the
-- head's revision. A window of revisions, and not the whole ledger, is looked through for a purpose that is rare in it.
select h.revision, null::uuid as record_id, 0::int8 as subject_no, 0::int4 as purpose_id, c.generation as rank,
       statement_timestamp() as recorded_at, null::timestamptz as valid_until, null::int4 as notice_no,
       c.policy_version, 0::int2 as slot, 0::int2 as role, 0::int2 as method, 0::int2 as effect, 0::int2 as was,
       null::text as language, null::text as actor, null::text as ref, null::text as detail, null::text as evidence,
       null::int4 as s_purpose_id, null::int2 as s_slot, null::int8 as s_rank, null::int8 as s_revision,
       null::timestamptz as s_valid_until, null::int4 as s_notice_no, null::uuid as s_record_id
from controller c join head h on h.controller_id = c.controller_id
where c.controller_id = $1
union all
(select e.*, null::text, null::text, s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id
from (select v.revision, v.record_id, v.subject_no, v.purpose_id, v.rank, v.recorded_at, v.valid_until, v.notice_no,
             v.policy_version, v.slot, v.role, v.method, v.effect, v.was, v.language, v.actor, v.ref
      from event v
      where v.controller_id = $1 and v.revision > $2 and v.revision <= $3
            and ($5::int4[] is null or v.purpose_id = any ($5))
      order by v.revision limit $4) e
left join lateral (select x.tag from identifier x
                   where x.controller_id = $1 and x.subject_no = e.subject_no order by x.tag limit 1) i on true
left join lateral (select x.* from consent x where x.controller_id = $1 and x.tag = i.tag offset 0) s on true
order by e.revision);
