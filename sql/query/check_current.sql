-- SPDX-License-Identifier: Apache-2.0
-- Proves that what is held of a controller is current (service/store/view.h). $1 the controller, and $2 the
-- number of touched up to which it is known what was written. The first columns of check_held.sql, with one
-- row of touched from that number on: the row of that number comes first, unless it was let go of, and the
-- last one is the newest there is, unless they are $3, which is as many as there may be. $4 bytes of marks at
-- most in each; marks is null where there are more. Without such a row there is one all the same.
select c.controller_id, c.generation, statement_timestamp() as as_of, $2::int8 as stood,
       t.no as newest, t.no, case when length(t.marks) <= $4::int4 then t.marks end as marks
from controller c
left join lateral (select x.no, x.marks from touched x
                   where x.controller_id = $1::int4 and x.no >= $2::int8
                   order by x.no limit $3::int4) t on true
where c.controller_id = $1::int4;
