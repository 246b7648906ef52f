-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 before this number, $3 of this status (null: any), $4 at most so many: messages, the
-- newest first. How their endpoint fares stands in each row; where there are no messages, in one row alone.
select e.url, e.failures, e.paused_until, e.stopped_at, e.last_delivery_at, o.*
from (values (0)) one
left join endpoint e on e.controller_id = $1::int4 and e.name = 'messages'
left join lateral (
    select x.message_no, x.message_id, x.kind, x.status, x.tries, x.put_at,
           nullif(x.due_at, 'infinity') as due_at, x.ends_at, x.over_at, x.http_status, x.fault
    from outbox x
    where x.controller_id = $1 and x.message_no < $2::int8 and ($3::int4 is null or x.status = $3)
    order by x.message_no desc limit $4::int4) o on true
order by o.message_no desc;
