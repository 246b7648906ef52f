-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 name.
select l.url, l.secret, l.revision, array_to_string(l.purposes, ' ') as purposes, e.policy_version,
       due_waits($1, e.due_told_at) as due_waits
from look_at_recipient($1::int4, $2::text) l
join endpoint e on e.controller_id = $1 and e.name = $2;
