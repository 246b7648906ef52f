-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags: one row with the controller's generation, and the subject of the first tag that is known (null: none is).
select c.generation,
       (select i.subject_no
        from unnest($2::bytea[]) with ordinality t(tag, n)
        join identifier i on i.controller_id = $1 and i.tag = t.tag
        order by t.n limit 1)
from controller c where c.controller_id = $1;
