-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a breach, $3 subjects of a higher number, $4 so many numbers are looked through at
-- most, $5 at most so many told, $6 those of whom this client recorded something, or null: the persons
-- concerned by number, each with the client of the latest event that is concerned, for whom that client said
-- that it was, and the ref of the latest that has one. Each row also
-- gives whether there is such a breach, the generation, and the number that was looked through last of how
-- many; where there is nobody one row gives nothing else. Numbers are looked up one by one, as in walk.sql.
with meant as materialized (
    select b.from_time, b.to_time, b.purposes, b.subjects, h.subject_no as last,
           least(h.subject_no, $3::int8 + $4::int4) as through
    from breach b join head h on h.controller_id = b.controller_id
    where b.controller_id = $1 and b.breach_id = $2::uuid)
select m.last is not null as found, c.generation, m.through, m.last, l.*
from controller c
left join meant m on true
left join lateral (
    select n.no, e.ref, e.actor, e.revision, e.on_behalf_of
    from generate_series($3::int8 + 1, m.through) n(no)
    cross join lateral (select x.subject_no from identifier x
                        where x.controller_id = $1 and x.subject_no = n.no and x.is_person offset 0) i
    cross join lateral breach_event($1, i.subject_no, m.from_time, m.to_time, m.purposes, $6::text) e
    where m.subjects is null or n.no = any (m.subjects)
    order by n.no limit $5::int4) l on true
where c.controller_id = $1;
