-- SPDX-License-Identifier: Apache-2.0
-- One element a probe: $1 controller, $2 tag, $3 and $4 the slice of $5 that holds the purposes whose states
-- are wanted, purpose_pointer() among them. Rows with a controller_id: an admitted controller's generation,
-- and the time of the snapshot. Other rows: a state of probe n; those of one probe stand together, in the
-- order of the probes. A probe without any gives no row. Where a state is a pointer, what it leads to stands
-- in its place. lateral and offset 0: one probe of the index behind the other, whatever the planner thinks of
-- the tables. As a plain join, the rows of a probe may come apart.
select c.controller_id, c.generation, statement_timestamp() as as_of,
       null::int4 as n, null::int4 as purpose_id, null::int4 as slot, null::int8 as rank,
       null::int8 as revision, null::timestamptz as valid_until, null::int4 as notice_no,
       null::uuid as record_id, null::int2 as flags
from unnest(current_setting('akkoord.controllers')::int4[]) d(id)
join controller c on c.controller_id = d.id
union all
select null, null, null, (k.n - 1)::int4, h.*
from unnest($1::int4[], $2::bytea[], $3::int4[], $4::int4[])
     with ordinality k(controller_id, tag, low, high, n)
cross join lateral (select x.* from consent x
                    where x.controller_id = k.controller_id and x.tag = k.tag
                          and x.purpose_id = any (($5::int4[])[k.low : k.high]) offset 0) s
cross join lateral (
    select s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags
    where s.purpose_id <> purpose_pointer()
    union all
    select * from states_pointed(k.controller_id, s.rank, s.tiebreak, ($5::int4[])[k.low : k.high])
    where s.purpose_id = purpose_pointer()) h;
