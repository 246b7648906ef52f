-- SPDX-License-Identifier: Apache-2.0
-- What stands under identifiers, derived anew from the events that are left: the only routine that may
-- loosen. Whatever takes an act or a tie away (an undone import, a lifted restriction, an identifier that
-- ended, a split, an erasure) changes what is kept of the acts (unranked, named, alias), and has this follow.
--
-- (1) What was recorded is done once more, event by event in the order of revisions, by the functions that
--     recorded it (tie_named, states_write): where nothing was taken away, the same rows come of it.
-- (2) Members are all identifiers that hang together with the given ones: their rows of consent and tie go,
--     and come again from each event that names a member. What such an event does to others stands there
--     already, and stays.
-- (3) The rim are identifiers where the walk ended: browsers, and crowded identifiers where more hang
--     together than rebuild_max(). Of their rows those go that rest on an event which no longer counts or
--     names them, but a crowded one keeps Noes: what else reaches it is not known without walking on.
--     Stricter, then.
-- (4) A tombstone is no event's row: it stays.

-- In place of the last number before an act: none of what it names is new.
create or replace function no_last() returns bigint immutable parallel safe return 9223372036854775807;

-- The identifiers that hang together with these by ties or aliases, p_most at most. p_past: also past crowded
-- ones. A browser ties nobody: the walk ends there.
create or replace function identifiers_tied(c integer, p_nos bigint[], p_past boolean, p_most integer,
                                            out members bigint[], out rim bigint[])
language plpgsql stable as $$
begin
    with recursive walk(no, goes_on, is_member) as (
        select i.subject_no, i.type <> identifier_visitor() and (p_past or not i.is_crowded),
               p_past or not i.is_crowded
        from unnest(p_nos) n(no)
        cross join lateral (select x.* from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        union
        select i.subject_no, i.type <> identifier_visitor() and (p_past or not i.is_crowded),
               i.type <> identifier_visitor() and (p_past or not i.is_crowded)
        from walk w
        cross join lateral (select x.beside_no as no from tie x
                            where x.controller_id = c and x.person_no = w.no
                            union all
                            select x.person_no from tie x
                            where x.controller_id = c and x.beside_no = w.no
                            union all
                            select x.of_no from alias x where x.controller_id = c and x.alias_no = w.no
                            union all
                            select x.alias_no from alias x where x.controller_id = c and x.of_no = w.no
                            offset 0) t
        cross join lateral (select x.* from identifier x
                            where x.controller_id = c and x.subject_no = t.no offset 0) i
        where w.goes_on)
    select array_agg(w.no) filter (where w.is_member), array_agg(w.no) filter (where not w.is_member)
        into members, rim
        from (select x.no, bool_or(x.is_member) as is_member
              from (select * from walk limit p_most) x group by x.no) w;
end $$;

-- The revisions of the events that name these identifiers, and still count.
create or replace function events_naming(c integer, p_nos bigint[]) returns setof bigint
language plpgsql stable as $$
begin
    return query
        select f.revision
        from (select e.revision from unnest(p_nos) n(no)
              cross join lateral (select x.revision from event x
                                  where x.controller_id = c and x.subject_no = n.no offset 0) e
              union
              select b.revision from unnest(p_nos) n(no)
              cross join lateral (select x.revision from beside x
                                  where x.controller_id = c and x.beside_no = n.no offset 0) b) f
        where not exists (select from unranked x where x.controller_id = c and x.revision = f.revision);
end $$;

-- What stood under an identifier, by number, stands under another from here on, and travels on from there.
-- p_all: all of it; else the Noes.
create or replace function states_copy(c integer, p_from bigint, p_to bigint, p_all boolean) returns void
language plpgsql as $$
declare
    heard consent[] := array(select s from identifier i
                             cross join lateral states_heard(c, i.tag, null) s
                             where i.controller_id = c and i.subject_no = p_from
                                   and (p_all or slot_is_heard(s.slot))
                                   and rank_state(s.rank) <> event_erased());
    travelling consent[] := array(select h from unnest(heard) h where slot_travels(h.slot));
    persons bigint[] := array_remove(persons_above(c, array[p_to]), p_to);
begin
    if cardinality(heard) > 0 then
        perform push_states(c, heard, array[p_to], false);
        perform push_states(c, array(select h from unnest(heard) h where slot_is_heard(h.slot)),
                            array_remove(identifiers_below(c, array[p_to]), p_to), true); -- (3) of tie.sql
    end if;
    if cardinality(travelling) > 0 and cardinality(persons) > 0 then
        perform push_states(c, travelling, persons, false);
        perform push_states(c, travelling, array(select b from unnest(identifiers_below(c, persons)) b
                                                 where b <> all (persons) and b <> p_to), true);
    end if;
end $$;

-- What an event of staff does to persons, and did not unrank: p_types and p_nos are what it names, the person
-- first.
create or replace function staff_states_write(c integer, p_types bytea, e event, p_nos bigint[]) returns void
language plpgsql as $$
declare
    a act;
    l "alias";
    mutual "alias"[];
    r consent;
    nos bigint[] := p_nos[1:1]; -- those that are no alias
begin
    a.types := substr(p_types, 1, 1);
    for k in 2 .. cardinality(p_nos) loop
        select * into l from alias x
            where x.controller_id = c and x.alias_no = p_nos[k] and x.revision = e.revision;
        if found then
            perform states_copy(c, l.of_no, l.alias_no, l.is_mutual);
            if l.is_mutual then
                mutual := mutual || l;
            end if;
        else
            nos := nos || p_nos[k];
            a.types := a.types || substr(p_types, k, 1);
        end if;
    end loop;
    foreach l in array coalesce(mutual, '{}') loop -- behind all: of several, each hears the others
        perform states_copy(c, l.alias_no, l.of_no, true);
    end loop;
    if e.slot = staff_restricted() then
        r := row(c, null, purpose_all(), e.slot, null, 0, 0, e.rank, e.revision, null, e.record_id);
        perform push_states(c, array[r], identifiers_below(c, nos[1:1]), false);
    elsif e.slot in (staff_added(), staff_ended(), staff_merged(), staff_split(), staff_corrected(),
                     staff_erased()) then
        perform tie_named(c, a, nos, no_last());
    end if;
    if e.slot = staff_merged() then -- each has the other
        a.types := substr(a.types, 2, 1) || substr(a.types, 1, 1);
        perform tie_named(c, a, array[nos[2], nos[1]], no_last());
    end if;
end $$;

-- Does once more what an event did, to the identifiers it named, by number, which are still there (p_beside:
-- all but its person). p_request: the request that it confirmed, or null.
create or replace function replay_event(c integer, e event, t told, p_beside bigint[], p_request bigint,
                                        p_now timestamptz)
returns void language plpgsql as $$
declare
    a act;
    nos bigint[];
    tied boolean;
    r consent;
    request event;
begin
    select array_agg(i.subject_no order by n.place),
           string_agg(set_byte('\x00', 0, i.type), null order by n.place), bool_or(i.is_tied)
        into nos, a.types, tied
        from unnest(e.subject_no || p_beside) with ordinality n(no, place)
        cross join lateral (select x.* from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i;
    if nos is null or e.slot / slot_count() = guardian_time() then
        return; -- it can be tied to nobody any more; what time did is no act
    end if;
    a.rank_base := e.rank;
    a.guardian_no := e.slot / slot_count();
    if a.guardian_no = guardian_staff() then
        perform staff_states_write(c, a.types, e, nos);
        -- of an erased Yes this is left: it limits, and never opens
        if t.age_until > 0 or t.care_until > 0 then
            r := row(c, null, e.purpose_id, e.slot, null, 0, 0,
                     e.rank | rank_base(0::smallint, event_invalidated(), false), e.revision, null,
                     e.record_id);
            perform states_write(c, a, fact_states(r, slot_age(), t.age_until, false)
                                       || fact_states(r, slot_care(), t.care_until, false), nos, true);
        end if;
        return;
    end if;
    if nos[1] = e.subject_no and e.answer & answer_untied() = 0
       and rank_state(e.rank) <> event_invalidated() then
        perform tie_named(c, a, nos, no_last());
    end if;
    if slot_waits(e.slot) and (e.valid_until <= p_now or request_left(c, e, p_beside)) then
        return;
    end if;
    r := row(c, null, e.purpose_id, e.slot, e.notice_no, e.flags, e.tiebreak, e.rank, e.revision,
             e.valid_until, e.record_id);
    perform states_write(c, a, event_states(r, t), nos, tied or cardinality(nos) > 1);
    if p_request is not null then
        select * into request from event x where x.controller_id = c and x.revision = p_request;
        perform request_ends(c, request, nos, p_now);
    end if;
end $$;

-- (3) An identifier of the rim: what rests on nothing goes, and what is there instead comes. All that names
-- it is looked at only where something went.
create or replace function rim_rebuild(c integer, p_no bigint, p_now timestamptz) returns void
language plpgsql as $$
declare
    i identifier;
    gone integer[]; -- purposes of which something went
    kept record; -- an event, and what it told
    e event;
    r consent;
    found_states consent[];
begin
    select * into i from identifier x where x.controller_id = c and x.subject_no = p_no;
    perform touch(c, array[i.tag]);
    with stale as (
        delete from consent s
        where s.controller_id = c and s.tag = i.tag and s.purpose_id <> purpose_pointer()
              and rank_state(s.rank) <> event_erased()
              and not (i.type <> identifier_visitor() and slot_is_heard(s.slot))
              and not exists (
                  select from event v
                  where v.controller_id = c and v.revision = s.revision
                        and (v.subject_no = p_no
                             or exists (select from beside b where b.controller_id = c and b.beside_no = p_no
                                        and b.revision = v.revision))
                        and not exists (select from unranked u
                                        where u.controller_id = c and u.revision = v.revision))
        returning s.purpose_id)
    select array_agg(distinct purpose_id) into gone from stale;
    -- who no longer has a browser is not looked under
    delete from consent s
        where s.controller_id = c and s.tag = i.tag and s.purpose_id = purpose_pointer()
              and i.type = identifier_visitor()
              and not exists (select from tie x where x.controller_id = c and x.person_no = s.rank
                              and x.beside_no = p_no);
    if gone is null then
        return;
    end if;
    for kept in select y.e, z.t
             from events_naming(c, array[p_no]) f(revision)
             cross join lateral (select x as e from event x
                                 where x.controller_id = c and x.revision = f.revision offset 0) y
             left join lateral (select x as t from told x
                                where x.controller_id = c and x.revision = f.revision offset 0) z on true
             where (y.e).slot / slot_count() not in (guardian_staff(), guardian_time())
                   and ((y.e).purpose_id = any (gone) or purpose_all() = any (gone))
                   and not (slot_waits((y.e).slot)
                            and ((y.e).valid_until <= p_now
                                 or exists (select from confirmed x
                                            where x.controller_id = c and x.request = (y.e).revision)))
             order by f.revision loop
        e := kept.e;
        r := row(c, i.tag, e.purpose_id, e.slot, e.notice_no, e.flags, e.tiebreak, e.rank, e.revision,
                 e.valid_until, e.record_id);
        found_states := found_states || event_states(r, kept.t);
    end loop;
    if found_states is not null then
        perform push_states(c, found_states, array[p_no], false);
    end if;
end $$;

-- Likewise of these members and rim, with that time for a clock.
create or replace function rebuild_at(c integer, p_members bigint[], p_rim bigint[], p_now timestamptz)
returns void language plpgsql as $$
declare
    tags constant bytea[] := array(
        select i.tag from unnest(p_members) n(no)
        cross join lateral (select x.tag from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i);
    v record;
    no bigint;
begin
    perform touch(c, tags);
    delete from consent s where s.controller_id = c and s.tag = any (tags);
    delete from tie t where t.controller_id = c and t.person_no = any (p_members);
    delete from tie t where t.controller_id = c and t.beside_no = any (p_members);
    update identifier i set is_tied = false, is_crowded = false
        where i.controller_id = c and i.subject_no = any (p_members) and (i.is_tied or i.is_crowded);
    insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, valid_until,
                         record_id)
        select c, s.tag, purpose_all(), slot_reached(), 0, 0, s.rank, s.revision, s.until, s.record_id
        from tombstone s where s.controller_id = c and s.tag = any (tags) and s.until > p_now;
    for v in select y.e, z.t, b.beside_nos, q.request
             from events_naming(c, p_members) f(revision)
             cross join lateral (select x as e from event x
                                 where x.controller_id = c and x.revision = f.revision offset 0) y
             left join lateral (select x as t from told x
                                where x.controller_id = c and x.revision = f.revision offset 0) z on true
             left join lateral (select x.beside_nos from named x
                                where x.controller_id = c and x.revision = f.revision offset 0) b on true
             left join lateral (select x.request from confirmed x
                                where x.controller_id = c and x.revision = f.revision offset 0) q on true
             order by f.revision loop
        perform replay_event(c, v.e, v.t, coalesce(v.beside_nos, '{}'), v.request, p_now);
    end loop;
    foreach no in array coalesce(p_rim, '{}') loop
        perform rim_rebuild(c, no, p_now);
    end loop;
end $$;

-- Derives anew what stands under these identifiers, by number, and under all that hang together with them. As
-- the owner: rows are deleted, which the service's role may not do.
create or replace function rebuild(c integer, p_nos bigint[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    most constant integer := cardinality(p_nos) + rebuild_max();
    k record; -- members and rim
begin
    perform from head where controller_id = c for no key update;
    k := identifiers_tied(c, p_nos, true, most);
    if cardinality(k.members) + coalesce(cardinality(k.rim), 0) >= most then
        k := identifiers_tied(c, p_nos, false, 2147483647);
    end if;
    perform rebuild_at(c, k.members, k.rim, clock_timestamp());
end $$;
revoke execute on function rebuild from public;

-- These events have no rank any more, which the event p_by says: what follows from them goes. Returns how
-- many had one.
create or replace function unrank(c integer, p_revisions bigint[], p_by bigint) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    taken bigint[];
begin
    perform from head where controller_id = c for no key update;
    with done as (
        insert into unranked (controller_id, revision, by_revision)
        select c, e.revision, p_by from unnest(p_revisions) r(no)
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.revision = r.no offset 0) e
        on conflict do nothing returning revision)
    select array_agg(revision) into taken from done;
    if taken is null then
        return 0;
    end if;
    perform rebuild(c, array(
        select e.subject_no from unnest(taken) r(no)
        cross join lateral (select x.subject_no from event x
                            where x.controller_id = c and x.revision = r.no offset 0) e
        union
        select unnest(m.beside_nos) from unnest(taken) r(no)
        cross join lateral (select x.beside_nos from named x
                            where x.controller_id = c and x.revision = r.no offset 0) m));
    return cardinality(taken);
end $$;
revoke execute on function unrank from public;
