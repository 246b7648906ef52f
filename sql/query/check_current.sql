-- SPDX-License-Identifier: Apache-2.0
-- Proves that what is held is current (service/store/view.h). $1 controllers, and $2 up to which number of
-- touched it is known what was written (the highest bigint: nothing is known). Rows of check.sql that have a
-- controller_id, with that number, the newest one there is (null: none), and one row of touched from the
-- number on: the row of that number comes first, unless it was let go of. $3 as many of them at most, $4
-- bytes of marks at most in each; marks is null where there are more.
select c.controller_id, c.generation, statement_timestamp() as as_of,
       null::int4 as n, null::int4 as purpose_id, null::int4 as slot, null::int8 as rank,
       null::int8 as revision, null::timestamptz as valid_until, null::int4 as notice_no,
       null::uuid as record_id, null::int2 as flags, null::bytea as pointed,
       d.stood, h.no as newest, t.no, t.marks
from unnest($1::int4[], $2::int8[]) d(id, stood)
join controller c on c.controller_id = d.id
left join lateral (select x.no from touched x
                   where x.controller_id = d.id order by x.no desc limit 1) h on true
left join lateral (select x.no, case when length(x.marks) <= $4::int4 then x.marks end as marks
                   from touched x
                   where x.controller_id = d.id and x.no >= d.stood order by x.no limit $3::int4) t on true;
