-- SPDX-License-Identifier: Apache-2.0
-- What is known under a tag of a purpose and of those whose Noes count for it: the highest rank of what the
-- person said or somebody else's No brought, and of what a guardian did where p_guardian is not 0. Of the
-- first two of p_purposes, the act's own and that for all entities, a Yes counts too.
create or replace function stood(c integer, p_tag bytea, p_purposes integer[], p_guardian integer)
returns bigint language plpgsql stable as $$
begin
    return (select max(s.rank) from states_heard(c, p_tag, p_purposes) s
            where s.slot between p_guardian * slot_count() and p_guardian * slot_count() + slot_reached()
                  and (s.purpose_id = any (p_purposes[1:2]) or rank_is_no(s.rank)));
end $$;

-- Where the person said nothing: the highest rank of what a guardian did.
create or replace function stood_of_guardians(c integer, p_tag bytea, p_purposes integer[])
returns bigint language plpgsql stable as $$
begin
    return (select max(s.rank) from states_heard(c, p_tag, p_purposes) s
            where s.slot >= slot_count() and s.slot & 15 <= slot_reached()
                  and (s.purpose_id = any (p_purposes[1:2]) or rank_is_no(s.rank)));
end $$;

-- Where nobody said anything: the highest rank of a sale.
create or replace function stood_of_sales(c integer, p_tag bytea, p_purposes integer[])
returns bigint language plpgsql stable as $$
begin
    return (select max(s.rank) from states_heard(c, p_tag, p_purposes) s
            where s.slot & 15 = slot_sale() and not rank_is_no(s.rank)
                  and s.purpose_id = any (p_purposes[1:2]));
end $$;

-- Whether an act is a No to all entities of a purpose, which takes back what was said to each: p_over has
-- their numbers behind its own.
create or replace function is_to_entities(p_rank_base bigint, p_purpose integer, p_over integer[])
returns boolean language sql immutable parallel safe as
    'select p_over[2] > purpose_all() and p_over[1] = p_purpose and rank_is_no(p_rank_base)';

-- Of a purpose's number for all entities: the highest rank of a Yes that the person said to one of them
-- alone.
create or replace function stood_of_entities(c integer, p_tag bytea, p_purpose integer)
returns bigint language plpgsql stable as $$
declare
    each constant integer[] := array(select x.purpose_id from purpose p
                                     join purpose x on x.controller_id = c and x.key = p.key
                                                       and x.entity <> ''
                                     where p.controller_id = c and p.purpose_id = p_purpose);
begin
    if cardinality(each) = 0 then
        return null;
    end if;
    return (select max(s.rank) from states_heard(c, p_tag, each) s
            where s.slot = slot_yes() and not rank_is_no(s.rank));
end $$;

-- Of a standing No: purpose and rank of each that had one, and of what stood over it. Where the person said
-- nothing of a purpose, the state of what a guardian did, else of a sale: it is told, and overrules nothing.
create or replace function stood_each(c integer, p_tag bytea, p_over integer[], p_guardian integer)
returns bigint[] language plpgsql stable as $$
begin
    return (
        select array_agg(array[e.purpose_id::bigint,
                               coalesce(greatest(e.rank, e.over_rank),
                                        rank_state(greatest(e.guardians, e.over_guardians)),
                                        rank_state(e.sales))]
                         order by e.purpose_id)
        from (select s.purpose_id, max(s.rank) filter (where k.own) as rank,
                     max(max(s.rank) filter (where k.own and k.over)) over () as over_rank,
                     max(s.rank) filter (where k.is_guardians) as guardians,
                     max(max(s.rank) filter (where k.is_guardians and k.over)) over () as over_guardians,
                     max(s.rank) filter (where k.is_sale) as sales
              from states_heard(c, p_tag, null) s
              cross join lateral (select s.slot & 15 <= slot_reached() as said,
                                         s.slot & 15 = slot_sale() and not rank_is_no(s.rank) as is_sale,
                                         s.purpose_id = any (p_over) as over) y
              cross join lateral (select y.*, y.said and s.slot / slot_count() = p_guardian as own,
                                         y.said and s.slot / slot_count() <> p_guardian as is_guardians) k
              where (k.own or p_guardian = 0 and (k.is_guardians or k.is_sale))
                    and (s.purpose_id >= purpose_all() or k.over)
              group by s.purpose_id) e);
end $$;

-- Whether the person is a minor, or represented, now (domain/verdict.c has the rule).
create or replace function is_limited(c integer, p_tag bytea, p_now bigint) returns boolean
language plpgsql stable as $$
begin
    return (
        select coalesce(bool_or(until > p_now), false)
        from (select case when bool_or(s.slot & 3 = 3)
                          then (array_agg(coalesce(instant_of(s.valid_until), 0)
                                          order by s.slot & 3 desc, s.rank desc))[1]
                          else max(s.rank) end as until
              from states_heard(c, p_tag, array[purpose_all()]) s
              where s.slot between slot_age() and slot_care_document()
              group by s.slot >> 2) facts);
end $$;

-- Whether a guardian agreed, and none said no since.
create or replace function is_agreed(c integer, p_tag bytea, p_purposes integer[])
returns boolean language plpgsql stable as $$
begin
    return (
        select coalesce(bool_and(not rank_is_no(g.rank)), false)
        from (select max(s.rank) as rank from states_heard(c, p_tag, p_purposes) s
              where s.slot >= slot_count() and s.slot & 15 <= slot_reached()
                    and (s.purpose_id = any (p_purposes[1:2]) or rank_is_no(s.rank))
              group by s.slot / slot_count()) g);
end $$;

-- When a limit ends that was told as a day, as infinity, or as none (''). A day begins at 00:00 there.
create or replace function until_of(p_until text, p_zone text) returns bigint
language plpgsql immutable as $$
begin
    return case p_until when '' then 0 when 'infinity' then forever()
           else instant_of(p_until::timestamp at time zone p_zone) end;
end $$;

-- The same as an act keeps it, that told it at p_at. What was over then never held.
create or replace function told_until(p_until text, p_at bigint, p_zone text) returns bigint
language plpgsql immutable as $$
declare
    until bigint := until_of(p_until, p_zone);
begin
    return case when until > p_at then until when until is not null then 0 end;
end $$;

-- What else the Yes of that time named that stands in that slot under one of the act's identifiers: its
-- invalidation holds for all of it.
create or replace function invalidated_nos(c integer, a act, p_slot integer, p_at bigint, p_nos bigint[])
returns bigint[] language plpgsql stable as $$
begin
    return array(select distinct b from tags_of(a.tags) t
                 cross join lateral (select x.* from consent x
                                     where x.controller_id = c and x.tag = t.tag
                                           and x.purpose_id = a.purpose_id and x.slot = p_slot offset 0) x
                 cross join lateral (select m.beside_nos from named m
                                     where m.controller_id = c and m.revision = x.revision offset 0) n
                 cross join unnest(n.beside_nos) b
                 where rank_time(x.rank) = p_at and not rank_is_no(x.rank) and b <> all (p_nos));
end $$;

-- Whether that invalidates what an import said.
create or replace function is_of_import(p_rank bigint, p_flags smallint) returns boolean
language plpgsql immutable as $$
begin
    return rank_state(p_rank) = event_invalidated() and p_flags & flag_imported() <> 0;
end $$;

-- Whether that is a Yes that the person chose.
create or replace function is_chosen(p_rank bigint) returns boolean language plpgsql immutable as $$
begin
    return p_rank >> 59 = class_choice() and not rank_is_no(p_rank);
end $$;

-- Those of the identifiers that are bound where an import's Yes is invalidated. Behind what the person chose
-- it counted for nothing, and what it is worth is nothing to that.
create or replace function invalidation_binds(c integer, p_purpose integer, p_slot integer, p_nos bigint[])
returns bigint[] language plpgsql stable as $$
begin
    return array(select n.no from unnest(p_nos) with ordinality n(no, place)
                 cross join lateral (select x.tag from identifier x
                                     where x.controller_id = c and x.subject_no = n.no offset 0) i
                 where not exists (select from consent x
                                   where x.controller_id = c and x.tag = i.tag and x.purpose_id = p_purpose
                                         and x.slot = p_slot and is_chosen(x.rank))
                 order by n.place);
end $$;

-- The number of the guardian who answered a request first; null: nobody did. It is kept with the answer, so
-- that the link goes on where the guardian's own identifier leads nowhere any more.
create or replace function guardian_answered(c integer, p_subject bigint, p_request bigint) returns integer
language plpgsql stable as $$
begin
    return (select e.slot / slot_count() from event e
            where e.controller_id = c and e.subject_no = p_subject
                  and e.slot >= guardian_named() * slot_count()
                  and (e.detail ->> 'answers')::bigint = p_request
            order by e.revision limit 1);
end $$;

-- The number of a guardian, who acts or is asked: of who answers once more, the role's, or that of the
-- identifier that names one.
create or replace function guardian_number(c integer, a act) returns integer
language plpgsql as $$
declare
    no integer;
begin
    if a.guardian is null then
        return a.guardian_no;
    end if;
    if a.old_guardian is not null then
        perform wrap_tags(c, array[a.old_guardian], array[a.guardian]);
    end if;
    if a.answers is not null then
        no := guardian_answered(c, (select e.subject_no from event e
                                    where e.controller_id = c and e.revision = a.answers), a.answers);
        if no is not null then
            return no;
        end if;
    end if;
    select guardian_no into no from guardian where controller_id = c and tag = a.guardian;
    if no is null then
        insert into guardian (controller_id, tag, guardian_no)
            select c, a.guardian, greatest(max(guardian_no) + 1, guardian_named())
            from guardian where controller_id = c
            returning guardian_no into no;
    end if;
    return no;
end $$;

-- The identifiers that an act names, by number, in its order; who is new gets the next one after last. Told
-- of them: whether any was known, whether any is tied.
create or replace function identifiers_of(c integer, a act, inout last bigint, out nos bigint[],
                                          out known boolean, out tied boolean)
language plpgsql as $$
declare
    first bigint := last;
    person boolean; -- the first has a history already
begin
    select array_agg(i.subject_no order by t.place), coalesce(bool_or(i.subject_no is not null), false),
           coalesce(bool_or(i.is_tied), false),
           coalesce(bool_or(i.is_person) filter (where t.place = 0), false)
        into nos, known, tied, person
        from tags_of(a.tags) t
        left join lateral (select x.* from identifier x
                           where x.controller_id = c and x.tag = t.tag offset 0) i on true;
    for k in 1 .. cardinality(nos) loop
        if nos[k] is null then
            last := last + 1;
            nos[k] := last;
            insert into identifier (controller_id, tag, subject_no, type, is_person)
                values (c, substr(a.tags, (k - 1) * tag_size() + 1, tag_size()), last,
                        get_byte(a.types, k - 1), k = 1);
        end if;
    end loop;
    if not person and nos[1] <= first then
        update identifier set is_person = true where controller_id = c and subject_no = nos[1];
    end if;
end $$;

-- Whether a person, or one above, would have more than a person may have with these as well.
create or replace function has_too_many(c integer, p_persons bigint[], p_nos bigint[]) returns boolean
language plpgsql stable as $$
declare
    g bigint;
begin
    foreach g in array p_persons loop
        if cardinality(identifiers_below(c, array(select distinct x from unnest(g || p_nos) x)))
           > person_identifiers_max() then
            return true;
        end if;
    end loop;
    return false;
end $$;

-- Ties what an act names to its person; those numbered above p_last are new. False, with nothing done, where
-- somebody would have more than a person may have.
create or replace function tie_named(c integer, a act, p_nos bigint[], p_last bigint) returns boolean
language plpgsql as $$
declare
    fresh integer[]; -- places of those that are not tied to the person yet
    persons bigint[];
    k integer;
begin
    if cardinality(p_nos) = 1 or get_byte(a.types, 0) = identifier_visitor() then
        return true;
    end if;
    select array_agg(n.place order by n.place) into fresh
        from unnest(p_nos) with ordinality n(no, place)
        where n.place > 1
              and not exists (select from tie t where t.controller_id = c and t.person_no = p_nos[1]
                              and t.beside_no = n.no);
    if fresh is null then
        return true;
    end if;
    persons := persons_above(c, p_nos[1:1]);
    if has_too_many(c, persons, array(select p_nos[f] from unnest(fresh) f
                                      where get_byte(a.types, f - 1) <> identifier_visitor())) then
        return false;
    end if;
    foreach k in array fresh loop
        perform tie_identifier(c, p_nos[1], persons, p_nos[k], get_byte(a.types, k - 1)::smallint,
                               p_nos[k] > p_last);
    end loop;
    return true;
end $$;

-- Puts what an act does under the identifiers it names; what travels is pushed on.
-- p_tied: one of the identifiers is tied.
create or replace function states_write(c integer, a act, p_rows consent[], p_nos bigint[], p_tied boolean)
returns void
language plpgsql as $$
declare
    r consent;
    by_name consent[]; -- what holds for what is named
    wide consent[]; -- what travels
    narrow consent[]; -- (2) of tie.sql: what is one customer's alone
    persons bigint[];
    -- a customer's limit, or his guardian's No
    is_narrow boolean := get_byte(a.types, 0) = identifier_customer()
                         and (not rank_is_no(a.rank_base) or a.guardian is not null or a.guardian_no <> 0);
begin
    foreach r in array p_rows loop
        if not slot_travels(r.slot) then
            by_name := by_name || r;
        elsif is_narrow then
            narrow := narrow || r;
        else
            wide := wide || r;
        end if;
    end loop;
    if not p_tied and not (is_narrow and narrow is not null) then
        by_name := by_name || wide;
        wide := null;
    end if;
    if by_name is not null then
        perform push_states(c, by_name, p_nos, false);
    end if;
    if narrow is not null then
        perform push_states(c, narrow, p_nos || identifiers_below(c, p_nos[1:1]), true);
    end if;
    if wide is not null then
        persons := persons_above(c, p_nos);
        perform push_states(c, wide, p_nos || persons, false);
        perform push_states(c, wide, array(select b from unnest(identifiers_below(c, persons)) b
                                           where b <> all (p_nos || persons)), true);
    end if;
end $$;

-- The further identifiers of the person, and the persons who have theirs, that stay under a No when a Yes was
-- said: a bit a type.
create or replace function still_denied(c integer, a act, p_nos bigint[]) returns smallint
language plpgsql stable as $$
begin
    return (
        select coalesce(bit_or(1 << d.type), 0)
        from (select i.type from unnest(identifiers_below(c, p_nos[1:1]) || persons_above(c, p_nos)) b(no)
              cross join lateral (select x.* from identifier x
                                  where x.controller_id = c and x.subject_no = b.no offset 0) i
              where b.no <> all (p_nos)
                    and rank_is_no(stood(c, i.tag, a.purpose_id || a.over, 0))) d);
end $$;

-- The rows that say what an event told of the person's age, or of being represented, until when; null: it
-- told nothing. p_row: what stands of the event itself.
create or replace function fact_states(p_row consent, p_slot integer, p_until bigint, p_documented boolean)
returns consent[] language plpgsql immutable as $$
declare
    rows consent[];
    at constant bigint := rank_time(p_row.rank);
    is_no constant boolean := rank_is_no(p_row.rank);
begin
    if p_until is null then
        return null;
    end if;
    p_row.purpose_id := purpose_all();
    p_row.notice_no := null;
    p_row.flags := 0;
    p_row.tiebreak := 0;
    p_row.valid_until := case when p_until > 0 then time_of(p_until) end;
    p_row.rank := p_until;
    if p_until > 0 then
        p_row.slot := p_slot + slot_age_limit() - slot_age();
        rows := rows || p_row;
    end if;
    -- what is told with a No may limit, and never opens
    if not is_no then
        p_row.slot := p_slot;
        rows := rows || p_row;
    end if;
    if not is_no and p_documented then
        p_row.slot := p_slot + slot_age_document() - slot_age();
        p_row.rank := at;
        p_row.tiebreak := (p_until / 86400000000)::integer;
        rows := rows || p_row;
    end if;
    return rows;
end $$;

-- The rows of all that an event told.
create or replace function told_states(p_row consent, t told) returns consent[]
language plpgsql immutable as $$
begin
    return fact_states(p_row, slot_age(), t.age_until, t.age_documented)
           || fact_states(p_row, slot_care(), t.care_until, t.care_documented);
end $$;

-- All rows that an event puts under what it reaches: p_row, and what it told beside.
create or replace function event_states(p_row consent, t told) returns consent[]
language plpgsql immutable as $$
begin
    return p_row || told_states(p_row, t);
end $$;

-- What came of an event, p_prior being the rank that stood before. Of two that rank alike but for their
-- states each did its own.
create or replace function effect_of(c integer, a act, e event, p_prior bigint, p_now bigint) returns smallint
language plpgsql stable as $$
declare
    tag bytea := substr(a.tags, 1, tag_size());
    purposes integer[] := a.purpose_id || a.over;
begin
    if a.slot % slot_count() = slot_sale() and rank_is_no(p_prior)
       or a.slot in (slot_yes(), slot_no()) and e.rank >> 5 < p_prior >> 5 then
        return effect_superseded();
    end if;
    -- a signal stands beside a choice, but for a Yes that is later or was given under it
    if a.slot = slot_signal() and not rank_is_no(p_prior)
       and (rank_time(p_prior) > rank_time(e.rank)
            or exists (select from states_heard(c, tag, purposes) s
                       where s.slot = slot_yes() and s.rank = p_prior and s.flags & flag_signal() <> 0)) then
        return effect_superseded();
    end if;
    if a.effect <> effect_settled_there() then
        return a.effect;
    end if;
    return case when is_limited(c, tag, p_now) and not is_agreed(c, tag, purposes)
                then effect_pending() else effect_applied() end;
end $$;

-- Records one act, under the head's lock: settles who it is of, ties, writes what stands now, and adds the
-- event. h is the head as it will be written. p_now is microseconds. The outcome is record_done(), or says
-- why the act is refused: record_too_many(), record_no_objection(), record_gone(); what was written then has
-- to be taken back.
create or replace function record_act(c integer, a act, p_actor text, p_policy_version integer, p_now bigint,
                                      p_zone text, inout h head, out e event, out outcome smallint)
language plpgsql as $$
declare
    i record; -- its identifiers, by number; and whether any was known
    n integer := guardian_number(c, a);
    -- whom the person asks, and not who acts
    asks integer := case when a.slot = slot_pending() and a.role = role_self() then nullif(n, 0) end;
    g integer := case when asks is null then n else 0 end;
    own_tag bytea := substr(a.tags, 1, tag_size());
    first constant bigint := h.subject_no; -- whoever is numbered above is new
    is_no boolean := rank_is_no(a.rank_base);
    is_standing boolean := a.purpose_id <= purpose_all();
    ties boolean;
    bound bigint[]; -- of its identifiers, those that it stands under
    -- an outcome comes after all that it may answer
    at bigint := case when a.slot = slot_outcome() then greatest(p_now, h.latest + 1)
                      when a.floating then greatest(p_now, h.latest)
                      when a.at is null then p_now - a.age
                      else least(a.at, p_now) end;
    prior bigint;
    was bigint;
    r consent;
    t told;
begin
    -- A Yes on a page is of those who were asked; one that counts by a second message needs one that can
    -- still leave.
    if a.answers is not null and not is_no
       and (a.second_after is not null and not second_can_leave(c, a)
            or exists (select from event x
                       left join named m on m.controller_id = c and m.revision = x.revision
                       where x.controller_id = c and x.revision = a.answers
                             and asked_left(c, x, coalesce(m.beside_nos, '{}')))) then
        outcome := record_gone();
        return;
    end if;

    -- Who.
    i := identifiers_of(c, a, h.subject_no);
    ties := tie_named(c, a, i.nos, h.subject_no);
    h.subject_no := i.last;
    if not ties and not is_no then
        outcome := record_too_many();
        return;
    end if;

    -- An import's Yes, or an old one, brings nobody back who was erased.
    if not is_no and cardinality(i.nos) > 1 and h.subject_no > first then
        perform tombstones_follow(
            c, array(select k.tag from tags_of(a.tags) k),
            array(select substr(a.tags, (n.place::integer - 1) * tag_size() + 1, tag_size())
                  from unnest(i.nos) with ordinality n(no, place)
                  where n.no > first and get_byte(a.types, n.place::integer - 1) <> identifier_visitor()),
            case when a.rank_base >> 59 = class_choice() then time_of(at) else '-infinity' end);
    end if;

    -- What stood before, and whether there is anything to weigh.
    prior := stood(c, own_tag, a.purpose_id || a.over, g);
    was := case when i.known and g = 0 and is_to_entities(a.rank_base, a.purpose_id, a.over)
                then greatest(prior, stood_of_entities(c, own_tag, a.purpose_id)) else prior end;
    was := coalesce(was, case when g = 0 then stood_of_guardians(c, own_tag, a.purpose_id || a.over) end,
                    case when g = 0 then stood_of_sales(c, own_tag, a.purpose_id || a.over) end);
    if a.slot = slot_outcome()
       and (rank_is_no(prior) is distinct from true
            or exists (select from consent x
                       where x.controller_id = c and x.tag = own_tag
                             and x.purpose_id in (a.purpose_id, a.over[1]) and x.slot = slot_outcome()
                             and rank_time(x.rank) > rank_time(prior))) then
        outcome := record_no_objection();
        return;
    end if;

    -- What stands from now on. Of an event that is invalidated, under all that it named.
    h.revision := h.revision + 1;
    h.latest := greatest(h.latest, at);
    e.slot := a.slot + g * slot_count();
    e.rank := rank_at(a.rank_base, at);
    -- a request waits from when it was recorded
    e.valid_until := time_of(case when a.slot = slot_pending() then p_now else at end) + a.validity;
    bound := i.nos;
    if rank_state(a.rank_base) = event_invalidated() then
        i.nos := i.nos || invalidated_nos(c, a, e.slot, at, i.nos);
        bound := i.nos;
        if is_of_import(a.rank_base, a.flags) then
            bound := invalidation_binds(c, a.purpose_id, e.slot, i.nos);
        end if;
    end if;
    e.was_each := case when is_standing
                       then stood_each(c, own_tag, a.purpose_id || a.over, g) end;
    r := row(c, own_tag, a.purpose_id, e.slot, a.notice_no, a.flags, a.tiebreak, e.rank,
             h.revision, e.valid_until, a.record_id);
    t := row(c, h.revision, told_until(a.age_until, at, p_zone), a.age_documented,
             told_until(a.care_until, at, p_zone), a.care_documented);
    perform states_write(c, a, event_states(r, t), bound, i.tied or cardinality(i.nos) > 1);

    -- The event, and what came of it.
    e := row(c, h.revision, a.record_id, i.nos[1], a.purpose_id, e.rank, time_of(p_now), e.valid_until,
             a.notice_no, p_policy_version, e.slot, a.flags, a.role, a.method, 0,
             coalesce(rank_state(was), 0), e.was_each, 0, a.language, p_actor, a.ref,
             case when coalesce(a.answers, asks) is null then a.detail::jsonb
                  else coalesce(a.detail::jsonb, '{}')
                       || jsonb_strip_nulls(jsonb_build_object('answers', a.answers, 'asks', asks)) end,
             a.tiebreak);
    e.effect := effect_of(c, a, e, prior, p_now);
    e.answer := case when i.known then 0 else answer_unknown() end
                + case when ties then 0 else answer_untied() end
                + case when a.slot = slot_yes() and g = 0 and not is_no and i.tied
                       then still_denied(c, a, i.nos) else 0 end;
    insert into event select e.*;
    if cardinality(i.nos) > 1 then
        insert into named (controller_id, revision, beside_nos) values (c, e.revision, i.nos[2:]);
        insert into beside (controller_id, beside_no, revision) select c, unnest(i.nos[2:]), e.revision;
    end if;
    if t.age_until is not null or t.care_until is not null then
        insert into told select t.*;
    end if;
    if a.evidence is not null then
        insert into evidence (controller_id, revision, document) values (c, e.revision, a.evidence::jsonb);
    end if;
    if a.message is not null then
        perform put_message_of(e, coalesce(a.message_to, own_tag), a);
    end if;
    if a.answers is not null then
        perform settle_second(e, a);
    end if;
    outcome := record_done();
end $$;
