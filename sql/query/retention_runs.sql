-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 runs before this number, $3 at most so many: the last ones first. One row without a run
-- where there is none.
select c.generation, r.run_no, r.started_at, r.ended_at, r.policy_version, r.events, r.evidence, r.states,
       r.identifiers, r.by_rule::text as by_rule, r.oldest_left
from controller c
left join lateral (select x.* from retention_run x
                   where x.controller_id = $1 and x.run_no < $2
                   order by x.run_no desc limit $3::int4) r on true
where c.controller_id = $1
order by r.run_no desc;
