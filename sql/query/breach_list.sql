-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the breach of this id or null, $3 those after this number, $4 at most so many. Each row
-- also gives the generation and now; where there is none one row gives nothing else.
select c.generation, statement_timestamp() as as_of, l.*
from controller c
left join lateral (
    select b.breach_no, b.breach_id, b.known_at, b.due_at, b.from_time, b.to_time,
           b.purposes::int8[] as purposes, b.subjects, b.facts, b.effects, b.measures,
           array_to_json(b.data_classes)::text as data_classes, b.high_risk, b.reported_at, b.not_reported,
           b.delay, b.told_at, b.closed_at, b.on_behalf_of, b.recorded_at, b.recorded_by
    from breach b
    where b.controller_id = $1 and ($2::uuid is null or b.breach_id = $2) and b.breach_no > $3::int8
    order by b.breach_no limit $4::int4) l on true
where c.controller_id = $1;
