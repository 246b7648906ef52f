-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key. No row: it has no policy yet. One row has a controller_id: the controller, and the
-- time of the snapshot. The others: a purpose and its number (retired is not null), a notice version and its
-- number (version is not null), or a token that was revoked (token_id is not null).
with c as (select * from controller where key = $1 and policy_version > 0)
select c.controller_id, c.generation, c.policy_version, p.document, p.sha256, c.subject_id_key,
       c.key_first, c.key_oldest, c.key_last, statement_timestamp() as as_of,
       null::int4 as number, null::text as key, null::text as entity, null::boolean as retired,
       null::text as version, null::text as token_id
from c join policy p on p.controller_id = c.controller_id and p.version = c.policy_version
union all
select null, null, null, null, null, null, null, null, null, null, x.purpose_id, x.key, x.entity, x.retired,
       null, null
from c join purpose x on x.controller_id = c.controller_id
union all
select null, null, null, null, null, null, null, null, null, null, x.notice_no, x.id, null, null, x.version,
       null
from c join notice x on x.controller_id = c.controller_id
union all
select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, x.token_id
from c join revoked x on x.controller_id = c.controller_id and x.expires_at > statement_timestamp();
