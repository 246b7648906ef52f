-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags: whose each is. The first row has the controller's generation, and no tag. Then a
-- row a tag that is known, in their order: its place from 0, its own number where it is a person, and the
-- persons that have it, itself among them. Of an identifier that is tied to nothing these need no walk.
select null::int4 as n, c.generation as subject_no, null::int8[] as persons
from controller c where c.controller_id = $1
union all
select (t.n - 1)::int4, case when i.is_person then i.subject_no end,
       case when i.is_tied then persons_having($1, array[i.subject_no], persons_told_max() + 2) end
from unnest($2::bytea[]) with ordinality t(tag, n)
cross join lateral (select x.subject_no, x.is_person, x.is_tied from identifier x
                    where x.controller_id = $1 and x.tag = t.tag offset 0) i;
