-- SPDX-License-Identifier: Apache-2.0
-- $1 controller. Its recipients, how far the ledger is, and how far each was told of it.
select substr(e.name, length('recipients/') + 1) as name, e.url, e.purposes is null as is_of_all,
       array_to_string(e.purposes, ' ') as purposes, e.revision, h.revision as head,
       v.recorded_at as waits_since, statement_timestamp() as as_of, e.failures, e.paused_until, e.stopped_at,
       e.last_delivery_at, e.http_status, e.fault
from endpoint e
join head h on h.controller_id = e.controller_id
left join lateral (select x.recorded_at from event x
                   where x.controller_id = e.controller_id and x.revision > e.revision
                   order by x.revision limit 1) v on true
where e.controller_id = $1::int4 and e.name like 'recipients/%'
order by e.name;
