-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a ref, $3 traces after this number, $4 at most so many: the checks that were kept under
-- it, oldest first.
select t.trace_no, t.trace_id, t.at, t.actor, t.revision, t.policy_version, t.lines, t.allowed, t.hmac,
       t.answer_hmac
from check_trace t
where t.controller_id = $1 and t.ref = $2::text and t.trace_no > $3::int8
order by t.trace_no limit $4::int4;
