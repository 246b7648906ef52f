-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key, $2 a version or null for the one in force.
select p.version, p.document, p.sha256
from controller c
join policy p on p.controller_id = c.controller_id and p.version = coalesce($2::int4, c.policy_version)
where c.key = $1;
