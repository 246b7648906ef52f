-- SPDX-License-Identifier: Apache-2.0
-- What policy_apply.sql would answer, with nothing written: outcome, the version in force (0: none),
-- offender, words that Yeses rest on and it has not, entities that something was said to and it has not. $1 a
-- controller's key, $2 country, $3 time zone, $4 the document's hash, $5 purposes, $6 their entities, $7
-- bases, $8 whether the standing No stops each, $9 notice ids, $10 versions and $11 hashes, $12 the document.
select case when not exists (select from pg_timezone_names z where z.name = $3) then apply_no_time_zone()
            when p.sha256 = $4 then apply_same()
            else coalesce(x.outcome, apply_done()) end,
       coalesce(c.policy_version, 0),
       x.offender,
       words_stranded($1, $9, $10),
       entities_left($1, $6)
from (select) once
left join controller c on c.key = $1
left join policy p on p.controller_id = c.controller_id and p.version = c.policy_version
left join lateral policy_conflict(c.controller_id, $2, $5, $6, $7, $8, $9, $10, $11,
                                  $12::text::jsonb) x on true;
