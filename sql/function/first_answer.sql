-- SPDX-License-Identifier: Apache-2.0
-- The first answer to what came with an idempotency key, as JSON, kept in the transaction of what it tells
-- of. Writes of different kinds hold different locks: of two under one key at one time the later fails, and
-- finds the first one's answer when it is asked again. record() and apply_policy() have answers of their own
-- (events_answer_keep(); record_apart() keeps its by the batch).

-- What is kept with the key, of whatever request that was. All null: nothing, or not any more.
create or replace function first_answer(c integer, p_key bytea, p_now timestamptz) returns idempotency
language plpgsql stable as $$
declare
    kept idempotency;
begin
    select * into kept from idempotency i
        where i.controller_id = c and i.key_hash = p_key and i.recorded_at > p_now - first_answer_kept();
    return kept;
end $$;

-- Keeps that of events, or of a policy, under the lock under which it was seen that there is none: what is
-- kept and over is replaced. p_first: the revision of the first event, or the policy's version.
create or replace function events_answer_keep(c integer, p_key bytea, p_fingerprint bytea, p_context text,
                                              p_first bigint, p_events integer, p_now timestamptz)
returns void language plpgsql as $$
begin
    if p_key is null then
        return;
    end if;
    insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events,
                                    recorded_at)
        values (c, p_key, p_fingerprint, p_context, p_first, p_events, p_now)
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context,
                first_revision = excluded.first_revision, events = excluded.events,
                recorded_at = excluded.recorded_at;
end $$;

-- Keeps it, unless there is no key. p_subject_no: whose it is, with whom it goes; null: nobody's.
create or replace function first_answer_keep(c integer, p_key bytea, p_fingerprint bytea, p_answer jsonb,
                                             p_subject_no bigint, p_now timestamptz) returns void
language plpgsql as $$
begin
    if p_key is null then
        return;
    end if;
    insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events,
                                    subject_no, recorded_at)
        values (c, p_key, p_fingerprint, p_answer::text, 0, 0, p_subject_no, p_now)
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context, first_revision = 0,
                events = 0, subject_no = excluded.subject_no, recorded_at = excluded.recorded_at
            where old.recorded_at <= p_now - first_answer_kept();
    if not found then
        raise exception 'another write with this key came first' using errcode = 'serialization_failure';
    end if;
end $$;
