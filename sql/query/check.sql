-- SPDX-License-Identifier: Apache-2.0
-- One element a probe: $1 controller, $2 tag, $3 and $4 the slice of $5 that holds the purposes whose states are wanted.
-- Rows with n = -1: an admitted controller's generation (in "rank") and the time of the snapshot (in "valid_until").
-- Other rows: a state of probe n, all of a probe together. A probe without any gives no row.
select -1::int4 as n, c.controller_id as purpose_id, 0::int2 as slot, c.generation as rank, 0::int8 as revision,
       statement_timestamp() as valid_until, null::int4 as notice_no, null::uuid as record_id
from unnest(current_setting('akkoord.controllers')::int4[]) d(id)
join controller c on c.controller_id = d.id
union all
select (k.n - 1)::int4, s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id
from unnest($1::int4[], $2::bytea[], $3::int4[], $4::int4[]) with ordinality k(controller_id, tag, low, high, n)
join consent s on s.controller_id = k.controller_id and s.tag = k.tag
     and s.purpose_id = any (($5::int4[])[k.low : k.high]);
