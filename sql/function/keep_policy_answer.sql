-- SPDX-License-Identifier: Apache-2.0
-- Keeps the first answer to a policy sent with an idempotency key, if any: the version stands for the
-- revision of the first event, of which there are none.
create or replace function keep_policy_answer(
    p_controller integer, p_key_hash bytea, p_fingerprint bytea, p_outcome smallint, p_version integer,
    p_at timestamptz)
returns void language sql as $$
    insert into idempotency as old
        (controller_id, key_hash, fingerprint, context, first_revision, events, recorded_at)
        select p_controller, p_key_hash, p_fingerprint, p_outcome::text, p_version, 0, p_at
        where p_key_hash is not null
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context,
                first_revision = excluded.first_revision, events = excluded.events,
                recorded_at = excluded.recorded_at
$$;
