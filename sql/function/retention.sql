-- SPDX-License-Identifier: Apache-2.0
-- Lets go of what the policy says is kept no longer. A run is one pass over a controller's ledger, from its
-- first revision to where its head was, in batches.
--
-- (1) What is due is found before the head's lock is taken; under the lock rows are only deleted, of
--     purge_events_max() events at most, so that no writer waits 50 ms.
-- (2) What went is written down as purged in the same transaction: ledger and purged together stay 1..n.
-- (3) No state that counts rests on nothing: an event goes when no row of consent rests on it, or only rows
--     that have ended, which go with it. A standing No, and what is known of an age, stay for as long as they
--     count, whatever the term; so rebuild() finds what it needs (promise 4).
-- (4) What ties identifiers to each other stays as long as another event of theirs stays that does not tie
--     them by itself.
-- (5) A Yes goes after those that it replaced: else one of these, which stays for what it ties, would come
--     back by rebuild().
-- (6) A browser's No goes when it is over, and no Yes, sale or request stays that it holds back. On a purpose
--     that is allowed without a Yes it is never over. A purge loosens nothing.
-- (7) What staff did to a person stays with the person. What time did goes by the rule of what it is about.
-- (8) A batch is one transaction, and its cursor part of it: whatever stops a run, it goes on there.

-- Events that are looked at, at a time.
create or replace function purge_events_max() returns integer immutable parallel safe return 500;
-- Between the starts of two runs of a controller.
create or replace function purge_every() returns interval
    language sql immutable parallel safe as 'select interval ''1 day''';

-- What the rules of a policy come to for what is held here: an array with an element a purpose. after and
-- term: when an event of it goes; evidence_after and evidence_term: when its evidence does, where that is
-- sooner; no_term: how long a browser's No counts, null: for good; wholly and partly: stopped_by(). Rules of
-- the data classes consent and evidence are about what is held here, all others about what other systems
-- hold.
create or replace function retention_rules(c integer, p_document jsonb) returns jsonb
language plpgsql stable as $$
declare
    proof constant text := coalesce(p_document #>> '{retention,proof_kept}', 'P5Y');
begin
    return (
        with stops as materialized (
            select s.*, x.basis in ('consent', 'soft_opt_in') as needs_yes
            from stopped_by(c, p_document) s
            join purpose x on x.controller_id = c and x.purpose_id = s.purpose_id)
        select coalesce(jsonb_agg(jsonb_build_object(
                   'purpose_id', p.purpose_id,
                   'rule', coalesce('consent of ' || p.key || ': ' || e.duration || ' after ' || e.after,
                                    'proof_kept: ' || proof || ' after consent_end'),
                   'after', coalesce(e.after, 'consent_end'),
                   'term', coalesce(e.duration, proof),
                   'evidence_rule', 'evidence of ' || p.key || ': ' || v.duration || ' after ' || v.after,
                   'evidence_after', v.after,
                   'evidence_term', v.duration,
                   'no_term', case when not exists (select from stops x where p.purpose_id = any (x.partly)
                                                                              and not x.needs_yes)
                                   then coalesce(d.refused_until, 'P6M') end,
                   'wholly', coalesce(s.wholly, '{}'), 'partly', coalesce(s.partly, '{}'))), '[]')
        from purpose p
        left join stops s on s.purpose_id = p.purpose_id
        left join lateral (
            select x ->> 'refused_until' as refused_until
            from jsonb_array_elements(p_document -> 'purposes') x where x ->> 'key' = p.key limit 1) d on true
        left join lateral (select * from retention_rule(p_document, p.key, 'consent')) e on true
        left join lateral (select * from retention_rule(p_document, p.key, 'evidence')) v on true
        where p.controller_id = c);
end $$;

-- The rule of a data class for a purpose: its own, or else that for all; of several the shortest.
create or replace function retention_rule(p_document jsonb, p_purpose text, p_class text,
                                          out duration text, out after text) language plpgsql immutable as $$
begin
    select x ->> 'duration', x ->> 'after' into duration, after
        from jsonb_array_elements(coalesce(p_document #> '{retention,rules}', '[]')) x
        where x ->> 'data_class' = p_class and x ->> 'duration' <> 'none'
              and x ->> 'after' in ('recorded', 'consent_end')
              and coalesce(x ->> 'purpose', p_purpose) = p_purpose
        order by x ->> 'purpose' is null, (x ->> 'duration')::interval limit 1;
end $$;

-- Whether a row of consent keeps the event that it rests on: p_yes_goes, where the event is a Yes that goes
-- though it stands. What is over does not, nor a Yes that a No outranks under the same tag. p_stopped_by:
-- under what numbers a No stops it wholly.
create or replace function state_keeps(c integer, s consent, p_now timestamptz, p_yes_goes boolean,
                                       p_stopped_by integer[])
returns boolean language plpgsql stable as $$
begin
    if s.valid_until <= p_now or s.slot & 15 = slot_pending() then
        return false;
    end if;
    if slot_is_heard(s.slot) or s.slot & 15 between slot_age() and slot_care_document() then
        return true;
    end if;
    return not p_yes_goes and not exists (
        select from consent y
        where y.controller_id = c and y.tag = s.tag and y.purpose_id = any (p_stopped_by)
              and slot_is_heard(y.slot) and rank_is_no(y.rank) and y.rank > s.rank
              and y.slot / slot_count()
                  = case when s.slot & 15 = slot_sale() then 0 else s.slot / slot_count() end);
end $$;

-- (4) Whether an event that named several may go as far as what it tied is concerned.
create or replace function ties_spared(c integer, p_subject bigint, p_revision bigint, p_nos bigint[])
returns boolean language plpgsql stable as $$
begin
    return exists (
        select from event v join named n on n.controller_id = c and n.revision = v.revision
        where v.controller_id = c and v.subject_no = p_subject and v.revision > p_revision
              and n.beside_nos @> p_nos)
        or not exists (
            select from unnest(p_subject || p_nos) q(no)
            cross join lateral (select x.revision from event x
                                where x.controller_id = c and x.subject_no = q.no and x.revision <> p_revision
                                      and x.slot / slot_count() <> guardian_time()
                                union all
                                select x.revision from beside x
                                where x.controller_id = c and x.beside_no = q.no and x.revision <> p_revision
                                limit 1) o);
end $$;

-- What names these identifiers, by number, and still counts.
create or replace function events_of(c integer, p_nos bigint[]) returns setof event
language plpgsql stable as $$
begin
    return query
        select x.* from events_naming(c, p_nos) r
        cross join lateral (select y.* from event y
                            where y.controller_id = c and y.revision = r offset 0) x;
end $$;

-- (5) Whether a Yes to the same of lower rank was said by one of these, and stays: it is not among p_going.
create or replace function yes_below(c integer, p_event event, p_nos bigint[], p_going bigint[])
returns boolean language plpgsql stable as $$
begin
    return p_event.slot & 15 = slot_yes() and exists (
        select from events_of(c, p_nos) o
        where o.purpose_id = p_event.purpose_id and o.slot = p_event.slot and o.rank < p_event.rank
              and o.revision <> all (p_going));
end $$;

-- (6) Whether a No holds something back that stays. It is undone by a later Yes of who said it; by a sale or
-- another's Yes never.
create or replace function no_holds_back(c integer, p_event event, p_nos bigint[], p_going bigint[],
                                         p_rules jsonb) returns boolean language plpgsql stable as $$
begin
    return rank_is_no(p_event.rank) and exists (
        select from events_of(c, p_nos) o
        join jsonb_to_recordset(p_rules) r(purpose_id integer, partly integer[])
             on r.purpose_id = o.purpose_id and p_event.purpose_id = any (r.partly)
        where o.slot & 15 in (slot_yes(), slot_sale(), slot_pending())
              and o.slot / slot_count() not in (guardian_staff(), guardian_time())
              and not rank_is_no(o.rank)
              and (o.slot & 15 = slot_sale() or o.slot / slot_count() <> p_event.slot / slot_count()
                   or o.rank < p_event.rank)
              and o.revision <> all (p_going));
end $$;

-- (5), (6): whether an event that is due stays, and is looked at again by the next run. One by which nothing
-- stands can go: where it did, one of higher rank stands, for which the same holds.
create or replace function event_stays(c integer, p_event event, p_tags bytea[], p_nos bigint[],
                                       p_going bigint[], p_rules jsonb)
returns boolean language plpgsql stable as $$
begin
    return exists (select from unnest(p_tags) t(tag)
                   cross join lateral (select from consent s
                                       where s.controller_id = c and s.tag = t.tag
                                             and s.revision = p_event.revision limit 1) s)
           and (yes_below(c, p_event, p_nos, p_going)
                or no_holds_back(c, p_event, p_nos, p_going, p_rules));
end $$;

-- What of the events behind p_after, up to p_until, is due at p_now: the event, or (p_evidence) its evidence
-- alone; by which rule. p_zone: terms in days end at the time of day that they began there.
create or replace function retention_due(c integer, p_after bigint, p_until bigint, p_now timestamptz,
                                         p_zone text, p_rules jsonb)
returns table (what event, evidence_only boolean, rule text, tags bytea[], nos bigint[])
language plpgsql stable as $$
begin
    return query
    with r as materialized (
        select * from jsonb_to_recordset(p_rules)
            x(purpose_id integer, rule text, after text, term interval, evidence_rule text,
              evidence_after text, evidence_term interval, no_term interval, wholly integer[])),
    -- most of a ledger is young: of these nothing else is asked
    old as materialized (
        select e.*, e as whole, i.type, i.tag, coalesce(i.is_tied, false) as is_tied, q.rule, q.after, q.term,
               q.evidence_rule, q.evidence_after, q.evidence_term, q.no_term, q.wholly
        from event e
        cross join lateral (select x.* from r x
                            where x.purpose_id = greatest(e.purpose_id, purpose_all()) offset 0) q
        left join lateral (select y.type, y.tag, y.is_tied from identifier y
                           where y.controller_id = c and y.subject_no = e.subject_no offset 0) i on true
        where e.controller_id = c and e.revision > p_after and e.revision <= p_until
              and e.slot / slot_count() <> guardian_staff()
              and (e.recorded_at + least(q.term, q.evidence_term) - interval '1 day' <= p_now
                   or e.slot = slot_pending() and e.valid_until <= p_now
                   or i.type = identifier_visitor())),
    looked as materialized (
        select o.*, n.beside_nos, f.is_confirmed, f.is_unranked,
               overruled_at(c, o.whole, o.wholly, false) as next
        from old o
        left join lateral (select y.beside_nos from named y
                           where y.controller_id = c and y.revision = o.revision offset 0) n on true
        cross join lateral (
            select o.slot = slot_pending() and exists (select from confirmed y where y.controller_id = c
                                                       and y.request = o.revision) as is_confirmed,
                   exists (select from unranked y where y.controller_id = c
                           and y.revision = o.revision) as is_unranked) f),
    ended as materialized (
        select l.*,
               case when l.is_unranked or l.slot / slot_count() = guardian_time() then l.recorded_at
                    when l.slot = slot_pending() and not l.is_confirmed then l.valid_until
                    when l.type = identifier_visitor() and rank_is_no(l.rank)
                    then least(l.next, time_of(rank_time(l.rank)) + l.no_term)
                    else least(l.valid_until, l.next) end as end_at,
               case when l.slot = slot_pending() and not l.is_confirmed
                         or l.type = identifier_visitor() and l.rule like 'proof_kept%' then interval '0'
                    else l.term end as kept
        from looked l),
    due as materialized (
        select d.*,
               case when d.after = 'recorded' and not (d.slot = slot_pending() and not d.is_confirmed)
                    then d.recorded_at at time zone p_zone
                    else d.end_at at time zone p_zone end + d.kept <= p_now at time zone p_zone as is_due,
               d.evidence_term is not null
               and case when d.evidence_after = 'recorded' then d.recorded_at at time zone p_zone
                        else d.end_at at time zone p_zone end + d.evidence_term
                   <= p_now at time zone p_zone as is_evidence_due
        from ended d)
    select d.whole, not g.goes, case when g.goes then d.rule else d.evidence_rule end, t.tags,
           d.subject_no || coalesce(d.beside_nos, '{}')
    from due d
    cross join lateral (
        select array(select i.tag from unnest(d.subject_no || coalesce(d.beside_nos, '{}')) q(no)
                     cross join lateral (select y.tag from identifier y
                                         where y.controller_id = c and y.subject_no = q.no offset 0) i)
               as tags) t
    cross join lateral (
        select coalesce(d.is_due, false)
               and (not d.is_tied or d.is_unranked or not rank_is_no(d.rank)
                    or d.type = identifier_visitor())
               and (d.beside_nos is null or d.type = identifier_visitor()
                    or ties_spared(c, d.subject_no, d.revision, d.beside_nos))
               and not exists (
                   select from unnest(t.tags) w(tag)
                   cross join lateral (select z as s from consent z
                                       where z.controller_id = c and z.tag = w.tag
                                             and z.revision = d.revision
                                             and z.purpose_id <> purpose_pointer() offset 0) z
                   where not (d.type = identifier_visitor() and coalesce(d.end_at <= p_now, false)
                              and (z.s).slot & 15 not between slot_age() and slot_care_document())
                         and state_keeps(c, z.s, p_now, d.after = 'recorded', d.wholly)) as goes) g
    where g.goes
          or d.is_evidence_due and exists (select from evidence x
                                           where x.controller_id = c and x.revision = d.revision)
    order by d.revision;
end $$;

-- Deletes what is due, under the head's lock. Returns how many events, evidences, states and identifiers.
create or replace function purge_rows(c integer, p_events bigint[], p_evidence bigint[], p_tags bytea[],
                                      p_subjects bigint[], p_now timestamptz) returns bigint[]
language plpgsql as $$
declare
    counts bigint[] := '{0,0,0,0}';
    n bigint;
    was text;
begin
    perform from head where controller_id = c for no key update;
    delete from evidence where controller_id = c and revision = any (p_events || p_evidence);
    get diagnostics n = row_count;
    counts[2] := n;
    if cardinality(p_events) = 0 then
        return counts;
    end if;
    delete from consent where controller_id = c and tag = any (p_tags) and revision = any (p_events);
    get diagnostics n = row_count;
    counts[3] := n;
    delete from named where controller_id = c and revision = any (p_events);
    delete from beside where controller_id = c and beside_no in (
        select i.subject_no from identifier i where i.controller_id = c and i.tag = any (p_tags))
        and revision = any (p_events);
    delete from told where controller_id = c and revision = any (p_events);
    delete from imported
        where controller_id = c and subject_no = any (p_subjects) and revision = any (p_events);
    delete from unranked where controller_id = c and revision = any (p_events);
    delete from confirmed where controller_id = c and request = any (p_events);
    was := set_config('akkoord.purging', 'on', true);
    delete from event where controller_id = c and revision = any (p_events);
    get diagnostics n = row_count;
    counts[1] := n;
    was := set_config('akkoord.purging', 'off', true);
    perform purge_note(c, p_events, 'retention', p_now);
    -- of whom nothing is left is forgotten
    delete from identifier i
        where i.controller_id = c and i.subject_no = any (p_subjects) and not i.is_tied
              and not exists (select from event x where x.controller_id = c and x.subject_no = i.subject_no)
              and not exists (select from beside x where x.controller_id = c and x.beside_no = i.subject_no)
              and not exists (select from consent x where x.controller_id = c and x.tag = i.tag)
              and not exists (select from retention_start x where x.controller_id = c
                              and x.subject_no = i.subject_no);
    get diagnostics n = row_count;
    counts[4] := n;
    return counts;
end $$;

-- Tombstones whose term is over, and what stands by them: how many went, of purge_events_max() at most.
create or replace function purge_tombstones(c integer, p_now timestamptz) returns bigint
language plpgsql as $$
declare
    gone tombstone[];
begin
    perform from head where controller_id = c for no key update;
    with over as (
        delete from tombstone t where t.controller_id = c and t.tag in (
            select x.tag from tombstone x where x.controller_id = c and x.until <= p_now
            limit purge_events_max())
        returning t)
    select array_agg(o.t) into gone from over o;
    delete from consent s using unnest(gone) t
        where s.controller_id = c and s.tag = t.tag and s.revision = t.revision
              and rank_state(s.rank) = event_erased();
    return coalesce(cardinality(gone), 0);
end $$;

-- Goes on with the run that is open, or else begins one where one is due; p_at_once: whether it is or not;
-- null: not at all. Null: neither.
create or replace function retention_run_of(c integer, p_now timestamptz, p_at_once boolean)
returns retention_run
language plpgsql as $$
declare
    run retention_run;
begin
    select * into run from retention_run x where x.controller_id = c order by x.run_no desc limit 1;
    if run.run_no is not null
       and (run.ended_at is null or not p_at_once and run.started_at > p_now - purge_every()) then
        return case when run.ended_at is null then run end;
    elsif p_at_once is null then
        return null;
    end if;
    insert into retention_run (controller_id, run_no, started_at, policy_version, rules, others, until)
        select c, coalesce(run.run_no, 0) + 1, p_now, o.policy_version,
               retention_rules(c, p.document::jsonb), retention_rules_of_others(p.document::jsonb), h.revision
        from controller o
        join policy p on p.controller_id = c and p.version = o.policy_version
        join head h on h.controller_id = c
        where o.controller_id = c
        returning * into run;
    return run;
end $$;

-- One batch of a run. Returns whether the run has more to do.
create or replace function purge_batch(c integer, run retention_run, p_now timestamptz) returns boolean
language plpgsql as $$
declare
    zone text;
    reached bigint; -- revision
    d record;
    events bigint[] := '{}';
    evidences bigint[] := '{}';
    all_tags bytea[] := '{}';
    subjects bigint[] := '{}';
    told jsonb := run.by_rule;
    counts bigint[];
    tombstones bigint := 0;
begin
    select time_zone into zone from controller where controller_id = c;
    select max(w.revision) into reached
        from (select x.revision from event x
              where x.controller_id = c and x.revision > run.looked_to and x.revision <= run.until
              order by x.revision limit purge_events_max()) w;
    for d in select * from retention_due(c, run.looked_to, reached, p_now, zone, run.rules) loop
        continue when not d.evidence_only
                      and event_stays(c, d.what, d.tags, d.nos, events, run.rules);
        if d.evidence_only then
            evidences := evidences || (d.what).revision;
        else
            events := events || (d.what).revision;
            all_tags := all_tags || d.tags;
            subjects := subjects || (d.what).subject_no;
        end if;
        told := jsonb_set(told, array[d.rule], to_jsonb(coalesce((told ->> d.rule)::bigint, 0) + 1));
    end loop;
    perform retention_note(c, run.looked_to, reached, p_now, zone, run.others, run.rules);
    counts := '{0,0,0,0}';
    if cardinality(events) + cardinality(evidences) > 0 then
        counts := purge_rows(c, events, evidences, all_tags, subjects, p_now);
    end if;
    if reached is null then
        tombstones := purge_tombstones(c, p_now);
        if tombstones > 0 then
            told := jsonb_set(told, '{tombstone}',
                              to_jsonb(coalesce((told ->> 'tombstone')::bigint, 0) + tombstones));
        end if;
    end if;
    update retention_run x
        set looked_to = coalesce(reached, x.until), events = x.events + counts[1],
            evidence = x.evidence + counts[2], states = x.states + counts[3],
            identifiers = x.identifiers + counts[4], by_rule = told,
            ended_at = case when reached is null and tombstones < purge_events_max() then p_now end,
            oldest_left = (select v.recorded_at from event v where v.controller_id = c
                           order by v.revision limit 1)
        where x.controller_id = c and x.run_no = run.run_no;
    return reached is not null;
end $$;

-- One batch, of the first controller that has something to do; of p_controller alone where that is not null.
-- p_at_once: where no run is open one begins, though the last was a moment ago; null: none begins. False:
-- there was nothing to do.
create or replace function purge(p_controller text, p_at_once boolean) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
    o record;
    run retention_run;
begin
    for o in select x.controller_id from controller x
             where x.policy_version > 0 and (p_controller is null or x.key = p_controller)
             order by x.controller_id loop
        run := retention_run_of(o.controller_id, now_, p_at_once);
        if run.run_no is not null then
            perform purge_batch(o.controller_id, run, now_);
            return true;
        end if;
    end loop;
    return false;
end $$;
revoke execute on function purge from public;

-- What a run would let go of now, of the next events behind p_after: by rule, how many events and evidences;
-- and how far it looked.
create or replace function purge_rehearse(p_controller text, p_after bigint)
returns table (looked_to bigint, rule text, events bigint, evidence bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
    o controller;
    reached bigint;
begin
    select * into o from controller x where x.key = p_controller and x.policy_version > 0;
    select max(w.revision) into reached
        from (select x.revision from event x
              where x.controller_id = o.controller_id and x.revision > p_after
              order by x.revision limit purge_events_max()) w;
    if reached is null then
        return;
    end if;
    return query
        select reached, d.rule, count(*) filter (where not d.evidence_only),
               count(*) filter (where d.evidence_only)
        from retention_due(o.controller_id, p_after, reached, now_, o.time_zone,
                           (select retention_rules(o.controller_id, p.document::jsonb) from policy p
                            where p.controller_id = o.controller_id and p.version = o.policy_version)) d
        group by d.rule
        union all
        select reached, null, 0, 0;
end $$;
revoke execute on function purge_rehearse from public;
