-- SPDX-License-Identifier: Apache-2.0
-- What staff does to a person: restrict and lift, identifiers added, ended and corrected, persons merged and
-- split, erased (erase.sql). Each is an event; what no longer follows from the acts that are left goes by
-- rebuild() alone. All under the head's lock, and as the owner: service/store/staff.h has the program's side.

-- A new record's id: UUID version 7.
create or replace function record_id_at(p_now bigint) returns uuid language plpgsql volatile as $$
declare
    id bytea := overlay(uuid_send(gen_random_uuid()) placing substring(int8send(p_now / 1000) from 3)
                        from 1 for 6);
begin
    return encode(set_byte(id, 6, get_byte(id, 6) & 15 | 112), 'hex')::uuid;
end $$;

-- A tag that leads nowhere: nothing that anybody sends makes it.
create or replace function dead_tag(c integer) returns bytea language plpgsql volatile as $$
begin
    return (select set_byte('\x00', 0, key_last) || uuid_send(gen_random_uuid()) from controller
            where controller_id = c);
end $$;

-- An identifier without a tag that leads to it.
create or replace function identifier_dead(c integer, p_type smallint) returns bigint
language plpgsql as $$
declare
    no bigint;
    dead constant bytea := dead_tag(c);
begin
    update head set subject_no = subject_no + 1 where controller_id = c returning subject_no into no;
    insert into identifier (controller_id, tag, subject_no, type, is_person, is_ended)
        values (c, dead, no, p_type, false, true);
    return no;
end $$;

-- What stood under these tags before now is not known any more (as_of.sql).
create or replace function tags_forget(c integer, p_tags bytea[]) returns void language plpgsql as $$
declare
    now_ constant timestamptz := clock_timestamp();
begin
    insert into forgotten as old (controller_id, tag, at)
        select c, t.tag, now_ from unnest(p_tags) t(tag)
        on conflict (controller_id, tag) do update set at = excluded.at;
end $$;

-- The identifier leads nowhere from here on. What stood under its tag stays with it, but a tombstone.
create or replace function identifier_kill(c integer, p_no bigint) returns void language plpgsql as $$
declare
    dead constant bytea := dead_tag(c);
    old bytea;
begin
    select tag into old from identifier where controller_id = c and subject_no = p_no;
    perform forget_links(c, array[old], '{}');
    perform touch(c, array[old, dead]);
    update consent s set tag = dead
        where s.controller_id = c and s.tag = old and rank_state(s.rank) <> event_erased();
    update identifier i set tag = dead, is_ended = true where i.controller_id = c and i.tag = old;
    update guardian g set tag = dead where g.controller_id = c and g.tag = old;
end $$;

-- Adds an event of staff on a person; p_beside: what it names beside, by number. With p_apply what follows
-- from it is written.
create or replace function staff_event(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                       p_now bigint, p_subject bigint, p_beside bigint[], p_state smallint,
                                       p_apply boolean)
returns event language plpgsql as $$
declare
    e event;
    h head;
begin
    update head set revision = revision + 1, latest = greatest(latest, p_now)
        where controller_id = c returning * into h;
    e := row(c, h.revision, coalesce(p_ask.record_id, record_id_at(p_now)), p_subject, purpose_all(),
             rank_at(rank_base(class_choice(), p_state, false), coalesce(p_ask.acted_at, p_now)),
             time_of(p_now), null, null,
             p_policy_version, p_ask.kind, 0, role_staff(), method_api(), 0, 0, null, 0, null, p_actor, null,
             p_ask.detail::jsonb, 0);
    insert into event select e.*;
    if cardinality(p_beside) > 0 then
        insert into named (controller_id, revision, beside_nos) values (c, e.revision, p_beside);
        insert into beside (controller_id, beside_no, revision)
            select distinct c, b, e.revision from unnest(p_beside) b;
    end if;
    if p_apply then
        perform replay_event(c, e, null, false, coalesce(p_beside, '{}'), null, time_of(p_now));
    end if;
    return e;
end $$;

create or replace function staffed_of(e event, p_outcome smallint) returns staffed
language plpgsql immutable as $$
declare
    s staffed;
begin
    s.outcome := p_outcome;
    s.revision := e.revision;
    s.record_id := e.record_id;
    s.recorded_at := e.recorded_at;
    s.subject_no := e.subject_no;
    return s;
end $$;

create or replace function staff_refused(p_outcome smallint) returns staffed
language plpgsql immutable as $$
declare
    s staffed;
begin
    s.outcome := p_outcome;
    return s;
end $$;

-- ---- restrict, lift ----

-- The restrictions of a person that stand, by revision.
create or replace function restrictions_of(c integer, p_subject bigint) returns bigint[]
language plpgsql stable as $$
begin
    return array(select e.revision from event e
                 where e.controller_id = c and e.subject_no = p_subject and e.slot = staff_restricted()
                       and not exists (select from unranked u
                                       where u.controller_id = c and u.revision = e.revision)
                 order by e.revision);
end $$;

create or replace function staff_restrict(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                          p_now bigint)
returns staffed language plpgsql as $$
declare
    stands constant bigint[] := restrictions_of(c, p_ask.subject_no);
    e event;
begin
    if cardinality(stands) > 0 then
        select * into e from event where controller_id = c and revision = stands[1];
        return staffed_of(e, staff_already());
    end if;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no, null, event_restricted(),
                     true);
    return staffed_of(e, staff_done());
end $$;

create or replace function staff_lift(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                      p_now bigint)
returns staffed language plpgsql as $$
declare
    stands constant bigint[] := restrictions_of(c, p_ask.subject_no);
    e event;
begin
    if cardinality(stands) = 0 then
        return staff_refused(staff_nothing());
    end if;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no, null, event_staff(),
                     false);
    perform unrank(c, stands, e.revision);
    return staffed_of(e, staff_done());
end $$;

-- ---- identifiers ----

-- In place of a limit: all that a person has, each of its browsers too.
create or replace function identifiers_all() returns integer immutable parallel safe return 1000000;

-- The number of an identifier that is asked about, null: nobody is known by it.
create or replace function asked_no(c integer, p_ask staff_ask, p_place integer) returns bigint
language plpgsql stable as $$
begin
    return (select subject_no from identifier where controller_id = c and tag = p_ask.tags[p_place]);
end $$;

-- Likewise; it is made where it is not known.
create or replace function asked_made(c integer, p_ask staff_ask, p_place integer) returns bigint
language plpgsql as $$
declare
    no bigint := asked_no(c, p_ask, p_place);
begin
    if no is null then
        update head set subject_no = subject_no + 1 where controller_id = c returning subject_no into no;
        insert into identifier (controller_id, tag, subject_no, type, is_person)
            values (c, p_ask.tags[p_place], no, p_ask.types[p_place], false);
    end if;
    return no;
end $$;

-- Whether a number holds what is left of somebody who was erased: (2) of erase.sql.
create or replace function is_keeper(c integer, p_no bigint) returns boolean language plpgsql stable as $$
begin
    return exists (select from identifier i where i.controller_id = c and i.subject_no = p_no
                                                  and i.is_ended and not i.is_person)
           and exists (select from event e where e.controller_id = c and e.subject_no = p_no
                                                 and e.slot = staff_erased());
end $$;

-- Whether staff merged two persons.
create or replace function is_merged(c integer, p_a bigint, p_b bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (select from (values (p_a, p_b), (p_b, p_a)) w(subject_no, beside_no)
                   join beside b on b.controller_id = c and b.beside_no = w.beside_no
                   join event e on e.controller_id = c and e.revision = b.revision
                                   and e.subject_no = w.subject_no and e.slot = staff_merged());
end $$;

-- What a person alone has: that it is not, itself or below, named beside another person's. The person counts,
-- unless another has it by more than being merged with it. p_past_keepers: who was erased has nothing any
-- more, though a No of theirs stands.
create or replace function identifiers_own(c integer, p_person bigint, p_past_keepers boolean)
returns bigint[] language plpgsql stable as $$
declare
    own bigint[] := identifiers_had(c, array[p_person], identifiers_all());
    kept bigint[];
begin
    loop
        select array_agg(o) into kept from unnest(own) o
            where not exists (select from tie t where t.controller_id = c and t.beside_no = o
                              and t.person_no <> all (own || p_person)
                              and not (p_past_keepers and is_keeper(c, t.person_no))
                              and not (o = p_person and is_merged(c, o, t.person_no)))
                  and not exists (select from beside b
                                  join event e on e.controller_id = c and e.revision = b.revision
                                  where b.controller_id = c and b.beside_no = o
                                        and e.subject_no <> all (own || p_person)
                                        and not (p_past_keepers and is_keeper(c, e.subject_no))
                                        and not (o = p_person and e.slot = staff_merged()));
        exit when coalesce(cardinality(kept), 0) = cardinality(own);
        own := coalesce(kept, '{}');
    end loop;
    return own;
end $$;

-- The events of these persons that name an identifier name another one instead.
create or replace function named_replace(c integer, p_persons bigint[], p_old bigint, p_new bigint)
returns void language plpgsql as $$
declare
    revisions constant bigint[] := array(
        select b.revision from beside b
        join event e on e.controller_id = c and e.revision = b.revision and e.subject_no = any (p_persons)
        where b.controller_id = c and b.beside_no = p_old);
begin
    update named n set beside_nos = array_replace(n.beside_nos, p_old, p_new)
        where n.controller_id = c and n.revision = any (revisions);
    update beside b set beside_no = p_new
        where b.controller_id = c and b.beside_no = p_old and b.revision = any (revisions);
end $$;

create or replace function staff_add(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                     p_now bigint)
returns staffed language plpgsql as $$
declare
    no bigint := asked_no(c, p_ask, 1);
    p identifier;
    person bigint := p_ask.subject_no;
    beside bigint;
    persons bigint[];
    e event;
begin
    select * into p from identifier where controller_id = c and subject_no = p_ask.subject_no;
    if no = person then
        return staff_refused(staff_same());
    elsif p.type = identifier_customer() and p_ask.types[1] = identifier_customer() then
        return staff_refused(staff_customers());
    elsif p.type = identifier_visitor() then
        return staff_refused(staff_browser());
    end if;
    no := asked_made(c, p_ask, 1);
    beside := no;
    if identifier_strength(p_ask.types[1]) > identifier_strength(p.type) then
        person := no;
        beside := p_ask.subject_no;
    end if;
    if exists (select from tie where controller_id = c and person_no = person and beside_no = beside) then
        return staff_refused(staff_already());
    end if;
    persons := persons_above(c, array[person]);
    if p_ask.types[1] <> identifier_visitor() and has_too_many(c, persons, array[beside]) then
        return staff_refused(staff_too_many());
    end if;
    update identifier i set is_person = true
        where i.controller_id = c and i.subject_no = person and not i.is_person;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, person, array[beside], event_staff(), true);
    return staffed_of(e, staff_done());
end $$;

-- Takes an identifier from a person; gives the number under which the person's acts name it from now on.
-- Whose alone it is, and who is nothing but it, takes all along: the tag starts with nothing. Else it
-- is the others'.
create or replace function identifier_leave(c integer, p_person bigint, p_no bigint, out left_no bigint,
                                            out is_alias boolean)
language plpgsql as $$
declare
    own constant bigint[] := identifiers_own(c, p_person, false);
begin
    is_alias := p_no <> p_person and p_no <> all (own);
    left_no := p_no;
    if is_alias then
        left_no := identifier_dead(c, (select type from identifier
                                       where controller_id = c and subject_no = p_no));
        perform named_replace(c, own || p_person, p_no, left_no);
        update remaining r set subject_no = left_no
            where r.controller_id = c and r.subject_no = p_no
                  and exists (select from event e where e.controller_id = c and e.revision = r.revision
                                                        and e.subject_no = any (own || p_person));
    else
        perform identifier_kill(c, p_no);
    end if;
end $$;

create or replace function staff_end(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                     p_now bigint)
returns staffed language plpgsql as $$
declare
    no constant bigint := asked_no(c, p_ask, 1);
    l record;
    e event;
begin
    if no is null or no <> all (identifiers_had(c, array[p_ask.subject_no], identifiers_all())) then
        return staff_refused(staff_not_theirs());
    end if;
    l := identifier_leave(c, p_ask.subject_no, no);
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no,
                     array_remove(array[l.left_no], p_ask.subject_no), event_staff(), false);
    if l.is_alias then
        insert into alias (controller_id, revision, alias_no, of_no, is_mutual)
            values (c, e.revision, l.left_no, no, false);
        perform rebuild(c, array[p_ask.subject_no, no, l.left_no]);
        perform remaining_add(c, states_stopping(c, array[l.left_no], e.revision));
    end if;
    perform requests_leave(c, array[l.left_no], time_of(p_now));
    return staffed_of(e, staff_done());
end $$;

-- ---- merge ----

-- Where one of two has a No and the other a Yes, of the same, the No is said of both: the stricter state
-- wins, until they choose anew. Before they are tied; gives states, purposes, and whose slots they are.
create or replace function merge_noes(c integer, p_a bigint, p_b bigint)
returns table (purpose_id integer, slot integer, state smallint) language plpgsql stable as $$
begin
    return query
        with said as (
            select n.no, s.purpose_id, s.slot / slot_count() as by, max(s.rank) as rank
            from unnest(array[p_a, p_b]) n(no)
            cross join lateral (select x.tag from identifier x
                                where x.controller_id = c and x.subject_no = n.no offset 0) i
            cross join lateral states_heard(c, i.tag, null) s
            where s.slot & 15 <= slot_reached() and rank_state(s.rank) <> event_erased()
            group by n.no, s.purpose_id, s.slot / slot_count())
        select a.purpose_id, (a.by * slot_count() + slot_no())::integer, rank_state(a.rank)
        from said a
        where rank_is_no(a.rank)
              and rank_state(a.rank) <> event_invalidated()
              and exists (select from said b where b.no <> a.no and b.by = a.by and b.rank > a.rank
                          and not rank_is_no(b.rank)
                          and (b.purpose_id = a.purpose_id or a.purpose_id <= purpose_all()))
        order by a.purpose_id, a.by, a.rank desc;
end $$;

create or replace function staff_merge(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                       p_now bigint)
returns staffed language plpgsql as $$
declare
    types smallint[] := array(select i.type from unnest(array[p_ask.subject_no, p_ask.other_no])
                                                 with ordinality n(no, place)
                              join identifier i on i.controller_id = c and i.subject_no = n.no
                              order by n.place);
    m record;
    e event;
    x event;
begin
    if p_ask.subject_no = p_ask.other_no then
        return staff_refused(staff_same());
    elsif not exists (select from identifier where controller_id = c and subject_no = p_ask.other_no
                      and is_person) then
        return staff_refused(staff_no_other());
    elsif identifier_visitor() = any (types) then
        return staff_refused(staff_browser());
    elsif exists (select from tie where controller_id = c and person_no = p_ask.subject_no
                  and beside_no = p_ask.other_no)
          and exists (select from tie where controller_id = c and person_no = p_ask.other_no
                      and beside_no = p_ask.subject_no) then
        return staff_refused(staff_already());
    elsif has_too_many(c, persons_above(c, array[p_ask.subject_no, p_ask.other_no]),
                       array[p_ask.subject_no, p_ask.other_no]) then
        return staff_refused(staff_too_many());
    end if;

    -- The Noes of one against Yeses of the other become events of both, before they are one.
    for m in select distinct on (purpose_id, slot) * from merge_noes(c, p_ask.subject_no, p_ask.other_no)
             order by purpose_id, slot loop
        update head set revision = revision + 1 where controller_id = c returning revision into x.revision;
        x := row(c, x.revision, record_id_at(p_now), p_ask.subject_no, m.purpose_id,
                 rank_at(rank_base(class_choice(), m.state, false), p_now), time_of(p_now), null, null,
                 p_policy_version, m.slot, 0, role_staff(), method_api(), 0, 0, null, 0, null, p_actor, null,
                 null, 0);
        insert into event select x.*;
        insert into named (controller_id, revision, beside_nos) values (c, x.revision, array[p_ask.other_no]);
        insert into beside (controller_id, beside_no, revision) values (c, p_ask.other_no, x.revision);
        perform replay_event(c, x, null, false, array[p_ask.other_no], null, time_of(p_now));
    end loop;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no, array[p_ask.other_no],
                     event_staff(), true);
    return staffed_of(e, staff_done());
end $$;

-- ---- split ----

-- The acts of these persons that name what goes to the other side name an alias of it instead: the aliases.
create or replace function split_side(c integer, p_side bigint[], p_other bigint[]) returns alias[]
language plpgsql as $$
declare
    found_aliases "alias"[];
    l "alias";
    no bigint;
begin
    foreach no in array p_other loop
        if exists (select from beside b
                   join event e on e.controller_id = c and e.revision = b.revision
                                   and e.subject_no = any (p_side)
                   where b.controller_id = c and b.beside_no = no) then
            l := row(c, 0, identifier_dead(c, (select type from identifier
                                               where controller_id = c and subject_no = no)), no, true);
            perform named_replace(c, p_side, no, l.alias_no);
            found_aliases := found_aliases || l;
        end if;
    end loop;
    return found_aliases;
end $$;

-- What a person has without these, and without what came by them alone.
create or replace function identifiers_without(c integer, p_person bigint, p_without bigint[])
returns bigint[] language plpgsql stable as $$
begin
    return array(
        with recursive below(no) as (
            select p_person
            union
            select t.beside_no from below b
            cross join lateral (select x.beside_no from tie x
                                where x.controller_id = c and x.person_no = b.no offset 0) t
            where t.beside_no <> all (p_without))
        select no from below);
end $$;

-- What leaves, and what came by it alone, becomes a person of its own, and each side keeps what stood with
-- it: a Yes where it was named, a No with both.
create or replace function staff_split(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                       p_now bigint)
returns staffed language plpgsql as $$
declare
    had constant bigint[] := identifiers_had(c, array[p_ask.subject_no], identifiers_all());
    leaving bigint[] := array(
        select i.subject_no from unnest(p_ask.tags) t(tag)
        join identifier i on i.controller_id = c and i.tag = t.tag
        order by identifier_strength(i.type) desc, i.subject_no);
    staying bigint[];
    theirs "alias"[];
    others "alias"[];
    e event;
    x event;
    done staffed;
begin
    if cardinality(leaving) < cardinality(p_ask.tags) or not leaving <@ had
       or p_ask.subject_no = any (leaving) then
        return staff_refused(staff_not_theirs());
    end if;
    staying := identifiers_without(c, p_ask.subject_no, leaving);
    leaving := leaving || array(select h from unnest(had) h where h <> all (staying) and h <> all (leaving));
    theirs := split_side(c, staying, leaving);
    others := split_side(c, leaving, staying);
    if theirs is null and others is null then
        return staff_refused(staff_nothing());
    end if;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no,
                     array(select l.alias_no from unnest(theirs) l), event_staff(), false);
    p_ask.record_id := null;
    x := staff_event(c, p_ask, p_actor, p_policy_version, p_now, leaving[1],
                     leaving[2:] || array(select l.alias_no from unnest(others) l), event_staff(), false);
    update identifier i set is_person = true
        where i.controller_id = c and i.subject_no = leaving[1] and not i.is_person;
    insert into alias (controller_id, revision, alias_no, of_no, is_mutual)
        select c, e.revision, l.alias_no, l.of_no, true from unnest(theirs) l
        union all
        select c, x.revision, l.alias_no, l.of_no, true from unnest(others) l;
    perform rebuild_staying(c, e.revision, staying || leaving);
    perform remaining_add(c, states_stopping(c, array(select unnest(array[l.alias_no, l.of_no])
                                                      from unnest(theirs || others) l), e.revision));
    perform requests_leave(c, array(select l.alias_no from unnest(theirs || others) l), time_of(p_now));
    done := staffed_of(e, staff_done());
    done.subject_no := leaving[1];
    return done;
end $$;

-- ---- correct ----

-- Of each of these purposes, and of whoever says it, the request that waited last under an identifier when
-- the event p_by took that from its person: not where a No came after it, nor where a guardian confirms by an
-- address of their own. A guardian who is asked on a page confirms nothing.
create or replace function requests_taken(c integer, p_purposes integer[], p_no bigint, p_by bigint,
                                          p_now timestamptz)
returns setof bigint language plpgsql stable as $$
begin
    return query
        select distinct on (o.purpose_id, o.slot) o.revision
        from events_of(c, array[p_no]) o
        cross join lateral (select i.tag from identifier i
                            where i.controller_id = c and i.subject_no = o.subject_no offset 0) i
        where o.purpose_id = any (p_purposes) and slot_waits(o.slot)
              and o.slot / slot_count() < guardian_staff() and o.revision < p_by and o.valid_until > p_now
              and (o.role = role_staff()
                   or exists (select from evidence v where v.controller_id = c and v.revision = o.revision
                                                           and v.document ? 'token'))
              and not exists (select from confirmed f where f.controller_id = c and f.request = o.revision)
              and not exists (select from states_heard(c, i.tag, null) s
                              where (s.purpose_id = o.purpose_id or s.purpose_id <= purpose_all())
                                    and (s.slot & 15 <= slot_reached() and rank_is_no(s.rank)
                                         and rank_time(s.rank) >= rank_time(o.rank)
                                         or s.slot = o.slot - slot_pending() + slot_yes()
                                            and not rank_is_no(s.rank)))
        order by o.purpose_id, o.slot, o.revision desc;
end $$;

-- The Yeses of these purposes that stand by name under an identifier (a guardian's where it was confirmed
-- there), and what waited there, wait for a confirmation from there, each asked for by a message of its own:
-- the requests, subject_no and revision of each.
create or replace function ask_again(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                     p_now bigint, p_no bigint, p_by bigint)
returns bigint[] language plpgsql as $$
declare
    asked bigint[];
    yeses bigint[];
    y record;
    e event;
    asks act;
begin
    for y in select v.e, i.tag, s.stands, coalesce(m.beside_nos, '{}') as beside_nos
             from identifier i
             cross join lateral (select x.revision, true as stands from consent x
                                 where x.controller_id = c and x.tag = i.tag
                                       and x.purpose_id = any (p_ask.confirms) and x.slot & 15 = slot_yes()
                                       and x.slot / slot_count() < guardian_staff()
                                       and not rank_is_no(x.rank)
                                 union all
                                 select x, false
                                 from requests_taken(c, p_ask.confirms, p_no, p_by, time_of(p_now)) x
                                 offset 0) s
             cross join lateral (select x as e from event x
                                 where x.controller_id = c and x.revision = s.revision offset 0) v
             left join named m on m.controller_id = c and m.revision = s.revision
             where i.controller_id = c and i.subject_no = p_no
                   and (not s.stands or (v.e).slot = slot_yes() or (v.e).method = method_double_opt_in())
             order by s.revision loop
        e := y.e;
        if y.stands then
            yeses := yeses || e.revision;
        end if;
        update head set revision = revision + 1 where controller_id = c returning revision into e.revision;
        e.record_id := record_id_at(p_now);
        e.rank := rank_at(rank_base(class_choice(), event_requested(), e.notice_no is not null), p_now);
        e.recorded_at := time_of(p_now);
        e.valid_until := time_of(p_now) + p_ask.term;
        if e.slot / slot_count() = 0 then
            e.role := role_staff();
        end if;
        e.slot := e.slot - (e.slot & 15) + slot_pending();
        e.actor := p_actor;
        e.policy_version := p_policy_version;
        e.effect := effect_pending();
        e.detail := case when e.slot / slot_count() <> 0
                         then jsonb_build_object('expressed_by', e.detail -> 'expressed_by') end;
        insert into event select e.*;
        if cardinality(y.beside_nos) > 0 then
            insert into named (controller_id, revision, beside_nos) values (c, e.revision, y.beside_nos);
            insert into beside (controller_id, beside_no, revision)
                select distinct c, b, e.revision from unnest(y.beside_nos) b;
        end if;
        asks.message := p_ask.messages[array_position(p_ask.confirms, e.purpose_id)];
        if asks.message is not null then
            perform put_message_of(e, y.tag, asks);
        end if;
        asked := asked || e.subject_no || e.revision;
    end loop;
    if yeses is not null then
        perform unrank(c, yeses, p_by);
    elsif asked is not null then
        perform rebuild(c, array[p_no]);
    end if;
    return asked;
end $$;

-- The first identifier that is asked about is wrong, the second is right. Proven to be of the same person,
-- all that was said with the one holds for the other; else only Noes go along.
create or replace function staff_correct(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                         p_now bigint)
returns staffed language plpgsql as $$
declare
    wrong constant bigint := asked_no(c, p_ask, 1);
    right_no bigint := asked_no(c, p_ask, 2);
    old bytea;
    l record;
    e event;
    done staffed;
begin
    if wrong is null or wrong <> all (identifiers_had(c, array[p_ask.subject_no], identifiers_all())) then
        return staff_refused(staff_not_theirs());
    elsif wrong = right_no then
        return staff_refused(staff_same());
    elsif right_no is not null then
        return staff_refused(staff_others());
    end if;
    l := identifier_leave(c, p_ask.subject_no, wrong);
    right_no := l.left_no;
    if p_ask.is_proven then
        -- what has left leads somewhere again: to the new one (its dead tag is touched, or has no row)
        perform tags_forget(c, array[p_ask.tags[2]]);
        select tag into old from identifier where controller_id = c and subject_no = l.left_no;
        perform forget_links(c, array[old], '{}');
        delete from consent s where s.controller_id = c and s.tag = old;
        update identifier i set tag = p_ask.tags[2], is_ended = false
            where i.controller_id = c and i.tag = old;
        update guardian g set tag = p_ask.tags[2] where g.controller_id = c and g.tag = old;
    else
        right_no := asked_made(c, p_ask, 2);
    end if;
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no,
                     array_remove(array(select distinct x from unnest(array[l.left_no, right_no]) x),
                                  p_ask.subject_no), event_staff(), false);
    if l.is_alias then
        insert into alias (controller_id, revision, alias_no, of_no, is_mutual)
            values (c, e.revision, l.left_no, wrong, false);
    end if;
    perform rebuild(c, array[p_ask.subject_no, wrong, l.left_no, right_no]);
    if l.is_alias then
        perform remaining_add(c, states_stopping(c, array[l.left_no], e.revision));
    end if;
    perform requests_leave(c, array[l.left_no], time_of(p_now));
    done := staffed_of(e, staff_done());
    if p_ask.is_proven then
        done.counts := ask_again(c, p_ask, p_actor, p_policy_version, p_now, l.left_no, e.revision);
    end if;
    return done;
end $$;

-- ---- all of them ----

-- The word of the audit for what staff did.
create or replace function staff_word(p_kind integer) returns text language plpgsql immutable as $$
begin
    return case p_kind
           when staff_restricted() then 'restrict' when staff_lifted() then 'lift'
           when staff_added() then 'identifier_add' when staff_ended() then 'identifier_end'
           when staff_merged() then 'merge' when staff_split() then 'split'
           when staff_corrected() then 'correct' when staff_erased() then 'erase' end;
end $$;

-- The kinds of rights-request that it answers.
create or replace function staff_answers(p_kind integer) returns text[] language plpgsql immutable as $$
begin
    return array[case p_kind when staff_restricted() then 'restriction'
                 when staff_corrected() then 'rectification' when staff_erased() then 'erasure' end];
end $$;

create or replace function staff_do(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                    p_now bigint)
returns staffed language plpgsql as $$
begin
    return case p_ask.kind
           when staff_restricted() then staff_restrict(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_lifted() then staff_lift(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_added() then staff_add(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_ended() then staff_end(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_merged() then staff_merge(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_split() then staff_split(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_corrected() then staff_correct(c, p_ask, p_actor, p_policy_version, p_now)
           when staff_erased() then staff_erase(c, p_ask, p_actor, p_policy_version, p_now)
           end;
end $$;

-- An idempotency key's first answer is kept as it is told here.
create or replace function staff(c integer, p_generation bigint, p_policy_version integer, p_actor text,
                                 p_key bytea, p_fingerprint bytea, p_ask staff_ask)
returns staffed language plpgsql security definer set search_path = public, pg_temp as $$
declare
    kept idempotency;
    done staffed;
    now_ bigint;
    misfit integer := rights_answered();
    answers boolean;
begin
    perform from head where controller_id = c for no key update;
    if (select generation from controller where controller_id = c) is distinct from p_generation then
        return staff_refused(staff_stale());
    end if;
    now_ := instant_of(clock_timestamp());
    kept := first_answer(c, p_key, time_of(now_));
    if kept.fingerprint = p_fingerprint then
        done := jsonb_populate_record(null::staffed, kept.context::jsonb);
        if done.outcome = staff_done() then
            done.outcome := staff_replayed();
        end if;
        return done;
    elsif kept.fingerprint is not null then
        return staff_refused(staff_key_reused());
    end if;
    if p_ask.old_tags is not null then
        perform wrap_tags(c, p_ask.old_tags, p_ask.tags);
    end if;
    if not exists (select from identifier where controller_id = c and subject_no = p_ask.subject_no
                   and is_person) then
        return staff_refused(staff_no_subject());
    end if;
    if p_ask.request_id is not null then
        misfit := rights_request_misfits(c, p_ask.request_id, staff_answers(p_ask.kind), p_ask.subject_no);
    end if;
    if misfit <> rights_answered() then
        return staff_refused((staff_no_request() + misfit - rights_unknown())::smallint);
    end if;
    done := staff_do(c, p_ask, p_actor, p_policy_version, now_);
    answers := p_ask.request_id is not null and done.outcome in (staff_done(), staff_already());
    if answers then
        perform rights_request_close(c, p_ask.request_id, staff_word(p_ask.kind), p_actor);
    end if;
    if answers or done.outcome = staff_done() then
        perform first_answer_keep(c, p_key, p_fingerprint, to_jsonb(done), null, time_of(now_));
        perform audit_add(c, array[p_actor], array[p_ask.token], array[staff_word(p_ask.kind)],
                          array[p_ask.subject_no], array[1], array[erase_reason(p_ask)],
                          array[p_ask.on_behalf_of], array[p_ask.request_id]);
    end if;
    return done;
end $$;
revoke execute on function staff from public;
