-- SPDX-License-Identifier: Apache-2.0
-- What stood under identifiers at a moment: their acts are wound back to what was recorded by then, and
-- rebuilt (rebuild.sql) with that moment for a clock, in a transaction of its own within this one, which is
-- taken back. So it is the routine that derives what stands now that says what stood then.
--
-- (1) An event counts that was recorded by then, and had its rank then: one that was unranked since has it.
-- (2) Whom an identifier was split or taken from since has it again.
-- (3) What was erased or purged since cannot come back: forgotten says so, by tag; where the tag was not
--     known by then, whether anything at all went since.

-- The events that name these identifiers, ranked or not: p_most of them at most.
create or replace function revisions_naming(c integer, p_nos bigint[], p_most integer) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select e.revision from unnest(p_nos) n(no)
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.subject_no = n.no offset 0) e
        union
        select b.revision from unnest(p_nos) n(no)
        cross join lateral (select x.revision from beside x
                            where x.controller_id = c and x.beside_no = n.no offset 0) b
        limit p_most);
end $$;

-- The identifiers that those of these events name which lost their rank, browsers apart, and that are not
-- among these: what tied them may be gone with the rank.
create or replace function unranked_beside(c integer, p_revisions bigint[], p_nos bigint[]) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select distinct n.no from unnest(p_revisions) r(no)
        cross join lateral (select from unranked x
                            where x.controller_id = c and x.revision = r.no offset 0) u
        cross join lateral (select x.subject_no from event x
                            where x.controller_id = c and x.revision = r.no offset 0) e
        left join named m on m.controller_id = c and m.revision = r.no
        cross join unnest(e.subject_no || m.beside_nos) n(no)
        cross join lateral (select x.type from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        where n.no <> all (p_nos) and i.type <> identifier_visitor());
end $$;

-- Puts the acts of these identifiers back to that moment. p_revisions: revisions_naming() them.
create or replace function wind_back(c integer, p_nos bigint[], p_revisions bigint[], p_at timestamptz)
returns void language plpgsql as $$
declare
    l record;
begin
    delete from unranked u using event e
        where u.controller_id = c and u.revision = any (p_revisions)
              and e.controller_id = c and e.revision = u.by_revision and e.recorded_at > p_at;
    insert into unranked (controller_id, revision, by_revision)
        select c, e.revision, e.revision from event e
        where e.controller_id = c and e.revision = any (p_revisions) and e.recorded_at > p_at
        on conflict do nothing;
    for l in select x.* from alias x join event e on e.controller_id = c and e.revision = x.revision
             where x.controller_id = c and x.alias_no = any (p_nos) and e.recorded_at > p_at
             order by x.revision desc, x.alias_no desc loop
        -- an event may name both
        update named n set beside_nos = case when l.of_no = any (n.beside_nos)
                                             then array_remove(n.beside_nos, l.alias_no)
                                             else array_replace(n.beside_nos, l.alias_no, l.of_no) end
            where n.controller_id = c and n.revision = any (p_revisions)
                  and l.alias_no = any (n.beside_nos);
        delete from beside b
            where b.controller_id = c and b.beside_no = l.alias_no and b.revision = any (p_revisions)
                  and exists (select from beside x where x.controller_id = c and x.beside_no = l.of_no
                                                         and x.revision = b.revision);
        update beside b set beside_no = l.of_no
            where b.controller_id = c and b.beside_no = l.alias_no and b.revision = any (p_revisions);
        delete from alias x where x.controller_id = c and x.alias_no = l.alias_no;
    end loop;
    delete from remaining r using event e
        where r.controller_id = c and r.subject_no = any (p_nos)
              and e.controller_id = c and e.revision = r.kept_by and e.recorded_at > p_at;
    delete from tombstone t using event e
        where t.controller_id = c and e.controller_id = c and e.revision = t.revision
              and e.recorded_at > p_at;
end $$;

-- The first revision that is kept and was recorded after a moment; null: none. Times grow with revisions.
create or replace function revision_after(c integer, p_at timestamptz) returns bigint
language plpgsql stable as $$
declare
    low bigint := 1;
    high bigint := (select revision + 1 from head where controller_id = c);
    middle bigint;
    e record;
begin
    while low < high loop
        middle := (low + high) / 2;
        select x.revision, x.recorded_at into e from event x
            where x.controller_id = c and x.revision >= middle order by x.revision limit 1;
        if e.recorded_at <= p_at then
            low := e.revision + 1;
        else
            high := middle;
        end if;
    end loop;
    return (select x.revision from event x where x.controller_id = c and x.revision >= low
            order by x.revision limit 1);
end $$;

-- Whether something that was recorded by then can no longer be found by an identifier: it was purged, or
-- somebody was erased, or lost an identifier, since.
create or replace function lost_since(c integer, p_at timestamptz) returns boolean
language plpgsql stable as $$
declare
    next constant bigint := revision_after(c, p_at);
begin
    return exists (select from purged p where p.controller_id = c and p.purged_at > p_at
                   and p.from_revision < coalesce(next, 9223372036854775807))
           or exists (select from event e where e.controller_id = c and e.revision >= next
                      and e.slot between staff_restricted() and staff_corrected()
                      and e.slot in (staff_erased(), staff_ended(), staff_corrected()));
end $$;

-- Identifiers, and events, that are rebuilt at most: AS_OF_MOST of service/base/limits.h.
create or replace function as_of_most() returns integer immutable parallel safe return 20000;

-- A row a state under each of p_tags at that moment (place: of the tag), and a row a tag without one.
-- outcome: an enum as_of_outcome.
create or replace function states_as_of(c integer, p_tags bytea[], p_at timestamptz)
returns table (place integer, outcome integer, subject_no bigint, s consent)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    most constant integer := as_of_most();
    nos bigint[];
    members bigint[];
    untied bigint[]; -- whom nothing ties to them any more
    revisions bigint[];
    places integer[] := '{}';
    found_states consent[] := '{}';
    heard consent[];
    known boolean[] := '{}';
    k integer;
begin
    perform from head h where h.controller_id = c for no key update;
    nos := array(select i.subject_no from unnest(p_tags) with ordinality t(tag, n)
                 left join identifier i on i.controller_id = c and i.tag = t.tag order by t.n);

    -- Whom it takes: all that hangs together, persons who have a browser too.
    members := array(select n from unnest(nos || identifiers_split(c, nos, false)) n where n is not null);
    members := array(select unnest(members)
                     union
                     select t.person_no from unnest(members) n
                     join tie t on t.controller_id = c and t.beside_no = n);
    loop
        members := (identifiers_tied(c, members, true, most + 1)).members;
        revisions := revisions_naming(c, members, most + 1);
        exit when cardinality(members) > most or cardinality(revisions) > most;
        untied := unranked_beside(c, revisions, members);
        exit when cardinality(untied) = 0;
        members := members || untied;
    end loop;
    if cardinality(members) > most or cardinality(revisions) > most then
        return query select 1, as_of_too_much(), null::bigint, null::consent;
        return;
    end if;

    -- What stood, out of a transaction that never was.
    begin
        perform wind_back(c, members, revisions, p_at);
        perform rebuild_at(c, members, '{}', p_at);
        for k in 1 .. cardinality(p_tags) loop
            heard := array(select x from states_heard(c, p_tags[k], null) x);
            found_states := found_states || heard;
            places := places || array_fill(k, array[cardinality(heard)]);
            known := known || exists (select from events_of(c, array[nos[k]]) x
                                      where x.slot / slot_count() <> guardian_time()); -- that is no act
        end loop;
        raise exception 'nothing of this stays' using errcode = 'AK003';
    exception when sqlstate 'AK003' then
        null;
    end;

    -- What went since.
    for k in 1 .. cardinality(p_tags) loop
        place := k;
        subject_no := nos[k];
        outcome := case when exists (select from forgotten f where f.controller_id = c and f.tag = p_tags[k]
                            and f.at > p_at)
                    or exists (select from tombstone t
                               join event e on e.controller_id = c and e.revision = t.revision
                               where t.controller_id = c and t.tag = p_tags[k] and e.recorded_at > p_at)
                    or not known[k] and lost_since(c, p_at)
                   then as_of_forgotten() else as_of_known() end;
        s := null;
        return next;
        if outcome = as_of_known() then
            return query select k, as_of_known(), nos[k], found_states[x.n]
                         from unnest(places) with ordinality x(at_place, n) where x.at_place = k;
        end if;
    end loop;
end $$;
revoke execute on function states_as_of from public;
