-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key, $2 versions after this one, $3 at most so many: each with when it was applied, by
-- whom, its hash, and what changed from the one before.
select p.version, p.applied_at, p.applied_by, p.sha256,
       policy_changed((select b.document::jsonb from policy b
                       where b.controller_id = p.controller_id and b.version = p.version - 1),
                      p.document::jsonb)::text
from controller c
join policy p on p.controller_id = c.controller_id and p.version > $2::int4
where c.key = $1
order by p.version limit $3::int4;
