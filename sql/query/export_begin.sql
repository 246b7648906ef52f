-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject: what an export of it begins with. One row: the generation, the time of the
-- snapshot, the ledger's last revision, how many events the subject has up to there, of which purposes, what
-- it is known by, the strongest first, by type; and the policy in force.
select c.generation, statement_timestamp() as as_of, h.revision as head, e.events, e.purposes,
       array(select i.type::int8
             from unnest(identifiers_had($1, array[$2::int8], persons_share_max())) n(no)
             cross join lateral (select x.type from identifier x
                                 where x.controller_id = $1 and x.subject_no = n.no offset 0) i
             order by identifier_strength(i.type) desc) as types,
       c.policy_version, p.document
from controller c
join head h on h.controller_id = c.controller_id
join policy p on p.controller_id = c.controller_id and p.version = c.policy_version
cross join lateral (select count(*) as events,
                           coalesce(array_agg(distinct v.purpose_id::int8), '{}') as purposes
                    from event v
                    where v.controller_id = $1 and v.subject_no = $2 and v.revision <= h.revision) e
where c.controller_id = $1;
