-- SPDX-License-Identifier: Apache-2.0
-- Breaches of personal data (GDPR art. 33 and 34).

-- Within what the supervisory authority is told (art. 33(1)): in hours, which no weekend lengthens
-- (Regulation 1182/71 art. 3(4)). The hour that had begun is not given on top.
create or replace function breach_term() returns interval
    language sql immutable parallel safe as 'select interval ''72 hours''';

-- Writes one down, once for an idempotency key. False: the key came with another request.
create or replace function breach_add(
    c integer, p_id uuid, p_known_at timestamptz, p_from timestamptz, p_to timestamptz, p_purposes integer[],
    p_subjects bigint[], p_facts text, p_effects text, p_measures text, p_data_classes text[],
    p_high_risk boolean, p_on_behalf_of text, p_actor text, p_token text, p_key_hash bytea,
    p_fingerprint bytea)
returns boolean language plpgsql as $$
declare
    now_ constant timestamptz := clock_timestamp();
    known constant timestamptz := coalesce(p_known_at, now_);
    no bigint;
    kept idempotency;
    made breach;
begin
    insert into register as r (controller_id, breach_no) values (c, 1)
        on conflict (controller_id) do update set breach_no = r.breach_no + 1
        returning breach_no into no;
    kept := first_answer(c, p_key_hash, now_);
    if kept.key_hash is not null then
        update register set breach_no = no - 1 where controller_id = c; -- its lock alone was wanted
        return kept.fingerprint = p_fingerprint;
    end if;
    insert into breach (controller_id, breach_no, breach_id, known_at, due_at, from_time, to_time, purposes,
                        subjects, facts, effects, measures, data_classes, high_risk, on_behalf_of,
                        recorded_at, recorded_by)
        values (c, no, p_id, known, known + breach_term(), p_from, coalesce(p_to, known), p_purposes,
                p_subjects, p_facts, p_effects, p_measures, p_data_classes, p_high_risk, p_on_behalf_of, now_,
                p_actor)
        returning * into made;
    perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(made), null, now_);
    perform audit_add(c, array[p_actor], array[p_token], array['breach_add'], array[null::bigint],
                      array[coalesce(cardinality(p_subjects), 0)], array[null::text], array[p_on_behalf_of],
                      array[null::uuid]);
    return true;
end $$;

-- What became known, or was done, since, once for an idempotency key: what is null stays as it is.
-- Returns an enum breach_outcome.
create or replace function breach_set(
    c integer, p_id uuid, p_facts text, p_effects text, p_measures text, p_high_risk boolean,
    p_reported_at timestamptz, p_not_reported text, p_delay text, p_told_at timestamptz, p_closes boolean,
    p_actor text, p_token text, p_key_hash bytea, p_fingerprint bytea)
returns integer language plpgsql as $$
declare
    now_ constant timestamptz := clock_timestamp();
    b breach;
    kept idempotency;
begin
    select * into b from breach where controller_id = c and breach_id = p_id for no key update;
    if b.breach_no is null then
        return breach_unknown();
    end if;
    kept := first_answer(c, p_key_hash, now_);
    if kept.key_hash is not null then
        return case when kept.fingerprint = p_fingerprint then breach_done() else breach_key_reused() end;
    end if;
    update breach set
            edition = b.edition + 1,
            facts = coalesce(p_facts, b.facts), effects = coalesce(p_effects, b.effects),
            measures = coalesce(p_measures, b.measures), high_risk = coalesce(p_high_risk, b.high_risk),
            reported_at = coalesce(b.reported_at, p_reported_at),
            not_reported = coalesce(p_not_reported, b.not_reported), delay = coalesce(p_delay, b.delay),
            told_at = coalesce(b.told_at, p_told_at),
            closed_at = coalesce(b.closed_at, case when p_closes then now_ end)
        where controller_id = c and breach_no = b.breach_no
        returning * into b;
    perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(b), null, now_);
    perform audit_add(c, array[p_actor], array[p_token], array['breach_update'], array[null::bigint],
                      array[1], array[null::text], array[b.on_behalf_of], array[null::uuid]);
    return breach_done();
end $$;

-- The latest event of a person that is concerned: of that period, those purposes, that client (null: any);
-- with the ref of the latest of these that has one, since it is what a client knows the person by.
create or replace function breach_event(c integer, p_subject bigint, p_from timestamptz, p_to timestamptz,
                                        p_purposes integer[], p_actor text)
returns table (ref text, actor text, on_behalf_of text, revision bigint) language plpgsql stable as $$
begin
    return query
        select coalesce(e.ref, (
                   select x.ref from event x
                   where x.controller_id = c and x.subject_no = p_subject and x.ref is not null
                         and x.slot / slot_count() <> guardian_time()
                         and (p_from is null or x.recorded_at >= p_from) and x.recorded_at <= p_to
                         and (p_purposes is null or x.purpose_id = any (p_purposes))
                         and x.actor = e.actor -- another's own is nothing to this one
                   order by x.subject_no, x.revision desc limit 1)),
               e.actor, e.detail ->> 'on_behalf_of', e.revision
        from event e
        where e.controller_id = c and e.subject_no = p_subject
              and e.slot / slot_count() <> guardian_time()
              and (p_from is null or e.recorded_at >= p_from) and e.recorded_at <= p_to
              and (p_purposes is null or e.purpose_id = any (p_purposes))
              and (p_actor is null or e.actor = p_actor)
        order by e.subject_no, e.revision desc limit 1;
end $$;
