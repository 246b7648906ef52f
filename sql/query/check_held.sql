-- SPDX-License-Identifier: Apache-2.0
-- Proves that what is held is current (service/store/view.h), and asks for what is not held. $1 controllers,
-- and $2 up to which number of touched it is known what was written (the highest bigint: nothing is known).
-- Rows that have a controller_id: its generation, the time of the snapshot, that number, the newest one there
-- is (null: none), and one row of touched from the number on: the row of that number comes first, unless it
-- was let go of. $3 as many of them at most, $4 bytes of marks at most in each; marks is null where there are
-- more. Other rows: states of probes, as in check.sql, with $5 to $9 as $1 to $5 there, and each probe's
-- number, $10.
select c.controller_id, c.generation, statement_timestamp() as as_of, d.stood, h.no as newest, t.no, t.marks,
       null::int4 as n, null::int4 as purpose_id, null::int4 as slot, null::int8 as rank,
       null::int8 as revision, null::timestamptz as valid_until, null::int4 as notice_no,
       null::uuid as record_id, null::int2 as flags, null::bytea as pointed
from unnest($1::int4[], $2::int8[]) d(id, stood)
join controller c on c.controller_id = d.id
left join lateral (select x.no from touched x
                   where x.controller_id = d.id order by x.no desc limit 1) h on true
left join lateral (select x.no, case when length(x.marks) <= $4::int4 then x.marks end as marks
                   from touched x
                   where x.controller_id = d.id and x.no >= d.stood order by x.no limit $3::int4) t on true
union all
select null, null, null, null, null, null, null, k.n,
       s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags,
       case when s.purpose_id = purpose_pointer()
            then states_pointed_packed(k.controller_id, s.rank, s.tiebreak, ($9::int4[])[k.low : k.high]) end
from unnest($5::int4[], $6::bytea[], $7::int4[], $8::int4[], $10::int4[]) k(controller_id, tag, low, high, n)
cross join lateral (select x.* from consent x
                    where x.controller_id = k.controller_id and x.tag = k.tag
                          and x.purpose_id = any (($9::int4[])[k.low : k.high]) offset 0) s;
