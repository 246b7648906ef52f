-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags: one row with the controller's generation, and the subject of the first tag that
-- is known (null: none is). offset 0: a probe a tag. As a plain join, the planner may walk all of the
-- controller's identifiers instead.
select c.generation,
       (select i.subject_no
        from unnest($2::bytea[]) with ordinality t(tag, n)
        cross join lateral (select x.subject_no from identifier x
                            where x.controller_id = $1 and x.tag = t.tag offset 0) i
        order by t.n limit 1)
from controller c where c.controller_id = $1;
