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
-- (5) An erasure and a split loosen nothing. What reached an identifier by ties that they took away is no
--     event's any more that leads there: it is kept (remaining), and comes back last.
-- (6) Of a Yes that a corrected address takes back, of a No that a newer Yes of its import's batch made
--     history, and of a request that is over, what they told of the person's age or of being represented
--     holds on.

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

-- Whether an event that has no rank any more since that one lost it within its batch (import_settle.sql):
-- staff does all else. The one that it lost it to may have been purged since.
create or replace function is_settled(c integer, p_by bigint) returns boolean language plpgsql stable as $$
begin
    return not exists (select from event x where x.controller_id = c and x.revision = p_by
                                                 and x.slot / slot_count() = guardian_staff());
end $$;

-- Whether what an event told holds on that has no rank any more since that one.
create or replace function is_told(c integer, p_by bigint) returns boolean language plpgsql stable as $$
begin
    return is_settled(c, p_by)
           or exists (select from event x where x.controller_id = c and x.revision = p_by
                                                and x.slot = staff_corrected());
end $$;

-- The revisions of the events that name these identifiers and still count, or of which what they told does:
-- (6).
create or replace function events_naming(c integer, p_nos bigint[])
returns table (revision bigint, only_told boolean) language plpgsql stable as $$
begin
    return query
        select f.revision, u.revision is not null
        from (select e.revision from unnest(p_nos) n(no)
              cross join lateral (select x.revision from event x
                                  where x.controller_id = c and x.subject_no = n.no offset 0) e
              union
              select b.revision from unnest(p_nos) n(no)
              cross join lateral (select x.revision from beside x
                                  where x.controller_id = c and x.beside_no = n.no offset 0) b) f
        left join lateral (select x.* from unranked x
                           where x.controller_id = c and x.revision = f.revision offset 0) u on true
        where u.revision is null
              or u.by_revision <> u.revision -- where a past is looked at, what came later says so itself
                 and is_told(c, u.by_revision);
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
create or replace function replay_event(c integer, e event, t told, p_only_told boolean, p_beside bigint[],
                                        p_request bigint, p_now timestamptz)
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
            t.age_documented := false;
            t.care_documented := false;
            perform states_write(c, a, coalesce(told_states(r, t), '{}'), nos, true);
        end if;
        return;
    end if;
    if nos[1] = e.subject_no and e.answer & answer_untied() = 0 and not p_only_told
       and rank_state(e.rank) <> event_invalidated() then
        perform tie_named(c, a, nos, no_last());
    end if;
    r := row(c, null, e.purpose_id, e.slot, e.notice_no, e.flags, e.tiebreak, e.rank, e.revision,
             e.valid_until, e.record_id);
    if p_only_told or slot_waits(e.slot) and (e.valid_until <= p_now or request_left(c, e, p_beside)) then
        perform states_write(c, a, coalesce(told_states(r, t), '{}'), nos, tied or cardinality(nos) > 1);
        return;
    end if;
    if is_of_import(e.rank, e.flags) then
        nos := invalidation_binds(c, e.purpose_id, e.slot, nos);
    end if;
    perform states_write(c, a, event_states(r, t), nos, tied or cardinality(nos) > 1);
    if p_request is not null then
        select * into request from event x where x.controller_id = c and x.revision = p_request;
        perform request_ends(c, request, nos, p_now);
    end if;
end $$;

-- What somebody was split or taken from, or the other way round. p_mutual: split alone, where what stood with
-- the one stands with the other; else the Noes do.
create or replace function identifiers_split(c integer, p_nos bigint[], p_mutual boolean) returns bigint[]
language plpgsql stable as $$
begin
    return array(select l.no from unnest(p_nos) n(no)
                 cross join lateral (select x.of_no as no, x.is_mutual from alias x
                                     where x.controller_id = c and x.alias_no = n.no
                                     union all
                                     select x.alias_no, x.is_mutual from alias x
                                     where x.controller_id = c and x.of_no = n.no) l
                 where l.is_mutual or not p_mutual);
end $$;

-- What stops these identifiers, by number, in the slots where what comes from elsewhere stands. p_by: the
-- event that it is kept by.
create or replace function states_stopping(c integer, p_nos bigint[], p_by bigint) returns remaining[]
language plpgsql stable as $$
begin
    return array(
        select row(c, x.no, x.purpose_id, x.to_slot, x.flags, x.tiebreak, x.rank, x.revision, x.valid_until,
                   x.notice_no, x.record_id, p_by)::remaining
        from (select distinct on (n.no, s.purpose_id, s.to_slot) n.no, s.*
              from unnest(p_nos) n(no)
              cross join lateral (select y.tag from identifier y
                                  where y.controller_id = c and y.subject_no = n.no offset 0) i
              cross join lateral (select h.*, h.slot + slot_travels(h.slot)::integer as to_slot
                                  from states_heard(c, i.tag, null) h
                                  where slot_is_heard(h.slot) and h.slot / slot_count() <> guardian_staff()
                                        and rank_state(h.rank) <> event_erased()) s
              order by n.no, s.purpose_id, s.to_slot, s.rank desc, s.tiebreak desc, s.revision) x);
end $$;

-- (5) What remains from here on.
create or replace function remaining_add(c integer, p_states remaining[]) returns void
language plpgsql as $$
begin
    insert into remaining as old select * from unnest(p_states)
        on conflict (controller_id, subject_no, purpose_id, slot) do update
            set flags = excluded.flags, tiebreak = excluded.tiebreak, rank = excluded.rank,
                revision = excluded.revision, valid_until = excluded.valid_until,
                notice_no = excluded.notice_no, record_id = excluded.record_id, kept_by = excluded.kept_by
            where old.rank < excluded.rank;
end $$;

-- (5) Of what stopped these identifiers before, what does no more remains with them.
create or replace function remaining_keep(c integer, p_nos bigint[], p_before remaining[]) returns void
language plpgsql as $$
declare
    lost constant remaining[] := array(
        select b from unnest(p_before) b
        where b.subject_no = any (p_nos)
              and not exists (select from unnest(states_stopping(c, array[b.subject_no], 0)) a
                              where a.purpose_id = b.purpose_id and a.slot = b.slot and a.rank >= b.rank));
begin
    if cardinality(lost) > 0 then
        perform remaining_add(c, lost);
        perform remaining_push(c, array(select distinct l.subject_no from unnest(lost) l));
    end if;
end $$;

-- (5) Puts what remains under these identifiers, by number, under them and all below.
create or replace function remaining_push(c integer, p_nos bigint[]) returns void language plpgsql as $$
declare
    r record;
begin
    for r in select x.subject_no as no,
                    array_agg(row(c, null, x.purpose_id, x.slot, x.notice_no, x.flags, x.tiebreak, x.rank,
                                  x.revision, x.valid_until, x.record_id)::consent) as states
             from unnest(p_nos) n(no)
             cross join lateral (select y.* from remaining y
                                 where y.controller_id = c and y.subject_no = n.no offset 0) x
             where not exists (select from unranked u
                               where u.controller_id = c and u.revision = x.revision
                                     and not (x.slot & 15 between slot_age() and slot_care_document() -- (6)
                                              and u.by_revision <> u.revision
                                              and is_told(c, u.by_revision)))
             group by x.subject_no loop
        perform push_states(c, r.states, identifiers_below(c, array[r.no]), true);
    end loop;
end $$;

-- (3) An identifier of the rim: what rests on nothing goes, and what is there instead comes. All that names
-- it is looked at only where something went.
create or replace function rim_rebuild(c integer, p_no bigint, p_now timestamptz) returns void
language plpgsql as $$
declare
    i identifier;
    names constant bigint[] := p_no || identifiers_split(c, array[p_no], true);
    stopping constant bigint[] := p_no || identifiers_split(c, array[p_no], false);
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
                        and exists (
                            select from unnest(case when slot_is_heard(s.slot)
                                                    then stopping else names end) n(no)
                            where v.subject_no = n.no
                                  or exists (select from beside b where b.controller_id = c
                                             and b.beside_no = n.no and b.revision = v.revision))
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
    perform remaining_push(c, array[p_no]);
    if gone is null then
        return;
    end if;
    for kept in select y.e, z.t,
                    f.only_told
                    or slot_waits((y.e).slot)
                       and ((y.e).valid_until <= p_now
                            or exists (select from confirmed x
                                       where x.controller_id = c and x.request = (y.e).revision)
                            or request_left(c, y.e, coalesce((select x.beside_nos from named x
                                                              where x.controller_id = c
                                                                    and x.revision = f.revision),
                                                             '{}'))) as only_told
             from events_naming(c, array[p_no]) f
             cross join lateral (select x as e from event x
                                 where x.controller_id = c and x.revision = f.revision offset 0) y
             left join lateral (select x as t from told x
                                where x.controller_id = c and x.revision = f.revision offset 0) z on true
             where (y.e).slot / slot_count() not in (guardian_staff(), guardian_time())
                   and ((y.e).purpose_id = any (gone) or purpose_all() = any (gone))
             order by f.revision loop
        e := kept.e;
        -- as invalidation_binds()
        continue when is_of_import(e.rank, e.flags)
                      and exists (select from unnest(found_states) s
                                  where s.purpose_id = e.purpose_id and s.slot = e.slot
                                        and is_chosen(s.rank));
        r := row(c, i.tag, e.purpose_id, e.slot, e.notice_no, e.flags, e.tiebreak, e.rank, e.revision,
                 e.valid_until, e.record_id);
        found_states := found_states || case when kept.only_told then told_states(r, kept.t)
                                             else event_states(r, kept.t) end;
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
    perform tombstones_stand(c, tags, p_now);
    for v in select y.e, z.t, f.only_told, b.beside_nos, q.request
             from events_naming(c, p_members) f
             cross join lateral (select x as e from event x
                                 where x.controller_id = c and x.revision = f.revision offset 0) y
             left join lateral (select x as t from told x
                                where x.controller_id = c and x.revision = f.revision offset 0) z on true
             left join lateral (select x.beside_nos from named x
                                where x.controller_id = c and x.revision = f.revision offset 0) b on true
             left join lateral (select x.request from confirmed x
                                where x.controller_id = c and x.revision = f.revision offset 0) q on true
             order by f.revision loop
        perform replay_event(c, v.e, v.t, v.only_told, coalesce(v.beside_nos, '{}'), v.request, p_now);
    end loop;
    perform remaining_push(c, p_members);
    foreach no in array coalesce(p_rim, '{}') loop
        perform rim_rebuild(c, no, p_now);
    end loop;
end $$;

-- Members and rim where these are rebuilt.
create or replace function identifiers_rebuilt(c integer, p_nos bigint[], out members bigint[],
                                               out rim bigint[])
language plpgsql stable as $$
declare
    most constant integer := cardinality(p_nos) + rebuild_max();
    k record := identifiers_tied(c, p_nos, true, most);
begin
    if cardinality(k.members) + coalesce(cardinality(k.rim), 0) >= most then
        k := identifiers_tied(c, p_nos, false, 2147483647);
    end if;
    members := k.members;
    rim := k.rim;
end $$;

-- Derives anew what stands under these identifiers, by number, and under all that hang together with them. As
-- the owner: rows are deleted, which the service's role may not do.
create or replace function rebuild(c integer, p_nos bigint[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    k record;
begin
    perform from head where controller_id = c for no key update;
    k := identifiers_rebuilt(c, p_nos);
    perform rebuild_at(c, k.members, k.rim, clock_timestamp());
end $$;
revoke execute on function rebuild from public;

-- As rebuild, where the event p_by took ties away and must loosen nothing: (5).
create or replace function rebuild_staying(c integer, p_by bigint, p_nos bigint[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    k constant record := identifiers_rebuilt(c, p_nos);
    before constant remaining[] := states_stopping(c, k.members || k.rim, p_by);
begin
    perform rebuild(c, p_nos);
    perform remaining_keep(c, k.members || k.rim, before);
end $$;
revoke execute on function rebuild_staying from public;

-- What stands under all that these events name is derived anew.
create or replace function rebuild_named(c integer, p_revisions bigint[]) returns void
language plpgsql as $$
begin
    perform rebuild(c, array(
        select e.subject_no from unnest(p_revisions) r(no)
        cross join lateral (select x.subject_no from event x
                            where x.controller_id = c and x.revision = r.no offset 0) e
        union
        select unnest(m.beside_nos) from unnest(p_revisions) r(no)
        cross join lateral (select x.beside_nos from named x
                            where x.controller_id = c and x.revision = r.no offset 0) m));
end $$;

-- These events have their rank again.
create or replace function rank_again(c integer, p_revisions bigint[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform from head where controller_id = c for no key update;
    delete from unranked u where u.controller_id = c and u.revision = any (p_revisions);
    perform rebuild_named(c, p_revisions);
end $$;
revoke execute on function rank_again from public;

-- These events have no rank any more, which the event p_by says: what follows from them goes. Returns how
-- many had one.
create or replace function unrank(c integer, p_revisions bigint[], p_by bigint) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    taken bigint[];
begin
    perform from head where controller_id = c for no key update;
    with done as (
        insert into unranked as old (controller_id, revision, by_revision)
        select c, e.revision, p_by from unnest(p_revisions) r(no)
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.revision = r.no offset 0) e
        on conflict (controller_id, revision) do update set by_revision = excluded.by_revision
            where is_told(c, old.by_revision) and not is_told(c, excluded.by_revision)
        returning old.revision)
    select array_agg(revision) into taken from done;
    if taken is null then
        return 0;
    end if;
    perform rebuild_named(c, taken);
    return cardinality(taken);
end $$;
revoke execute on function unrank from public;
