-- SPDX-License-Identifier: Apache-2.0
-- Ends a double opt-in: the Yes that waits becomes a Yes, as one act of its own. The token that the person
-- sent back told subject, purpose and the revision of the request; the request's event tells role, notice,
-- language and reference.
--
-- Rows as record() returns them, of request 0: record_gone() where nothing waits any more, since its time is
-- over, it was used, or a No came in between. As the owner: a state is deleted, which the service's role may
-- not do. Steps:
--   1  takes the head's lock; stops where the caller's generation is not the one in force
--   2  names a repeated idempotency key, though nothing waits any more
--   3  finds what waits, under any one of the subject's tags; refuses what a No overtook
--   4  takes it away under all of the subject's tags, and records the Yes
create or replace function confirm(
    c integer, p_generation bigint, p_policy_version integer,
    p_key bytea, p_fingerprint bytea, p_context text, p_actor text,
    p_subject bigint, p_purpose integer, p_revision bigint,
    p_method smallint, p_validity interval, p_tie integer, p_effect smallint, p_record uuid, p_evidence text)
returns table (
    outcome smallint, request integer, act integer,
    record_id uuid, revision bigint, subject_no bigint, rank bigint, recorded_at timestamptz,
    valid_until timestamptz, purpose_id integer, effect smallint, was smallint, was_each bigint[],
    policy_version integer, context text)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    now_ timestamptz;
    i identifier;
    e event;
    waits consent;
    seen bytea; -- the fingerprint that the key came with first
begin
    -- 1. As record() does, which takes the same lock again.
    perform from head where controller_id = c for no key update;
    if (select x.generation from controller x where x.controller_id = c) is distinct from p_generation then
        outcome := record_stale();
        return next;
        return;
    end if;
    now_ := clock_timestamp();
    request := 0;

    -- 2. A repeat gets the first answer.
    select x.fingerprint into seen from idempotency x
        where x.controller_id = c and x.key_hash = p_key and x.recorded_at > now_ - first_answer_kept();
    if found then
        outcome := case when seen = p_fingerprint then record_replayed() else record_key_reused() end;
        return next;
        return;
    end if;

    -- 3. A No overtakes it that is not older, to anything: all purposes, the purpose, or any entity of it.
    select * into i from identifier x
        where x.controller_id = c and x.subject_no = p_subject order by x.tag limit 1;
    select * into waits from consent x
        where x.controller_id = c and x.tag = i.tag and x.purpose_id = p_purpose and x.slot = slot_pending()
              and x.revision = p_revision and x.valid_until > now_;
    if waits.tag is null or exists (
        select from consent x
        where x.controller_id = c and x.tag = i.tag and x.slot in (slot_self(), slot_guardian())
              and event_state_is_no(rank_state(x.rank))
              and x.purpose_id in (select purpose_all() union all
                                   select q.purpose_id from purpose q, purpose w
                                   where w.controller_id = c and w.purpose_id = p_purpose
                                         and q.controller_id = c
                                         and split_part(q.key, '@', 1) = split_part(w.key, '@', 1))
              and rank_time(x.rank) >= rank_time(waits.rank)) then
        outcome := record_gone();
        return next;
        return;
    end if;

    -- 4. The person confirms, whoever asked for the mail; all else is as it was asked for.
    select * into e from event x where x.controller_id = c and x.revision = p_revision;
    delete from consent x using identifier t
        where t.controller_id = c and t.subject_no = p_subject
              and x.controller_id = c and x.tag = t.tag and x.purpose_id = p_purpose
              and x.slot = slot_pending();
    return query select * from record(
        c, p_generation, p_policy_version,
        r_key => array[p_key], r_fingerprint => array[p_fingerprint], r_context => array[p_context],
        r_actor => array[p_actor], a_request => array[0],
        a_tags => array[i.tag], a_types => array[set_byte('\x00'::bytea, 0, i.type)],
        a_old_tag => array[null::bytea],
        a_purpose => array[p_purpose], a_slot => array[slot_self()], a_role => array[e.role],
        a_method => array[p_method], a_rank => array[rank_base(class_choice(), event_given())],
        a_tie => array[p_tie], a_floating => array[false],
        a_time => array[null::bigint], a_age => array[0::bigint],
        a_validity => array[p_validity], a_notice => array[e.notice_no], a_effect => array[p_effect],
        a_record => array[p_record], a_language => array[e.language], a_ref => array[e.ref],
        a_detail => array[null::text], a_evidence => array[p_evidence]);
end $$;
revoke execute on function confirm from public;
