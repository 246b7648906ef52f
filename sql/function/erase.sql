-- SPDX-License-Identifier: Apache-2.0
-- Erases a person: what is tied to them goes from every table at once, under the head's lock. Part of
-- staff().
--
-- (1) Own is what nobody else has (identifiers_own): it goes, each with all that says it. What another person
--     has too stays theirs.
-- (2) A No or a limit of the person that reaches what stays is not the person's alone: it stays, under a
--     number that nothing leads to, a keeper, which has what stays, so that it goes on reaching just that. No
--     becomes no Yes by an erasure (promise 4). Who was split off from the person is such: what stood with
--     both rests on what goes. So the split is taken back first: a No goes on reaching them, and a Yes, which
--     nothing would prove any more, goes. A keeper is nobody: what only keepers have besides is the person's
--     own, and when it goes a keeper's events are treated as the person's.
--     So does what reached anybody by way of the person, whoever said it, though nothing ties them any more:
--     it is kept with whom it reached (remaining).
-- (3) Of the other events, with keep_proof, what was agreed to and when stays under another such number,
--     which is tied to nothing; without, they go, and are written down as purged (promise 5).
-- (4) With remember_no a tombstone stays under each of the own tags but browsers'. It denies what a No to all
--     does, and each purpose that had a No of its own there, the person's or a guardian's: no erasure undoes
--     an objection either. Whom an import or an old form names beside such a tag, and nobody knew yet, is
--     remembered with it (tombstones_follow): they are how the person would come back.
-- (5) What may no longer follow goes by rebuild() alone.

-- Revisions without gaps between them, written down as purged.
create or replace function purge_note(c integer, p_revisions bigint[], p_reason text, p_now timestamptz)
returns void language plpgsql as $$
begin
    insert into purged (controller_id, from_revision, to_revision, reason, purged_at)
        select c, min(r.no), max(r.no), p_reason, p_now
        from (select u.no, u.no - row_number() over (order by u.no) as stretch
              from unnest(p_revisions) u(no)) r
        group by r.stretch;
end $$;

-- A guardian's tag leads nowhere from here on: the number stays taken. What waits for this guardian's
-- confirmation waits no longer.
create or replace function guardian_kill(c integer, p_tag bytea, p_now timestamptz) returns void
language plpgsql as $$
declare
    dead constant bytea := dead_tag(c);
    no integer;
begin
    update guardian g set tag = dead, is_forgotten = true where g.controller_id = c and g.tag = p_tag
        returning g.guardian_no into no;
    perform request_ends(c, r.e, (r.e).subject_no || r.beside_nos, p_now)
        from requests_of_guardian(c, no) r where (r.e).valid_until > p_now;
end $$;

-- Whether an event's No, or a limit that it told, is heard by others than those it names. A keeper's may have
-- nothing left but the limit.
create or replace function event_reaches(e event, t told) returns boolean language plpgsql immutable as $$
begin
    if e.slot / slot_count() in (guardian_staff(), guardian_time()) and e.slot <> staff_erased() then
        return false;
    end if;
    return t.age_until > 0 or t.care_until > 0
           or e.slot <> staff_erased() and (slot_travels(e.slot) or rank_is_no(e.rank));
end $$;

-- The keepers that have one of these.
create or replace function keepers_having(c integer, p_nos bigint[]) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select distinct t.no from unnest(p_nos) n(no)
        cross join lateral (select x.person_no as no from tie x
                            where x.controller_id = c and x.beside_no = n.no
                            union
                            select e.subject_no from beside b
                            join event e on e.controller_id = c and e.revision = b.revision
                            where b.controller_id = c and b.beside_no = n.no) t
        where is_keeper(c, t.no));
end $$;

-- What these persons were told to have, by ties or by what their events name.
create or replace function identifiers_said(c integer, p_persons bigint[], p_events bigint[]) returns bigint[]
language plpgsql stable as $$
begin
    return array(select unnest(identifiers_had(c, p_persons, identifiers_all()))
                 union
                 select b from named n cross join unnest(n.beside_nos) b
                 where n.controller_id = c and n.revision = any (p_events));
end $$;

-- Of the guardians of these events, who acted or were asked, whom no other event has: how many were
-- forgotten.
create or replace function guardians_forget(c integer, p_revisions bigint[], p_now timestamptz)
returns bigint language plpgsql as $$
declare
    g guardian;
    forgotten bigint := 0;
begin
    for g in select x.*
             from (select distinct e.slot >> 4 as no from unnest(p_revisions) r(no)
                   cross join lateral (select y.slot from event y
                                       where y.controller_id = c and y.revision = r.no offset 0) e
                   where e.slot >= 128
                   union
                   select (e.detail ->> 'asks')::integer from unnest(p_revisions) r(no)
                   cross join lateral (select y.detail from event y
                                       where y.controller_id = c and y.revision = r.no offset 0) e) s
             cross join lateral (select y.* from guardian y
                                 where y.controller_id = c and y.guardian_no = s.no offset 0) x
             where not exists (select from event y
                               where y.controller_id = c and y.slot >> 4 = s.no and y.slot >= 128
                                     and y.revision <> all (p_revisions))
                   and not exists (select from event y
                                   where y.controller_id = c and y.slot = 6 and y.detail ? 'asks'
                                         and (y.detail ->> 'asks')::integer = s.no
                                         and y.revision <> all (p_revisions)) loop
        perform guardian_kill(c, g.tag, p_now);
        forgotten := forgotten + 1;
    end loop;
    return forgotten;
end $$;

-- (2) Events of one person that stay because of what stays (p_staying): they become those of a keeper, which
-- has those of p_reached: it is returned. They name p_through too, through whom others had what goes; null:
-- nobody had. Their rows of beside are gone already.
create or replace function erase_attach(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                        p_now bigint, p_events bigint[], p_person bigint, p_staying bigint[],
                                        p_reached bigint[], p_through bigint)
returns bigint language plpgsql as $$
declare
    keeper constant bigint := identifier_dead(c, (select type from identifier
                                                  where controller_id = c and subject_no = p_person));
begin
    update named n
        set beside_nos = array(select b from unnest(n.beside_nos) b
                               where b = any (p_staying) and b is distinct from p_through)
                         || array_remove(array[p_through], null)
        where n.controller_id = c and n.revision = any (p_events);
    if p_through is not null then
        insert into named (controller_id, revision, beside_nos)
            select c, r.no, array[p_through] from unnest(p_events) r(no) on conflict do nothing;
    end if;
    delete from named n
        where n.controller_id = c and n.revision = any (p_events) and cardinality(n.beside_nos) = 0;
    insert into beside (controller_id, beside_no, revision)
        select c, unnest(n.beside_nos), n.revision from unnest(p_events) r(no)
        join named n on n.controller_id = c and n.revision = r.no;
    update event e set subject_no = keeper, ref = null, detail = null,
                       -- of a Yes only the limit that it told is left
                       slot = case when rank_is_no(e.rank) then e.slot else staff_erased() end
        where e.controller_id = c and e.revision = any (p_events);
    p_ask.record_id := null;
    p_ask.detail := null;
    perform staff_event(c, p_ask, p_actor, p_policy_version, p_now, keeper,
                        array(select distinct h from unnest(p_reached) h where h = any (p_staying)),
                        event_erased(), false);
    return keeper;
end $$;

-- (3) The other events: what proves without saying whose it is, or nothing.
create or replace function erase_detach(c integer, p_events bigint[], p_keep boolean, p_now timestamptz)
returns void language plpgsql as $$
declare
    proof_no bigint;
begin
    delete from named n where n.controller_id = c and n.revision = any (p_events);
    delete from told t where t.controller_id = c and t.revision = any (p_events);
    if p_keep then
        update head set subject_no = subject_no + 1 where controller_id = c
            returning subject_no into proof_no;
        update event e set subject_no = proof_no, ref = null, detail = null
            where e.controller_id = c and e.revision = any (p_events);
        return;
    end if;
    delete from event e where e.controller_id = c and e.revision = any (p_events);
    delete from unranked u where u.controller_id = c and u.revision = any (p_events);
    delete from confirmed f where f.controller_id = c and f.request = any (p_events);
    perform purge_note(c, p_events, 'erasure', p_now);
end $$;

-- (4) The purposes of which a No stands under a tag, but for a browser's signal: of the person or a guardian,
-- each of whom may have taken a No of their own back.
create or replace function purposes_denied(c integer, p_tag bytea) returns integer[]
language plpgsql stable as $$
begin
    return array(select distinct d.purpose_id
                 from (select s.purpose_id from states_heard(c, p_tag, null) s
                       where s.slot & 15 <= slot_reached() and s.purpose_id > purpose_all()
                             and s.slot / slot_count() not in (guardian_staff(), guardian_time())
                       group by s.purpose_id, s.slot / slot_count() having rank_is_no(max(s.rank))) d
                 order by d.purpose_id);
end $$;

-- (4) As they stand under these tags, whose rows of consent are gone.
create or replace function tombstones_stand(c integer, p_tags bytea[], p_now timestamptz) returns void
language plpgsql as $$
begin
    insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, valid_until,
                         record_id)
        select c, s.tag, d.purpose_id, slot_reached(), 0, 0, s.rank, s.revision, s.until, s.record_id
        from unnest(p_tags) t(tag)
        cross join lateral (select x.* from tombstone x
                            where x.controller_id = c and x.tag = t.tag offset 0) s
        cross join unnest(purpose_all() || s.denied) d(purpose_id)
        where s.until > p_now
        on conflict do nothing; -- of whom came back, another's No
end $$;

-- (4) Has the tombstones of these tags deny these purposes too.
create or replace function tombstones_deny(c integer, p_tags bytea[], p_denied integer[], p_now timestamptz)
returns void language plpgsql as $$
declare
    changed bytea[];
begin
    with more as (
        update tombstone s
            set denied = array(select distinct unnest(s.denied || p_denied) order by 1)
            where s.controller_id = c and s.tag = any (p_tags) and not p_denied <@ s.denied
            returning s.tag)
    select array_agg(m.tag) into changed from more m;
    if changed is not null then
        perform touch(c, changed);
        perform tombstones_stand(c, changed, p_now);
    end if;
end $$;

-- (4) Under each tag of p_new, which nobody knew before, stands the tombstone of those of p_named, which an
-- act of that time names with them, unless the act is newer. As the owner: the service's role sets none.
create or replace function tombstones_follow(c integer, p_named bytea[], p_new bytea[], p_at timestamptz)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
    stones constant tombstone[] := array(
        select row(c, n.tag, s.revision, s.record_id, s.rank, s.until, s.denied)::tombstone
        from unnest(p_new) n(tag)
        cross join lateral (select x.* from unnest(p_named) t(tag)
                            cross join lateral (select y.* from tombstone y
                                                where y.controller_id = c and y.tag = t.tag offset 0) x
                            where time_of(rank_time(x.rank)) >= p_at
                            order by x.rank desc limit 1) s);
begin
    if cardinality(stones) > 0 then
        perform touch(c, p_new);
        perform tombstones_set(c, stones, clock_timestamp());
    end if;
end $$;
revoke execute on function tombstones_follow from public;

-- (4) Under tags that the caller has touched: how many were set.
create or replace function tombstones_set(c integer, p_stones tombstone[], p_now timestamptz) returns bigint
language plpgsql as $$
declare
    set_here bigint;
begin
    insert into tombstone as old select * from unnest(p_stones)
        on conflict (controller_id, tag) do update
            set revision = excluded.revision, record_id = excluded.record_id,
                rank = greatest(old.rank, excluded.rank),
                until = greatest(old.until, excluded.until),
                denied = array(select distinct unnest(old.denied || excluded.denied) order by 1);
    get diagnostics set_here = row_count;
    perform tombstones_stand(c, array(select s.tag from unnest(p_stones) s), p_now);
    return set_here;
end $$;

-- (2) The events of these persons, who are to be erased, name again whom somebody of theirs was split from:
-- of each pair of an identifier and its alias the one that stays. p_own: what goes.
create or replace function split_undo(c integer, p_own bigint[], p_persons bigint[]) returns void
language plpgsql as $$
declare
    l record; -- which goes, and which stays
    revisions bigint[];
begin
    for l in select o.no as gone_no, p.no as kept_no
             from unnest(p_own) o(no)
             cross join lateral (select x.of_no as no from alias x
                                 where x.controller_id = c and x.alias_no = o.no and x.is_mutual
                                 union all
                                 select x.alias_no from alias x
                                 where x.controller_id = c and x.of_no = o.no and x.is_mutual) p
             where p.no <> all (p_own) order by o.no, p.no loop
        revisions := array(select e.revision from event e
                           left join named n on n.controller_id = c and n.revision = e.revision
                           where e.controller_id = c and e.subject_no = any (p_persons)
                                 and (e.subject_no = l.gone_no or l.gone_no = any (n.beside_nos))
                                 and l.kept_no <> all (coalesce(n.beside_nos, '{}')));
        insert into named as old (controller_id, revision, beside_nos)
            select c, r.no, array[l.kept_no] from unnest(revisions) r(no)
            on conflict (controller_id, revision) do update
                set beside_nos = old.beside_nos || excluded.beside_nos;
        insert into beside (controller_id, beside_no, revision)
            select c, l.kept_no, r.no from unnest(revisions) r(no) on conflict do nothing;
    end loop;
    if l.gone_no is null then
        return;
    end if;
    delete from alias x where x.controller_id = c and (x.alias_no = any (p_own) or x.of_no = any (p_own));
    perform rebuild_staying(c, (select revision + 1 from head where controller_id = c), p_own);
end $$;

-- Why somebody is erased, in words that may be about them: the ledger, which is never changed, does not get
-- them; the audit's entry has them, for its own term. Of what else staff does the event says it.
create or replace function erase_reason(p_ask staff_ask) returns text language plpgsql stable as $$
begin
    return case when p_ask.kind = staff_erased() then p_ask.detail::jsonb ->> 'reason' end;
end $$;

-- (1), (2): whom an erasure is of, after split_undo(). own: what goes, old keepers among it; persons: whose
-- events go or stay; had: what the person has; shared: of that, what others have, or was named and never
-- tied; staying: that, and what the keepers have besides; tags: of what goes; around: all that hang together
-- with it, and stay; remembered: what is to get a tombstone.
create or replace function erase_scope(c integer, p_subject bigint, p_own bigint[], p_old_keepers bigint[],
                                       p_remember_no boolean, out own bigint[], out persons bigint[],
                                       out had bigint[], out events bigint[], out shared bigint[],
                                       out staying bigint[], out tags bytea[], out around bigint[],
                                       out remembered bigint[])
language plpgsql stable as $$
declare
    k record;
begin
    own := p_own || p_old_keepers;
    persons := array(select distinct x from unnest(own || p_subject) x);
    had := identifiers_had(c, array[p_subject], identifiers_all());
    events := array(select v.revision from event v
                    where v.controller_id = c and v.subject_no = any (persons)
                          and v.subject_no <> all (p_old_keepers));
    shared := array(select h from unnest(identifiers_said(c, array[p_subject], events)) h
                    where h <> all (p_own));
    remembered := array(select o from unnest(p_own) o
                        where p_remember_no
                              -- who was erased before, and is remembered there
                              or o = any (identifiers_had(c, p_old_keepers, identifiers_all())));
    tags := array(select i.tag from identifier i where i.controller_id = c and i.subject_no = any (own));
    events := array(select v.revision from event v
                    where v.controller_id = c and v.subject_no = any (persons));
    staying := array(select h from unnest(identifiers_said(c, array[p_subject] || p_old_keepers, events)) h
                     where h <> all (own));
    k := identifiers_rebuilt(c, persons || staying);
    around := array(select x from unnest(k.members || k.rim) x where x <> all (own));
end $$;

-- (2) Of these events, those that stay because of what stays, or of what remains with others from an earlier
-- erasure.
create or replace function events_attached(c integer, p_events bigint[], p_own bigint[], p_staying bigint[])
returns bigint[] language plpgsql stable as $$
begin
    return array(
        select v.revision from event v
        left join told t on t.controller_id = c and t.revision = v.revision
        where cardinality(p_staying) > 0
              and v.controller_id = c and v.revision = any (p_events) and event_reaches(v, t)
              and not exists (select from unranked u where u.controller_id = c and u.revision = v.revision)
        union
        select v.no from unnest(p_events) v(no)
        join remaining x on x.controller_id = c and x.revision = v.no and x.subject_no <> all (p_own));
end $$;

-- What says who it was goes, from every table but those of who is who and of what stands. p_others: the
-- events that do not stay. Told is how much.
create or replace function erase_forget(c integer, p_own bigint[], p_persons bigint[], p_tags bytea[],
                                        p_events bigint[], p_others bigint[], p_now timestamptz,
                                        out evidence_gone bigint, out guardians_gone bigint,
                                        out messages_gone bigint)
language plpgsql as $$
declare
    more bigint;
    no bigint;
begin
    delete from evidence w where w.controller_id = c and w.revision = any (p_events);
    get diagnostics evidence_gone = row_count;
    delete from outbox o where o.controller_id = c and o.tag = any (p_tags);
    get diagnostics messages_gone = row_count;
    -- and what a guardian was asked for them
    delete from outbox o where o.controller_id = c and o.subject_no = any (p_persons)
                              and o.kind >= message_guardian_request();
    get diagnostics more = row_count;
    messages_gone := messages_gone + more;
    perform forget_links(c, p_tags, p_persons);
    delete from imported x where x.controller_id = c and x.subject_no = any (p_persons);
    delete from retention_start x where x.controller_id = c and x.subject_no = any (p_persons);
    delete from retention_deletion x where x.controller_id = c and x.subject_no = any (p_persons);
    perform rights_forget(c, p_persons);
    guardians_gone := guardians_forget(c, p_others, p_now);
    perform guardian_kill(c, t.tag, p_now)
        from unnest(p_tags) t(tag)
        where exists (select from guardian g where g.controller_id = c and g.tag = t.tag);
    -- an identifier at a time: joined, the planner may walk all of the controller's
    for no in select distinct x.no from unnest(p_events) v(no)
              cross join lateral (select y.beside_nos from named y
                                  where y.controller_id = c and y.revision = v.no offset 0) n
              cross join unnest(n.beside_nos) x(no) loop
        delete from beside b
            where b.controller_id = c and b.beside_no = no and b.revision = any (p_events);
    end loop;
    delete from alias l
        where l.controller_id = c and (l.alias_no = any (p_own) or l.of_no = any (p_own));
end $$;

create or replace function staff_erase(c integer, p_ask staff_ask, p_actor text, p_policy_version integer,
                                       p_now bigint)
returns staffed language plpgsql as $$
declare
    now_ constant timestamptz := time_of(p_now);
    own bigint[] := identifiers_own(c, p_ask.subject_no, true);
    old_keepers constant bigint[] := keepers_having(c, own);
    w record; -- of whom
    attached bigint[];
    others bigint[];
    proofs bigint; -- of these
    stopping remaining[];
    keeps boolean;
    gone record;
    keepers bigint[] := '{}';
    stones tombstone[];
    tombstones bigint := 0;
    r record;
    e event;
    done staffed;
begin
    -- Of whom, and what is known of them.
    perform split_undo(c, own, own || old_keepers || p_ask.subject_no);
    w := erase_scope(c, p_ask.subject_no, own, old_keepers, p_ask.remember_no);
    own := w.own;
    attached := events_attached(c, w.events, own, w.staying);
    others := array(select x from unnest(w.events) x except select unnest(attached));
    proofs := (select count(*) from event v where v.controller_id = c and v.revision = any (others)
                                                  and v.subject_no <> all (old_keepers));
    keeps := coalesce(p_ask.keep_proof,
                      exists (select from event v where v.controller_id = c and v.revision = any (others)
                              and v.slot & 15 = slot_yes() and not rank_is_no(v.rank)));
    -- what erase_again() needs to know of it
    p_ask.detail := coalesce(p_ask.detail::jsonb, '{}') - 'reason' || jsonb_build_object('keep_proof', keeps);
    e := staff_event(c, p_ask, p_actor, p_policy_version, p_now, p_ask.subject_no, null, event_erased(),
                     false);
    stopping := states_stopping(c, w.around, e.revision);
    done := staffed_of(e, staff_done());

    -- What goes, and what stays under a keeper. What is one customer's alone is heard by what that one has;
    -- else by all that the person has.
    perform set_config('akkoord.purging', 'on', true);
    gone := erase_forget(c, own, w.persons, w.tags, w.events, others, now_);
    for r in select v.subject_no, i.type = identifier_customer()
                                  and (not rank_is_no(v.rank) or v.slot / slot_count() <> 0) as is_narrow,
                    array_agg(v.revision) as revisions
             from event v join identifier i on i.controller_id = c and i.subject_no = v.subject_no
             where v.controller_id = c and v.revision = any (attached) group by 1, 2 order by 1, 2 loop
        keepers := keepers || erase_attach(
            c, p_ask, p_actor, p_policy_version, p_now, r.revisions, r.subject_no, w.staying,
            identifiers_had(c, array[r.subject_no], identifiers_all())
            || case when r.is_narrow then '{}' else w.had end,
            case when p_ask.subject_no = any (w.staying)
                      and (r.subject_no = p_ask.subject_no or not r.is_narrow) then p_ask.subject_no end);
    end loop;
    perform erase_detach(c, others, keeps, now_);
    stones := array(select row(c, i.tag, null, null, null, null, purposes_denied(c, i.tag))::tombstone
                    from identifier i
                    where i.controller_id = c and i.subject_no = any (w.remembered)
                          and i.type <> identifier_visitor() and not i.is_ended);
    perform touch(c, w.tags);
    delete from consent s where s.controller_id = c and s.tag = any (w.tags);
    delete from tie t where t.controller_id = c and t.person_no = any (own);
    delete from tie t where t.controller_id = c and t.beside_no = any (own);

    -- What stands from now on.
    if cardinality(stones) > 0 and p_ask.term is not null then
        done.until := now_ + p_ask.term;
        stones := array(select row(c, s.tag, e.revision, e.record_id, e.rank, done.until, s.denied)::tombstone
                        from unnest(stones) s);
        tombstones := tombstones_set(c, stones, now_);
    end if;
    delete from forgotten f where f.controller_id = c and f.tag = any (w.tags);
    perform tags_forget(c, array(select i.tag from identifier i
                                 where i.controller_id = c and i.subject_no = any (w.around)));
    delete from remaining x where x.controller_id = c and x.subject_no = any (own);
    delete from identifier i where i.controller_id = c and i.subject_no = any (own);
    perform set_config('akkoord.purging', 'off', true);
    perform rebuild(c, w.around || keepers);
    perform remaining_keep(c, w.around, stopping);

    done.counts := array[case when keeps then 0 else proofs end, case when keeps then proofs else 0 end,
                         cardinality(attached), gone.evidence_gone,
                         cardinality(own) - cardinality(old_keepers), cardinality(w.shared), tombstones,
                         gone.guardians_gone, gone.messages_gone];
    return done;
end $$;
