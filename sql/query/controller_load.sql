-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key. No row: it has no policy yet. The first row is the controller (kind 0), then its purposes (1, version tells a retired one) and
-- notices (2) with their numbers, and tokens that were revoked (3, key tells which).
with c as (select * from controller where key = $1 and policy_version > 0)
select 0::int2 as kind, c.controller_id as number, c.key as key, p.document as version, c.generation, c.policy_version,
       c.key_first, c.key_oldest, c.key_last, c.subject_id_key, p.sha256,
       statement_timestamp() as as_of
from c join policy p on p.controller_id = c.controller_id and p.version = c.policy_version
union all
select 1::int2, x.purpose_id, x.key, case when x.retired then 'retired' end, null, null, null, null, null, null, null, null
from c join purpose x on x.controller_id = c.controller_id
union all
select 2::int2, x.notice_no, x.id, x.version, null, null, null, null, null, null, null, null
from c join notice x on x.controller_id = c.controller_id
union all
select 3::int2, 0, x.token_id, null, null, null, null, null, null, null, null, null
from c join revoked x on x.controller_id = c.controller_id and x.expires_at > statement_timestamp();
