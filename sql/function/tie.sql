-- SPDX-License-Identifier: Apache-2.0
-- Who is who. An act names identifiers; the strongest of them is the person, the others came beside it: each
-- is a row of tie, person to beside. What a person has is itself, what came beside it, and in turn what came
-- beside those. A Yes holds for what it names. A No holds for what it names, and reaches all that any person
-- has who has one of those (API, "Who is who"); it is pushed to them, so that a check reads one range.
--
--   above   an identifier: it, and the persons who have it      below   what a person has, browsers apart
--
-- (1) Under each tag SLOT_NO holds the best No that named it or anything below it: what travels on with a new
--     tie to a person above. SLOT_REACHED holds the best of the others that reach it. The same goes for the
--     signal and for limits, and for each guardian.
-- (2) A limit or a guardian's No that was told with a customer code reaches what it names and what is below
--     the code, no other; it stands in SLOT_REACHED there.
-- (3) What is heard at a person, in either slot, is heard by all below it.
-- (4) An identifier that more than persons_pushed_max() persons have is crowded, and stays so. The walk
--     upward stops at it: a No of what is below it ends in its SLOT_NO. Whoever else shares a person with it
--     has a pointer to it, and a check follows it. So a No writes at most persons_pushed_max() times
--     person_identifiers_max() rows for each identifier named.
-- (5) A pointer is a row of purpose_pointer() under the tag that hears; rank has the subject_no of the
--     identifier to look under, tiebreak its kind. pointer_up(): what is heard there is heard here.
--     pointer_down(), pointer_side(): what travels from there is heard here, that of pointers down from there
--     too; down: it is below this one. A browser is never pushed to, and has a pointer up to each person it
--     was named with.
-- (6) All of this is a function of the set of acts, whatever order they came in.
-- All functions run under the head's lock.

-- Whether a slot travels; then the next slot is where it arrives.
create or replace function slot_travels(slot integer) returns boolean
    language sql immutable parallel safe as
    'select slot % slot_count() in (slot_no(), slot_signal(), slot_age_limit(), slot_care_limit())';
-- Whether it is what a No or a limit did: travels or arrived.
create or replace function slot_is_heard(slot integer) returns boolean
    language sql immutable parallel safe as
    'select slot_travels(slot) or slot_travels(slot - 1)';
-- Whether it is of requests that wait for a confirmation, the person's or a guardian's.
create or replace function slot_waits(slot integer) returns boolean
    language sql immutable parallel safe as
    'select slot & 15 = slot_pending() and slot / slot_count() not in (guardian_staff(), guardian_time())';

-- The identifiers themselves and the persons above, as far as the first crowded one on each way. Browsers
-- among them go: nothing is tied to a browser.
create or replace function persons_above(c integer, p_nos bigint[]) returns bigint[]
language plpgsql stable as $$
declare
    above bigint[];
    rim bigint[]; -- found last
begin
    select array_agg(distinct i.subject_no),
           array_agg(i.subject_no) filter (where not i.is_crowded and i.is_tied)
        into above, rim
        from unnest(p_nos) n(no)
        cross join lateral (select x.* from identifier x where x.controller_id = c and x.subject_no = n.no
                            offset 0) i
        where i.type <> identifier_visitor();
    while cardinality(rim) > 0 loop
        select coalesce(above || array_agg(f.subject_no), above),
               array_agg(f.subject_no) filter (where not f.is_crowded)
            into above, rim
            from (select distinct i.subject_no, i.is_crowded
                  from unnest(rim) n(no)
                  cross join lateral (select x.person_no from tie x
                                      where x.controller_id = c and x.beside_no = n.no offset 0) t
                  cross join lateral (select x.* from identifier x
                                      where x.controller_id = c and x.subject_no = t.person_no offset 0) i
                  where t.person_no <> all (above)) f;
    end loop;
    return coalesce(above, '{}');
end $$;

-- The identifiers themselves, and what is below them, browsers apart.
create or replace function identifiers_below(c integer, p_nos bigint[]) returns bigint[]
language plpgsql stable as $$
declare
    below bigint[] := p_nos;
    rim bigint[] := p_nos;
begin
    while cardinality(rim) > 0 loop
        select array_agg(distinct t.beside_no) into rim
            from unnest(rim) n(no)
            cross join lateral (select x.beside_no from tie x
                                where x.controller_id = c and x.person_no = n.no
                                      and x.beside_type <> identifier_visitor() offset 0) t
            where t.beside_no <> all (below);
        below := below || rim;
    end loop;
    return below;
end $$;

-- Puts rows of consent under further identifiers, by number; each stays unless a higher one stands there, or
-- an equal one of an earlier event. p_arrive: they came from elsewhere, so that what travels arrives.
create or replace function push_states(c integer, p_rows consent[], p_nos bigint[], p_arrive boolean)
returns void language plpgsql as $$
begin
    with pushed as (
        insert into consent as old (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank,
                                    revision, valid_until, record_id)
        select distinct on (i.tag, r.purpose_id, r.to_slot)
               c, i.tag, r.purpose_id, r.to_slot, r.notice_no, r.flags, r.tiebreak, r.rank, r.revision,
               r.valid_until, r.record_id
        from unnest(p_nos) n(no)
        cross join lateral (select x.tag from identifier x where x.controller_id = c and x.subject_no = n.no
                            offset 0) i
        cross join (select x.*, x.slot + (p_arrive and slot_travels(x.slot))::integer as to_slot
                    from unnest(p_rows) x) r
        order by i.tag, r.purpose_id, r.to_slot, r.rank desc, r.tiebreak desc, r.revision
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, flags = excluded.flags, tiebreak = excluded.tiebreak,
                rank = excluded.rank, revision = excluded.revision, valid_until = excluded.valid_until,
                record_id = excluded.record_id
            where (old.rank, old.tiebreak, excluded.revision)
                  < (excluded.rank, excluded.tiebreak, old.revision)
        returning old.tag)
    insert into touched (controller_id, no, marks)
        select c, touched_newest(c) + 1, string_agg(tag_mark(p.tag), '') from pushed p having count(*) > 0;
end $$;

-- What stands under an identifier, by number, in the slots that are heard. A tombstone is of its tag alone.
create or replace function heard_states(c integer, p_no bigint) returns consent[]
language plpgsql stable as $$
begin
    return (select array_agg(s) from identifier i
            cross join lateral (select x.* from consent x where x.controller_id = c and x.tag = i.tag
                                      and x.purpose_id <> purpose_pointer() and slot_is_heard(x.slot)
                                      and rank_state(x.rank) <> event_erased()
                                offset 0) s
            where i.controller_id = c and i.subject_no = p_no);
end $$;

-- Gives each of these identifiers a pointer to another one, unless it has it. What is found to be below
-- becomes a pointer down.
create or replace function point_at(c integer, p_nos bigint[], p_target bigint, p_kind integer) returns void
language plpgsql as $$
declare
    tags constant bytea[] := array(
        select i.tag from unnest(p_nos) n(no)
        cross join lateral (select x.tag from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        where n.no <> p_target);
    t bytea;
begin
    perform touch(c, tags);
    foreach t in array tags loop
        update consent set tiebreak = p_kind
            where controller_id = c and tag = t and purpose_id = purpose_pointer() and rank = p_target
                  and tiebreak > p_kind;
        insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, record_id)
            select c, t, purpose_pointer(), coalesce(max(x.slot) + 1, 0), 0, p_kind, p_target, 0,
                   '00000000-0000-0000-0000-000000000000'
            from consent x
            where x.controller_id = c and x.tag = t and x.purpose_id = purpose_pointer()
            having not coalesce(bool_or(x.rank = p_target), false);
    end loop;
end $$;

-- (4) Those that share a person with p_no, and are not below it, look for its Noes from now on. p_persons: as
-- far as persons_above() went from those that have it.
create or replace function point_at_crowded(c integer, p_no bigint, p_persons bigint[]) returns void
language plpgsql as $$
declare
    below bigint[] := identifiers_below(c, array[p_no]);
    beside bigint[];
begin
    perform point_at(c, array_remove(p_persons, p_no), p_no, pointer_down());
    select array_agg(b) into beside from unnest(identifiers_below(c, p_persons)) b
        where b <> all (p_persons) and b <> all (below);
    perform point_at(c, beside, p_no, pointer_side());
end $$;

-- Ties an identifier that was named beside a person's, for the first time. The person is no browser.
-- p_persons: persons_above() it. p_is_new: nobody knew it before this act, so that nothing is heard or had
-- there.
create or replace function tie_identifier(c integer, p_person bigint, p_persons bigint[], p_beside bigint,
                                          p_type smallint, p_is_new boolean)
returns void language plpgsql as $$
declare
    fresh bigint[] := array[p_beside]; -- what all persons above have from now on
    others bigint[]; -- what else these have
    heard consent[];
    p record;
begin
    insert into tie (controller_id, person_no, beside_no, beside_type) values (c, p_person, p_beside, p_type);
    update identifier set is_tied = true
        where controller_id = c and subject_no in (p_person, p_beside) and not is_tied;
    if p_type = identifier_visitor() then
        perform point_at(c, array[p_beside], p_person, pointer_up()); -- (5)
        return;
    end if;
    if not p_is_new then
        fresh := identifiers_below(c, fresh);
    end if;

    -- (3) Downward: what is heard at the person, and where it looks besides.
    heard := heard_states(c, p_person);
    if heard is not null then
        perform push_states(c, heard, array_remove(fresh, p_person), true);
    end if;
    for p in select x.rank as target from identifier i
             cross join lateral (select s.rank from consent s
                                 where s.controller_id = c and s.tag = i.tag
                                       and s.purpose_id = purpose_pointer() offset 0) x
             where i.controller_id = c and i.subject_no = p_person loop
        perform point_at(c, array(select f from unnest(fresh) f
                                  where f <> all (identifiers_below(c, array[p.target]))),
                         p.target, pointer_side());
    end loop;

    -- (1) Upward: what travels goes on to the persons, and reaches what else they have.
    if not p_is_new then
        select array_agg(h) into heard from unnest(heard_states(c, p_beside)) h where slot_travels(h.slot);
        if heard is not null then
            select array_agg(b) into others from unnest(identifiers_below(c, p_persons)) b
                where b <> all (p_persons);
            perform push_states(c, heard, array_remove(p_persons, p_beside), false);
            perform push_states(c, heard, array_remove(others, p_beside), true);
        end if;
    end if;

    perform crowd(c, fresh, p_persons, p_is_new);
end $$;

-- (4) Of identifiers that these persons have from now on: who was crowded is pointed at by them, and who
-- becomes it, by all that share a person with it, as far as one could walk up to here.
create or replace function crowd(c integer, p_fresh bigint[], p_persons bigint[], p_is_new boolean)
returns void language plpgsql as $$
declare
    under_crowded boolean := exists (
        select from unnest(p_persons) q(no)
        cross join lateral (select x.is_crowded from identifier x
                            where x.controller_id = c and x.subject_no = q.no offset 0) i
        where i.is_crowded);
    p record;
begin
    if p_is_new and not under_crowded and cardinality(p_persons) < persons_pushed_max() then
        return;
    end if;
    for p in select i.subject_no, i.is_crowded, persons_above(c, array[i.subject_no]) as above
             from unnest(p_fresh) f(no)
             cross join lateral (select x.* from identifier x
                                 where x.controller_id = c and x.subject_no = f.no offset 0) i loop
        if p.is_crowded then
            perform point_at_crowded(c, p.subject_no, p_persons);
        elsif under_crowded or cardinality(p.above) > persons_pushed_max() then
            update identifier set is_crowded = true where controller_id = c and subject_no = p.subject_no;
            perform point_at_crowded(c, p.subject_no, p.above);
        end if;
    end loop;
end $$;
