-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 actor, $3 its token's id, $4 what was done, $5 why, $6 on behalf of whom; then one
-- element a line of a list: $7 whose data it told (null: nobody's), $8 how much. One entry a person.
select audit_add($1, array_agg($2::text), array_agg($3::text), array_agg($4::text),
                 array_agg(p.subject_no), array_agg(p.found), array_agg($5::text), array_agg($6::text),
                 array_agg(null::uuid))
from (select l.subject_no, sum(l.found)::int4 as found
      from unnest($7::int8[], $8::int4[]) l(subject_no, found)
      group by l.subject_no
      order by l.subject_no) p;
