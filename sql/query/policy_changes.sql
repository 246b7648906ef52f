-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a version of its policy, $3 subjects of a higher number, $4 so many numbers are looked
-- through at most, $5 at most so many told: what changed since that version, and who is to be told: the
-- persons of the purposes touched, or all where a purpose, a company or a recipient is new, each with the ref
-- of the latest such event that has one. One row a person; where there is none one row gives nothing else.
with changed as materialized (
    select c.controller_id, c.policy_version, h.subject_no as last,
           least(h.subject_no, $3::int8 + $4::int4) as through,
           policy_changed(b.document::jsonb, a.document::jsonb) as what
    from controller c
    join head h on h.controller_id = c.controller_id
    join policy b on b.controller_id = c.controller_id and b.version = $2::int4
    join policy a on a.controller_id = c.controller_id and a.version = c.policy_version
    where c.controller_id = $1),
touched as materialized (
    select case when exists (select from jsonb_array_elements(k.what) e
                             where e ->> 'section' in ('purposes', 'entities', 'recipients')
                                   and e ->> 'change' = 'added') then null
                else array(select p.purpose_id from purpose p
                           join jsonb_array_elements(k.what) e on e ->> 'section' = 'purposes'
                                                                  and e ->> 'key' = p.key
                           where p.controller_id = $1) end as purposes
    from changed k)
select k.policy_version, k.what::text, k.through, k.last, l.*
from changed k
cross join touched t
left join lateral (
    select n.no, e.ref
    from generate_series($3::int8 + 1, k.through) n(no)
    cross join lateral (select x.subject_no from identifier x
                        where x.controller_id = $1 and x.subject_no = n.no and x.is_person offset 0) i
    cross join lateral breach_event($1, i.subject_no, null, 'infinity', t.purposes, null) e
    order by n.no limit $5::int4) l on true;
