-- SPDX-License-Identifier: Apache-2.0
-- $1 controller. Where it has something delivered: as take_endpoints() tells it, of one controller, whoever
-- is there.
select e.controller_id, k.key, e.name, e.endpoint_no, e.url, e.secret, e.failures, e.revision
from endpoint e
join controller k on k.controller_id = e.controller_id
where e.controller_id = $1::int4
order by e.name;
