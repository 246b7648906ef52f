-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a moment (microseconds since 1970): the policy that was in force then, null where there
-- was none; and the generation and the time of the snapshot.
select c.generation, statement_timestamp() as as_of, p.version, p.document
from controller c
left join lateral (select x.version, x.document from policy x
                   where x.controller_id = $1 and x.applied_at <= time_of($2::int8)
                   order by x.version desc limit 1) p on true
where c.controller_id = $1;
