-- SPDX-License-Identifier: Apache-2.0
-- What comes to its end by time alone is told by an event of its own, so that whoever follows the ledger
-- checks again: a Yes or a sale that expires, and 30 days before; a request that nobody confirmed; the day on
-- which an age, or being represented, ends. Such an event has a slot of guardian_time(): nothing ever stands
-- by it, and rebuild() passes it over. What it is about is the revision "of" in its detail.
--
-- (1) A controller and a kind at a time, endings_max() events at most, each batch a transaction with its
--     place in ending_told: whoever is cut short goes on there.
-- (2) The place is a time and a revision in an index: nothing is read that is not due.
-- (3) The clock is read behind the head's lock. What is recorded later ends later, or had ended already.
-- (4) Told is what still counts: not what was renewed, withdrawn or erased meanwhile. In doubt, as where a
--     channel's No stands, it is told: the verdict comes with it, and is what it is.
-- (5) A Yes ends once: when it was said to, or sooner where the policy in force says so, as a verdict has it
--     (domain/verdict.c, yes_ends). Another end, which another policy gave it, is told to nobody.

-- Kinds of ending.
create or replace function ending_ended() returns smallint immutable parallel safe return 1::smallint;
create or replace function ending_expiring() returns smallint immutable parallel safe return 2::smallint;
create or replace function ending_age() returns smallint immutable parallel safe return 3::smallint;
create or replace function ending_care() returns smallint immutable parallel safe return 4::smallint;
create or replace function ending_of_policy() returns smallint immutable parallel safe return 5::smallint;
-- Events that are written at a time: about 20 ms under the head's lock.
create or replace function endings_max() returns integer immutable parallel safe return 200;
-- So long before its end a Yes is told to be expiring.
create or replace function expiring_before() returns interval
    language sql immutable parallel safe as 'select interval ''30 days''';

-- What of a kind ends behind (p_after, p_revision), up to p_now, by the events themselves.
create or replace function endings_found(c integer, p_kind smallint, p_after timestamptz, p_revision bigint,
                                         p_now timestamptz, p_most integer)
returns table (at timestamptz, revision bigint) language plpgsql stable as $$
begin
    if p_kind = ending_age() then
        return query select time_of(t.age_until), t.revision from told t
            where t.controller_id = c and t.age_until > 0
                  and (t.age_until, t.revision) > (instant_of(p_after), p_revision)
                  and t.age_until <= instant_of(p_now)
            order by t.age_until, t.revision limit p_most;
    elsif p_kind = ending_care() then
        return query select time_of(t.care_until), t.revision from told t
            where t.controller_id = c and t.care_until > 0
                  and (t.care_until, t.revision) > (instant_of(p_after), p_revision)
                  and t.care_until <= instant_of(p_now)
            order by t.care_until, t.revision limit p_most;
    else
        return query select e.valid_until, e.revision from event e
            where e.controller_id = c and e.valid_until > e.recorded_at
                  and (e.valid_until, e.revision) > (p_after, p_revision)
                  and e.valid_until <= p_now + case when p_kind = ending_expiring() then expiring_before()
                                                    else interval '0' end
            order by e.valid_until, e.revision limit p_most;
    end if;
end $$;

-- Whether it stands somewhere that an event's Yes or sale was said, and no later No of the person overrules
-- it there. What staff moved to another person is told with it.
create or replace function yes_stands(c integer, e event) returns boolean language plpgsql stable as $$
begin
    return exists (
        select from (select e.subject_no as no
                     union select unnest(m.beside_nos) from named m
                     where m.controller_id = c and m.revision = e.revision) n
        cross join lateral (select n.no as no
                            union select x.of_no from alias x where x.controller_id = c and x.alias_no = n.no
                            union select x.alias_no from alias x where x.controller_id = c and x.of_no = n.no
                            offset 0) a
        cross join lateral (select x.tag from identifier x
                            where x.controller_id = c and x.subject_no = a.no offset 0) i
        cross join lateral (select x.rank from consent x
                            where x.controller_id = c and x.tag = i.tag and x.purpose_id = e.purpose_id
                                  and x.slot = e.slot and x.revision = e.revision offset 0) s
        where not exists (select from consent y
                          where y.controller_id = c and y.tag = i.tag
                                and y.purpose_id in (e.purpose_id, purpose_all())
                                and y.slot <= slot_reached() and rank_is_no(y.rank) and y.rank > s.rank));
end $$;

-- (5) When an event's Yes or sale ends.
create or replace function yes_ends(e event, p_validities jsonb) returns timestamptz
language plpgsql stable as $$
begin
    return least(e.valid_until,
                 time_of(rank_time(e.rank)) + (p_validities ->> e.purpose_id::text)::interval);
end $$;

-- Whether an event's request still waits: it was not confirmed, no guardian answered, the person has said no
-- Yes since, and what it named is still theirs.
create or replace function request_waits(c integer, e event) returns boolean language plpgsql stable as $$
begin
    return not exists (select from confirmed x where x.controller_id = c and x.request = e.revision)
           and not request_left(c, e, coalesce((select n.beside_nos from named n
                                                where n.controller_id = c and n.revision = e.revision), '{}'))
           and not exists (
               select from event x
               where x.controller_id = c and x.subject_no = e.subject_no and x.revision > e.revision
                     and x.purpose_id = e.purpose_id and x.slot & 15 in (slot_yes(), slot_no())
                     and x.slot >= slot_count()
                     and x.slot / slot_count() not in (guardian_staff(), guardian_time()))
           and not exists (
               select from identifier i
               join consent s on s.controller_id = c and s.tag = i.tag and s.purpose_id = e.purpose_id
                                 and s.slot = slot_yes()
               where i.controller_id = c and i.subject_no = e.subject_no
                     and rank_time(s.rank) >= rank_time(e.rank))
           and exists (select from identifier i where i.controller_id = c and i.subject_no = e.subject_no);
end $$;

-- Whether a limit that an event told is one of those that count.
create or replace function limit_stands(c integer, e event, p_slot integer, p_at timestamptz)
returns boolean language plpgsql stable as $$
begin
    return exists (select from identifier i
                   join consent s on s.controller_id = c and s.tag = i.tag and s.purpose_id = purpose_all()
                                     and s.slot between p_slot and p_slot + slot_age_document() - slot_age()
                   where i.controller_id = c and i.subject_no = e.subject_no and s.valid_until = p_at);
end $$;

-- The slot in which the end of an event is told; null: it is told to nobody. p_validities: validities_of()
-- the policy in force.
create or replace function ending_slot(c integer, p_kind smallint, e event, p_at timestamptz,
                                       p_validities jsonb)
returns integer language plpgsql stable as $$
begin
    if exists (select from unranked x where x.controller_id = c and x.revision = e.revision) then
        return null;
    elsif p_kind = ending_age() then
        return case when limit_stands(c, e, slot_age(), p_at) then time_limit() end;
    elsif p_kind = ending_care() then
        return case when limit_stands(c, e, slot_care(), p_at) then time_limit() end;
    elsif slot_waits(e.slot) then
        return case when p_kind = ending_ended() and request_waits(c, e) then time_lapsed() end;
    elsif e.slot & 15 not in (slot_yes(), slot_sale()) or rank_is_no(e.rank)
          or p_at is distinct from yes_ends(e, p_validities) then -- (5)
        return null;
    elsif p_kind = ending_expiring() then
        -- of who can be asked; what had less than these days left when it was recorded was never far from its
        -- end
        return case when e.recorded_at < p_at - expiring_before() and yes_stands(c, e)
                         and exists (select from identifier i
                                     where i.controller_id = c and i.subject_no = e.subject_no
                                           and i.type <> identifier_visitor())
                    then time_expiring() end;
    end if;
    return case when yes_stands(c, e) then time_expired() end;
end $$;

-- Writes what is told of these ends, under the head's lock. h is the head.
create or replace function endings_write(c integer, h head, p_kinds smallint[], p_ats timestamptz[],
                                         p_revisions bigint[], p_now timestamptz)
returns void language plpgsql as $$
declare
    version constant integer := (select policy_version from controller where controller_id = c);
    validities constant jsonb := validities_of(c, version);
    written bigint;
begin
    insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at,
                       policy_version, slot, flags, role, method, effect, was, answer, actor, ref, detail)
        select c, h.revision + row_number() over (order by d.n), record_id_at(instant_of(p_now)),
               (d.e).subject_no,
               case when d.slot = time_limit() then purpose_all() else (d.e).purpose_id end,
               rank_at(rank_base(class_choice(), event_passed(), false),
                       instant_of(d.at - case when d.slot = time_expiring() then expiring_before()
                                              else interval '0' end)),
               p_now, version, d.slot, 0, role_controller(), method_api(), effect_applied(),
               rank_state((d.e).rank), 0, 'akkoord', (d.e).ref, jsonb_build_object('of', (d.e).revision)
        from (select k.n, k.at, y.e, ending_slot(c, k.kind, y.e, k.at, validities) as slot
              from unnest(p_kinds, p_ats, p_revisions) with ordinality k(kind, at, revision, n)
              cross join lateral (select x as e from event x
                                  where x.controller_id = c and x.revision = k.revision offset 0) y
              offset 0) d
        where d.slot is not null;
    get diagnostics written = row_count;
    update head set revision = h.revision + written where controller_id = c and written > 0;
end $$;

-- A batch of one kind.
create or replace function endings_batch(c integer, p_kind smallint, p_after timestamptz, p_revision bigint)
returns void language plpgsql as $$
declare
    h head;
    now_ timestamptz;
    ats timestamptz[];
    revisions bigint[];
begin
    select * into h from head where controller_id = c for no key update;
    now_ := clock_timestamp(); -- (3)
    select array_agg(f.at), array_agg(f.revision) into ats, revisions
        from endings_found(c, p_kind, p_after, p_revision, now_, endings_max()) f;
    if revisions is null then
        return;
    end if;
    perform endings_write(c, h, array_fill(p_kind, array[cardinality(ats)]), ats, revisions, now_);
    insert into ending_told as old (controller_id, kind, at, revision)
        values (c, p_kind, ats[cardinality(ats)], revisions[cardinality(ats)])
        on conflict (controller_id, kind) do update set at = excluded.at, revision = excluded.revision;
end $$;

-- A batch of those ends that a policy made. On a day that the policy names, whoever is delivered to is told
-- of the policy again.
create or replace function endings_of_policy(c integer) returns void language plpgsql as $$
declare
    h head;
    now_ timestamptz;
    kinds smallint[];
    ats timestamptz[];
    revisions bigint[];
begin
    select * into h from head where controller_id = c for no key update;
    now_ := clock_timestamp();
    select array_agg(d.kind), array_agg(d.at), array_agg(d.revision) into kinds, ats, revisions
        from (select x.* from ending_due x where x.controller_id = c and x.at <= now_
              order by x.at, x.revision, x.kind limit endings_max()) d;
    perform endings_write(c, h, kinds,
                          array(select a + case when k = ending_expiring() then expiring_before()
                                                else interval '0' end
                                from unnest(kinds, ats) x(k, a)), revisions, now_);
    if ending_of_policy() = any (kinds) then
        update endpoint set policy_version = 0 where controller_id = c and name <> 'messages';
    end if;
    delete from ending_due d using unnest(kinds, ats, revisions) x(kind, at, revision)
        where d.controller_id = c and d.at = x.at and d.revision = x.revision and d.kind = x.kind;
end $$;

-- What a policy says that ends of its own follow from: the validity of each purpose that has one, by number.
create or replace function validities_of(c integer, p_version integer) returns jsonb
language plpgsql stable as $$
begin
    return (select coalesce(jsonb_object_agg(p.purpose_id, d ->> 'validity'), '{}')
            from policy v
            cross join jsonb_array_elements(v.document::jsonb -> 'purposes') d
            join purpose p on p.controller_id = c and p.key = d ->> 'key'
            where v.controller_id = c and v.version = p_version and d ->> 'validity' is not null);
end $$;

-- Another policy than the one that was looked at last: takes down the days that it names, and begins a pass
-- over the ledger where a purpose has another validity than in any since. No lock: what was recorded under
-- those was committed before this one was applied.
create or replace function endings_policy_begin(c integer, p_from integer, p_to integer, p_now timestamptz)
returns void language plpgsql as $$
declare
    before constant jsonb[] := array(select validities_of(c, v) from generate_series(p_from, p_to - 1) v);
    changed jsonb;
begin
    select jsonb_object_agg(n.key, n.value) into changed
        from jsonb_each(validities_of(c, p_to)) n
        where exists (select from unnest(before) b where b -> n.key is distinct from n.value);
    delete from ending_due where controller_id = c and kind = ending_of_policy();
    insert into ending_due (controller_id, at, revision, kind)
        select distinct c, (n ->> 'effective_from')::timestamptz, 0, ending_of_policy()
        from policy v cross join jsonb_array_elements(coalesce(v.document::jsonb -> 'notices', '[]')) n
        where v.controller_id = c and v.version = p_to and (n ->> 'effective_from')::timestamptz > p_now;
    insert into ending_policy as old (controller_id, policy_version, rules, looked_to, until)
        select c, p_to, changed, 0, h.revision from head h where h.controller_id = c
        on conflict (controller_id) do update
            set policy_version = excluded.policy_version, rules = excluded.rules,
                looked_to = excluded.looked_to, until = excluded.until;
end $$;

-- A batch of the pass: what now ends sooner than it said when it was recorded. Nobody waits for it.
create or replace function endings_policy_pass(c integer, p ending_policy) returns void
language plpgsql as $$
declare
    applied constant timestamptz := (select v.applied_at from policy v
                                     where v.controller_id = c and v.version = p.policy_version);
    reached bigint;
begin
    select max(w.revision) into reached
        from (select x.revision from event x
              where x.controller_id = c and x.revision > p.looked_to and x.revision <= p.until
              order by x.revision limit purge_events_max()) w;
    insert into ending_due (controller_id, at, revision, kind)
        select c, k.at, d.revision, k.kind
        from (select e.revision, e.valid_until, yes_ends(e, p.rules) as ends
              from event e
              where e.controller_id = c and e.revision > p.looked_to and e.revision <= reached
                    and p.rules ? e.purpose_id::text and e.slot & 15 in (slot_yes(), slot_sale())
                    and e.slot / slot_count() not in (guardian_staff(), guardian_time())
                    and not rank_is_no(e.rank)) d
        cross join lateral (values (ending_ended(), d.ends),
                                   (ending_expiring(), d.ends - expiring_before())) k(kind, at)
        where k.at > applied and (d.valid_until is null or d.ends < d.valid_until)
        on conflict do nothing;
    update ending_policy x
        set looked_to = coalesce(reached, x.until), rules = case when reached is not null then x.rules end
        where x.controller_id = c;
end $$;

-- One batch of a controller. Returns whether there was anything to tell.
create or replace function endings_tell(o controller, p_now timestamptz) returns boolean
language plpgsql as $$
declare
    p ending_policy;
    place record;
begin
    select * into p from ending_policy x where x.controller_id = o.controller_id;
    if p.policy_version is distinct from o.policy_version and p.rules is null then
        perform endings_policy_begin(o.controller_id, coalesce(p.policy_version, 0), o.policy_version, p_now);
        return true;
    elsif p.rules is not null then
        perform endings_policy_pass(o.controller_id, p);
        return true;
    elsif exists (select from ending_due d where d.controller_id = o.controller_id and d.at <= p_now) then
        perform endings_of_policy(o.controller_id);
        return true;
    end if;
    for place in select k.kind::smallint, coalesce(t.at, o.created_at) as at,
                        coalesce(t.revision, 0) as revision
                 from generate_series(1, 4) k(kind)
                 left join ending_told t on t.controller_id = o.controller_id and t.kind = k.kind loop
        if exists (select from endings_found(o.controller_id, place.kind, place.at, place.revision,
                                             p_now, 1)) then
            perform endings_batch(o.controller_id, place.kind, place.at, place.revision);
            return true;
        end if;
    end loop;
    return false;
end $$;

-- One batch, of the controller whose last is longest ago of those that have something to tell: none waits
-- until another has told all. Returns whether there was any.
create or replace function tell_endings() returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
    o controller;
begin
    for o in select x.* from controller x
             left join ending_policy p on p.controller_id = x.controller_id
             where x.policy_version > 0
             order by p.turn_at nulls first, x.controller_id loop
        if endings_tell(o, now_) then
            update ending_policy set turn_at = now_ where controller_id = o.controller_id;
            return true;
        end if;
    end loop;
    return false;
end $$;
revoke execute on function tell_endings from public;
