-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 its time zone, $3 first day or null, $4 last day or null, $5 days by default, $6 rows at
-- most: first the days and the time, in a row without a notice; then what was counted of each day.
with term as (
    select coalesce($3::text::date, d.last - $5::int4) as first, d.last
    from (select coalesce($4::text::date, (now() at time zone $2::text)::date) as last) d)
select t.first::text, t.last::text, now(), null::bytea, null::int4, null::int8, null::int8, null::int8,
       null::int8
from term t
union all
select c.day::text, null, null, c.notice, c.policy_version, c.fetched, c.accepted, c.refused, c.chosen
from (select s.* from term t
      cross join lateral (select * from site_count s
                          where s.controller_id = $1::int4 and s.day between t.first and t.last
                          order by s.day, s.notice, s.policy_version limit $6::int4 offset 0) s) c;
