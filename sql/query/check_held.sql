-- SPDX-License-Identifier: Apache-2.0
-- As check.sql, for who holds states and proves that they are current (service/store/view.h): only the probes
-- that he has no states for are sent, each with its number, $6. $7 controllers, and $8 up to which number of
-- touched he knows what was written (the highest bigint: he knows nothing). Rows with a controller_id also
-- have that number, the newest one there is (null: none), and one row of touched from the number on: the row
-- of that number comes first, unless it was let go of. $9 as many of them at most, $10 bytes of marks at most
-- in each; marks is null where there are more.
select c.controller_id, c.generation, statement_timestamp() as as_of,
       null::int4 as n, null::int4 as purpose_id, null::int4 as slot, null::int8 as rank,
       null::int8 as revision, null::timestamptz as valid_until, null::int4 as notice_no,
       null::uuid as record_id, null::int2 as flags, null::bytea as pointed,
       d.stood, h.no as newest, t.no, t.marks
from unnest($7::int4[], $8::int8[]) d(id, stood)
join controller c on c.controller_id = d.id
left join lateral (select x.no from touched x
                   where x.controller_id = d.id order by x.no desc limit 1) h on true
left join lateral (select x.no, case when length(x.marks) <= $10::int4 then x.marks end as marks
                   from touched x
                   where x.controller_id = d.id and x.no >= d.stood order by x.no limit $9::int4) t on true
union all
select null, null, null, k.n,
       s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags,
       case when s.purpose_id = purpose_pointer()
            then states_pointed_packed(k.controller_id, s.rank, s.tiebreak, ($5::int4[])[k.low : k.high]) end,
       null, null, null, null
from unnest($1::int4[], $2::bytea[], $3::int4[], $4::int4[], $6::int4[]) k(controller_id, tag, low, high, n)
cross join lateral (select x.* from consent x
                    where x.controller_id = k.controller_id and x.tag = k.tag
                          and x.purpose_id = any (($5::int4[])[k.low : k.high]) offset 0) s;
