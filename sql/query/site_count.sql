-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 its time zone, and of each row $3 notice hash, $4 policy version, $5 to $8 what to add
-- to fetched, accepted, refused and chosen. Each row once, and in the order of the key: no two nodes wait
-- for each other.
insert into site_count as s (controller_id, day, notice, policy_version, fetched, accepted, refused, chosen)
select $1::int4, (now() at time zone $2::text)::date, c.notice, c.policy_version, c.fetched, c.accepted,
       c.refused, c.chosen
from unnest($3::bytea[], $4::int4[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
     c(notice, policy_version, fetched, accepted, refused, chosen)
order by c.notice, c.policy_version
on conflict (controller_id, day, notice, policy_version) do update
    set fetched = s.fetched + excluded.fetched, accepted = s.accepted + excluded.accepted,
        refused = s.refused + excluded.refused, chosen = s.chosen + excluded.chosen;
