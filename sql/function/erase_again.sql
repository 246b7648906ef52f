-- SPDX-License-Identifier: Apache-2.0
-- Erasures that a recovery took back are done again: of a database that was recovered to a moment before
-- them, by the list that another one gave of them, a line of JSON each (docs/rights.md).
--
-- (1) The list has keyed hashes and numbers, and no identifier.
-- (2) Who it was is found by the tags that the tombstones stand under, and by number: a number that leads to
--     somebody who was known before the erasure leads to whom it led then, since numbers that were given
--     after the moment of the recovery are given anew to who came after the erasure.
-- (3) It ranks as of the first time: a choice of the person's own after that outranks it, as it did then.
-- (4) Each has its record_id of the first time: what is there already is passed over, so that a list may be
--     read again, and may begin earlier than it has to.
-- (5) Tags are of one subject key. Where the database has moved to another since, or not yet, nobody is found
--     by them: nothing is done then, and it is said.

-- The erasures since p_since of one controller (null: of all), behind that one: at most p_limit.
create or replace function erasures(p_controller text, p_since timestamptz, p_after_controller integer,
                                    p_after_revision bigint, p_limit integer)
returns table (controller_id integer, revision bigint, line text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return query
        select e.controller_id, e.revision,
               jsonb_build_object(
                   'controller', o.key, 'record_id', e.record_id, 'subject', e.subject_no,
                   'erased_at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'keep_proof', coalesce((e.detail ->> 'keep_proof')::boolean, false),
                   'until', to_char(t.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'tags', coalesce(t.tags, '[]'), 'denied', coalesce(t.denied, '[]'))::text
        from controller o
        cross join lateral (
            select x.*, time_of(rank_time(x.rank)) as at from event x
            where x.controller_id = o.controller_id and x.slot = staff_erased()
                  and (x.controller_id, x.revision) > (p_after_controller, p_after_revision)
                  and rank_state(x.rank) = event_erased() and x.recorded_at >= p_since
                  -- and none that keeps what is heard elsewhere (erase_attach)
                  and x.detail ? 'keep_proof'
            order by x.revision limit p_limit) e
        cross join lateral (
            select max(x.until) as until, jsonb_agg(encode(x.tag, 'hex')) as tags,
                   (select jsonb_agg(distinct d) from tombstone y cross join unnest(y.denied) d
                    where y.controller_id = o.controller_id and y.revision = e.revision) as denied
            from tombstone x
            where x.controller_id = o.controller_id and x.revision = e.revision) t
        where p_controller is null or o.key = p_controller
        order by e.controller_id, e.revision limit p_limit;
end $$;
revoke execute on function erasures from public;

-- Whom an erasure of then was of, in this database.
create or replace function erased_then(c integer, p_tags bytea[], p_subject bigint, p_at timestamptz)
returns bigint[] language plpgsql stable as $$
begin
    return array(
        select i.subject_no from identifier i
        where i.controller_id = c and (i.tag = any (p_tags) or i.subject_no = p_subject) and i.is_person
              and exists (select from event e where e.controller_id = c and e.subject_no = i.subject_no
                          and e.recorded_at < p_at)
        order by i.subject_no);
end $$;

-- What came of a line: 'there', 'erased', 'remembered' (nobody had to be erased; a tombstone is set), or
-- 'nothing'; 'other_key' (5); null: there is no such controller.
create or replace function erase_again(p_line jsonb, p_actor text) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    at_ constant timestamptz := (p_line ->> 'erased_at')::timestamptz;
    until_ constant timestamptz := (p_line ->> 'until')::timestamptz;
    tags constant bytea[] := array(select decode(t, 'hex')
                                   from jsonb_array_elements_text(p_line -> 'tags') t);
    denied integer[]; -- what was objected to then, of the purposes that there are
    o controller;
    c integer;
    now_ bigint;
    ask staff_ask;
    no bigint;
    rest bytea[] := '{}'; -- tags that a tombstone has still to be set under
    e event;
    outcome text := 'nothing';
begin
    select * into o from controller x where x.key = p_line ->> 'controller';
    c := o.controller_id;
    perform from head where controller_id = c for no key update;
    now_ := instant_of(clock_timestamp());
    ask.record_id := (p_line ->> 'record_id')::uuid;
    if c is null then
        return null;
    elsif exists (select from event x where x.controller_id = c and x.slot = staff_erased()
                  and x.record_id = ask.record_id) then
        return 'there';
    elsif exists (select from unnest(tags) t
                  where get_byte(t, 0) not between o.key_oldest and o.key_last) then
        return 'other_key';
    end if;

    -- who it was
    ask.kind := staff_erased();
    ask.keep_proof := (p_line ->> 'keep_proof')::boolean;
    ask.remember_no := coalesce(until_ > time_of(now_), false);
    ask.term := until_ - time_of(now_);
    ask.acted_at := instant_of(at_);
    foreach no in array erased_then(c, tags, (p_line ->> 'subject')::bigint, at_) loop
        continue when not exists (select from identifier where controller_id = c and subject_no = no);
        ask.subject_no := no;
        perform staff_erase(c, ask, p_actor, o.policy_version, now_);
        ask.record_id := null; -- the first has it
        outcome := 'erased';
    end loop;

    -- who came and was erased since that moment
    if ask.remember_no then
        rest := array(select t from unnest(tags) t
                      where not exists (select from identifier i where i.controller_id = c and i.tag = t)
                            and not exists (select from tombstone x where x.controller_id = c and x.tag = t
                                            and rank_time(x.rank) >= ask.acted_at and x.until >= until_));
        -- what an earlier erasure left of these
        perform touch(c, rest);
        delete from consent s where s.controller_id = c and s.tag = any (rest) and s.slot = slot_reached()
                                    and rank_state(s.rank) = event_erased();
    end if;
    if cardinality(rest) > 0 then
        update head set subject_no = subject_no + 1 where controller_id = c returning subject_no into no;
        ask.detail := jsonb_build_object('keep_proof', ask.keep_proof);
        e := staff_event(c, ask, p_actor, o.policy_version, now_, no, null, event_erased(), false);
        perform tombstones_set(c, array(
            select row(c, t.tag, e.revision, e.record_id, e.rank, until_, '{}'::integer[])::tombstone
            from unnest(rest) t(tag)), time_of(now_));
        outcome := case outcome when 'nothing' then 'remembered' else outcome end;
    end if;
    if ask.remember_no then
        denied := array(select p.purpose_id from purpose p
                        where p.controller_id = c
                              and p_line -> 'denied' @> to_jsonb(p.purpose_id));
        perform tombstones_deny(c, tags, denied, time_of(now_));
    end if;
    if outcome <> 'nothing' then
        perform audit_add(c, array[p_actor], array[null::text], array['erase_again'], array[ask.subject_no],
                          array[1], array[null::text], array[null::text], array[null::uuid]);
    end if;
    return outcome;
end $$;
revoke execute on function erase_again from public;
