-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the breach of this id or null, $3 those after this number, $4 at most so many. $5 the
-- hash of an idempotency key, or null, and $6 that of the request it came with: where that was answered
-- before, instead of all these the breach as it was told then. Each row also gives the generation, now (or
-- when it was told), whether it is what was told before, and whether the key came with another request; where
-- there is none one row gives nothing else.
select c.generation, coalesce(k.recorded_at, statement_timestamp()) as as_of,
       coalesce(k.fingerprint = $6, false) as kept, coalesce(k.fingerprint <> $6, false) as reused, l.*
from controller c
left join lateral (select i.fingerprint, i.recorded_at,
                          case when i.fingerprint = $6::bytea then i.context::jsonb end as answer
                   from first_answer($1, $5::bytea, statement_timestamp()) i
                   where i.key_hash is not null) k on true
left join lateral (
    select b.breach_no, b.breach_id, b.known_at, b.due_at, b.from_time, b.to_time,
           b.purposes::int8[] as purposes, b.subjects, b.facts, b.effects, b.measures,
           array_to_json(b.data_classes)::text as data_classes, b.high_risk, b.reported_at, b.not_reported,
           b.delay, b.told_at, b.closed_at, b.on_behalf_of, b.recorded_at, b.recorded_by
    from (select x.* from breach x
          where k.answer is null and x.controller_id = $1 and ($2::uuid is null or x.breach_id = $2)
                and x.breach_no > $3::int8
          union all
          select y.* from jsonb_populate_record(null::breach, k.answer) y where k.answer is not null) b
    order by b.breach_no limit $4::int4) l on true
where c.controller_id = $1;
