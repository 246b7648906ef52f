-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the hash of an idempotency key, $3 that of the body it came with: the first answer's
-- events, and in the first row its context. Rows as record() returns them; none where there was no such
-- request.
select record_replayed(), 0, 0, e.record_id, e.revision, e.subject_no, e.rank, e.recorded_at, e.valid_until,
       e.purpose_id, e.effect, e.was, e.was_each, e.policy_version,
       case when row_number() over (order by e.revision) = 1 then i.context end, e.answer
from idempotency i
left join lateral (select x.* from event x
                   where x.controller_id = $1 and x.revision >= i.first_revision
                         and x.revision < i.first_revision + i.events offset 0) e on true
where i.controller_id = $1 and i.key_hash = $2 and i.fingerprint = $3
      and i.recorded_at > clock_timestamp() - first_answer_kept()
order by e.revision;
