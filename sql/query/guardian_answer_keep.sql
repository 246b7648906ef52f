-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the hash of a key, $3 that of the request it came with, $4 what is answered to it
-- beside the requests' events, $5 the revision of the first of these, $6 whose they are: keeps it, and
-- returns what was kept first of these requests. What is left of others before them, under the same key,
-- is over by then.
insert into idempotency as kept (controller_id, key_hash, fingerprint, context, first_revision, events,
                                 subject_no, recorded_at)
    values ($1::int4, $2::bytea, $3::bytea, $4::text, $5::int8, 0, $6::int8, clock_timestamp())
    on conflict (controller_id, key_hash) do update
        set context = case when kept.first_revision = excluded.first_revision then kept.context
                           else excluded.context end,
            recorded_at = case when kept.first_revision = excluded.first_revision then kept.recorded_at
                               else excluded.recorded_at end,
            fingerprint = excluded.fingerprint, first_revision = excluded.first_revision,
            subject_no = excluded.subject_no
returning context;
