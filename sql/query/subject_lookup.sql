-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags, the strongest first: whose they are. Rows: each with the controller's generation,
-- a person's number and, of all but the first row, the type of the identifier among these that they have. The
-- first is the first tag's that is a person itself, or else the first by number; the others follow by number.
-- An act is its strongest identifier's, so whoever has one of these by an act is told if theirs is stronger;
-- of equals only whom staff tied.
-- One row without a person where there is none; of more than can be told, one more than that. lateral and
-- offset 0: a probe a tag. As a plain join, the planner may walk all of the controller's identifiers instead.
with recursive known as materialized (
    select i.subject_no, i.type, t.n
    from unnest($2::bytea[]) with ordinality t(tag, n)
    cross join lateral (select x.subject_no, x.type from identifier x
                        where x.controller_id = $1 and x.tag = t.tag offset 0) i),
-- each with the identifier asked for that it is (n) or has, and by which it has that
above(no, n, via, beside_no) as (
    select k.subject_no, k.n, k.type, null::int8 from known k
    union
    select t.person_no, null, a.via, a.no from above a
    cross join lateral (select x.person_no from tie x
                        where x.controller_id = $1 and x.beside_no = a.no offset 0) t),
-- the named ones come first, and no walk is longer than what can be told by each type of identifier
found as (
    select a.*
    from above a
    cross join lateral (select x.type, x.is_person from identifier x
                        where x.controller_id = $1 and x.subject_no = a.no offset 0) i
    where i.is_person
          and (a.n is not null or identifier_strength(i.type) > identifier_strength(a.via)
               or i.type = a.via and is_tied_by_staff($1, a.no, a.beside_no))
    limit (persons_told_max() + 2) * 5),
persons as (
    select distinct on (no) no, n, via from found
    order by no, n, identifier_strength(via) desc)
select c.generation, p.no, p.via
from controller c
left join lateral (select * from persons order by n, no limit persons_told_max() + 2) p on true
where c.controller_id = $1
order by p.n, p.no;
