-- SPDX-License-Identifier: Apache-2.0
-- $1 the distinct controllers asked about; then, one element a probe: $2 controller, $3 tag, $4 and $5 the slice of $6 that holds the
-- purposes whose states are wanted.
-- Rows with n = -1: a controller's generation (in "rank") and the time of the snapshot (in "valid_until").
-- Other rows: a state of probe n, all of a probe together. A probe without any gives no row.
select -1::int4 as n, c.controller_id as purpose_id, 0::int2 as slot, c.generation as rank, 0::int8 as revision,
       statement_timestamp() as valid_until, null::int4 as notice_no, null::uuid as record_id
from unnest($1::int4[]) d(id)
join controller c on c.controller_id = d.id
union all
select (k.n - 1)::int4, s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id
from unnest($2::int4[], $3::bytea[], $4::int4[], $5::int4[]) with ordinality k(controller_id, tag, low, high, n)
join consent s on s.controller_id = k.controller_id and s.tag = k.tag
     and s.purpose_id = any (($6::int4[])[k.low : k.high]);
