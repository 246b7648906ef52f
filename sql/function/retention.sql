-- SPDX-License-Identifier: Apache-2.0
-- Lets go of what the policy says is kept no longer. A run is one pass over a controller's ledger, from its
-- first revision to where its head was, in batches.
--
-- (1) What is due is found before the head's lock is taken; under the lock rows are only deleted, of
--     purge_events_max() events at most, so that no writer waits 50 ms. What another wrote of the same people
--     meanwhile may hold one of them up: then nothing goes, and the batch is looked at again.
-- (2) What went is written down as purged in the same transaction: ledger and purged together stay 1..n.
-- (3) No state that counts rests on nothing: an event goes when no row of consent rests on it, or only rows
--     that have ended, which go with it. A standing No, and what is known of an age, stay for as long as they
--     count, whatever the term; so rebuild() finds what it needs (promise 4). An age that is over counts for
--     whatever Yes stands beside it: a child's own, or a guardian's, is not worth more once it is forgotten.
-- (4) What ties identifiers to each other stays as long as another event of theirs stays that does not tie
--     them by itself.
-- (5) A Yes goes after those that it replaced: else one of these, which stays for what it ties, would come
--     back by rebuild(). So it does after those that rank below it by another guardian or for another
--     company: while it stands they are not asked, unless the person's own No that stops all of it stands
--     above all these, under each that it named.
-- (6) A browser's No goes when it is over, and no Yes, sale or request stays that it holds back. On a purpose
--     that is allowed without a Yes it is never over by the clock, nor by a Yes where it is another that the
--     No stops too. A purge loosens nothing.
-- (7) What staff did to a person stays with the person. What time did goes by the rule of what it is about.
-- (8) A batch is one transaction, and its cursor part of it: whatever stops a run, it goes on there.
--
-- An event goes when all of these hold. retention_due() asks them of a batch as one set, the cheap ones
-- first, and the later only of what passed the earlier; each probe is an index's, whatever the ledger's size.
-- (a) It is none of staff's (7), and old enough that a term could be over: most of a ledger is not. A
--     browser's and a request's can be over sooner.
-- (b) Its term is over: counted from when it was recorded; or from its end, which is when it, or the request,
--     was said to end, or when the person's next word on the same took its place (overruled_at). That is
--     looked for only where the rule counts from it, and only of who has other events. What has no rank, and
--     what time did, ended when it was recorded.
-- (c) It is no No that is tied, unless it has no rank: others may hear it. Of a browser nothing is tied (3).
--     Nor does it remain with others from an erasure.
-- (d) What it ties is spared: it named nobody beside, or another event ties them (4).
-- (e) No state that counts rests on it: none at all, or only such that are over, or that a No outranks, or a
--     Yes that goes though it stands, since its rule counts from recording (3). A limit stays, also one that
--     is over, while a Yes of another event stands there.
-- (f) Where a state rests on it: nothing holds it up, a Yes that it replaced (5) or what a browser's No holds
--     back (6), or all that does is earlier in the ledger and goes in the same batch. Where none does, one of
--     higher rank stands, for which the same holds.
-- What meets all but (f) is looked at again by the next run.

-- Events that are looked at, at a time.
create or replace function purge_events_max() returns integer immutable parallel safe return 500;
-- Between the starts of two runs of a controller.
create or replace function purge_every() returns interval
    language sql immutable parallel safe as 'select interval ''1 day''';

-- What the rules of a policy come to for what is held here: an array with an element a purpose. after and
-- term: when an event of it goes; evidence_after and evidence_term: when its evidence does, where that is
-- sooner; no_term: how long a browser's No counts, null: for good; elsewhere: a No to it
-- stops another purpose that needs no Yes; wholly and partly: stopped_by(). Rules of the data classes consent
-- and evidence are about what is held here, all others about what other systems hold.
create or replace function retention_rules(c integer, p_document jsonb) returns jsonb
language plpgsql stable as $$
declare
    proof constant text := coalesce(p_document #>> '{retention,proof_kept}', 'P5Y');
begin
    return (
        with stops as materialized (
            select s.*, x.key, x.basis in ('consent', 'soft_opt_in') as needs_yes
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
                   'elsewhere', exists (select from stops x where p.purpose_id = any (x.partly)
                                                                  and not x.needs_yes and x.key <> p.key),
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
                            where y.controller_id = c and y.revision = r.revision offset 0) x
        where not r.only_told;
end $$;

-- What of the events behind p_after, up to p_until, is due at p_now, in the order of the ledger: the event
-- (goes), or its evidence alone; by which rule. tags: of all that it named; held_by: (f). p_zone: terms in
-- days end at the time of day that they began there.
create or replace function retention_due(c integer, p_after bigint, p_until bigint, p_now timestamptz,
                                         p_zone text, p_rules jsonb)
returns table (revision bigint, subject_no bigint, goes boolean, evidence_goes boolean, rule text,
               evidence_rule text, tags bytea[], held_by bigint[])
language plpgsql stable set enable_hashjoin = on as $$ -- of events and rules; all else is joined laterally
declare
    local_now constant timestamp := p_now at time zone p_zone;
begin
    return query
    with r as materialized (
        select * from jsonb_to_recordset(p_rules)
            x(purpose_id integer, rule text, after text, term interval, evidence_rule text,
              evidence_after text, evidence_term interval, no_term interval, elsewhere boolean,
              wholly integer[], partly integer[])),
    old as materialized ( -- (a)
        select e.revision, e.subject_no, e.purpose_id, e.slot, e.rank, e.flags, e.recorded_at, e.valid_until,
               e.slot / slot_count() = guardian_time() as is_of_time,
               i.type = identifier_visitor() as is_browser, i.tag, i.is_tied, q.rule, q.after, q.term,
               q.evidence_rule, q.evidence_after, q.evidence_term, q.no_term, q.elsewhere, q.wholly
        from event e
        join r q on q.purpose_id = greatest(e.purpose_id, purpose_all())
        left join lateral (select y.type, y.tag, y.is_tied from identifier y
                           where y.controller_id = c and y.subject_no = e.subject_no offset 0) i on true
        where e.controller_id = c and e.revision > p_after and e.revision <= p_until
              and e.slot / slot_count() <> guardian_staff()
              and (e.recorded_at + least(q.term, q.evidence_term) - interval '1 day' <= p_now
                   or slot_waits(e.slot) and e.valid_until <= p_now
                   or i.type = identifier_visitor())),
    known as materialized (
        select o.*, n.beside_nos,
               exists (select from unranked y where y.controller_id = c
                       and y.revision = o.revision) as is_unranked,
               slot_waits(o.slot) and not exists (select from confirmed y where y.controller_id = c
                                                  and y.request = o.revision) as is_request
        from old o
        left join lateral (select y.beside_nos from named y
                           where y.controller_id = c and y.revision = o.revision offset 0) n on true),
    ended as materialized (
        select k.*, e.by_clock,
               case when k.is_unranked or k.is_of_time then k.recorded_at
                    when k.is_request then k.valid_until
                    when k.is_browser and rank_is_no(k.rank)
                    then least(o.next, e.by_clock)
                    else least(k.valid_until, o.next) end as end_at
        from known k
        cross join lateral (
            select case when k.is_browser and rank_is_no(k.rank)
                        then time_of(rank_time(k.rank)) + k.no_term else k.valid_until end as by_clock
            offset 0) e
        cross join lateral (
            select case when not (k.is_unranked or k.is_of_time or k.is_request)
                             -- for what replaced its purpose a Yes takes no No back
                             and not (k.is_browser and rank_is_no(k.rank) and k.elsewhere)
                             and (k.after <> 'recorded' or k.is_browser or k.evidence_after <> 'recorded')
                             and exists (select from event x
                                         where x.controller_id = c and x.subject_no = k.subject_no
                                               and x.revision <> k.revision)
                        then (select overruled_at(c, x, k.wholly, false) from event x
                              where x.controller_id = c and x.revision = k.revision) end as next
            offset 0) o),
    due as materialized ( -- (b)
        select d.*, t.is_due, t.is_evidence_due, coalesce(d.end_at <= p_now, false) as is_over,
               coalesce(d.by_clock <= p_now, false) as is_over_for_all
        from ended d
        cross join lateral (
            select coalesce(case when d.after = 'recorded' and not d.is_request
                                 then d.recorded_at else d.end_at end at time zone p_zone
                            + case when d.is_request or d.is_browser and d.rule like 'proof_kept%'
                                   then interval '0' else d.term end <= local_now, false) as is_due,
                   coalesce(case when d.evidence_after = 'recorded' then d.recorded_at
                                 else d.end_at end at time zone p_zone + d.evidence_term
                            <= local_now, false) as is_evidence_due
            offset 0) t
        where t.is_due or t.is_evidence_due),
    free as materialized (
        select d.revision, d.subject_no, d.purpose_id, d.slot, d.rank, d.flags, d.rule, d.evidence_rule,
               d.wholly, d.beside_nos, d.is_evidence_due, t.tags, s.stands,
               d.is_due and not s.keeps -- (e)
               and (not coalesce(d.is_tied, false) or d.is_unranked or not rank_is_no(d.rank)
                    or d.is_browser) -- (c)
               and not exists (select from remaining y
                               where y.controller_id = c and y.revision = d.revision)
               and (d.beside_nos is null or d.is_browser
                    or ties_spared(c, d.subject_no, d.revision, d.beside_nos)) as goes -- (d)
        from due d
        cross join lateral (
            select case when d.beside_nos is null then array_remove(array[d.tag], null)
                        else array(select y.tag from unnest(d.subject_no || d.beside_nos) q(no)
                                   cross join lateral (select x.tag from identifier x
                                                       where x.controller_id = c and x.subject_no = q.no
                                                       offset 0) y) end as tags
            offset 0) t
        cross join lateral (
            select count(*) > 0 as stands,
                   coalesce(bool_or(
                       z.purpose_id <> purpose_pointer()
                       -- the next word is its subject's: for others that were named it is not over
                       and not (d.is_browser and (d.is_over_for_all or d.is_over and z.tag = d.tag)
                                and z.slot & 15 not between slot_age() and slot_care_document())
                       and case when z.slot & 15 between slot_age() and slot_care_document()
                                then coalesce(z.valid_until > p_now, true)
                                     or exists (select from consent y
                                                where y.controller_id = c and y.tag = z.tag
                                                      and y.revision <> d.revision
                                                      and y.slot & 15 in (slot_yes(), slot_sale(),
                                                                          slot_pending())
                                                      and not rank_is_no(y.rank))
                                when z.valid_until <= p_now or z.slot & 15 = slot_pending() then false
                                when slot_is_heard(z.slot) then true
                                else d.after <> 'recorded' and not exists (
                                    select from consent y
                                    where y.controller_id = c and y.tag = z.tag
                                          and y.purpose_id = any (d.wholly) and slot_is_heard(y.slot)
                                          and rank_is_no(y.rank)
                                          and no_is_later(y.slot, y.rank, z.rank, z.flags)
                                          and y.slot / slot_count() = case when z.slot & 15 = slot_sale()
                                              then 0 else z.slot / slot_count() end) end), false) as keeps
            from unnest(t.tags) w(tag)
            cross join lateral (select x.* from consent x
                                where x.controller_id = c and x.tag = w.tag
                                      and x.revision = d.revision offset 0) z
            where d.is_due) s)
    select f.revision, f.subject_no, f.goes,
           f.is_evidence_due and exists (select from evidence x
                                         where x.controller_id = c and x.revision = f.revision),
           f.rule, f.evidence_rule, f.tags, h.by_
    from free f
    cross join lateral ( -- (f)
        select array_agg(distinct o.revision) as by_
        from unnest(f.subject_no || f.beside_nos) n(no)
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.subject_no = n.no and x.revision <> f.revision
                            union all
                            select x.revision from beside x
                            where x.controller_id = c and x.beside_no = n.no and x.revision <> f.revision
                            offset 0) v
        cross join lateral (select x.* from event x
                            where x.controller_id = c and x.revision = v.revision offset 0) o
        where f.goes and f.stands and (f.slot & 15 = slot_yes() or rank_is_no(f.rank))
              and case when f.slot & 15 = slot_yes() and o.slot & 15 = slot_yes() -- (5)
                            and o.rank < f.rank and not rank_is_no(o.rank)
                            and o.slot / slot_count() not in (guardian_staff(), guardian_time())
                            and (o.purpose_id = f.purpose_id and o.slot = f.slot
                                 or o.purpose_id in (select purposes_alike(c, f.purpose_id))
                                    and exists (
                                        select from unnest(f.tags) w(tag)
                                        where not exists (
                                            select from consent y
                                            where y.controller_id = c and y.tag = w.tag
                                                  and y.slot / slot_count() = 0
                                                  and y.purpose_id = any (f.wholly) and rank_is_no(y.rank)
                                                  and no_is_later(y.slot, y.rank, f.rank, f.flags)
                                                  and no_is_later(y.slot, y.rank, o.rank, o.flags))))
                       then true
                       -- (6): undone by a later Yes of who said it; by a sale or another's Yes never
                       when rank_is_no(f.rank) and not rank_is_no(o.rank)
                            and o.slot & 15 in (slot_yes(), slot_sale(), slot_pending())
                            and o.slot / slot_count() not in (guardian_staff(), guardian_time())
                       then (o.slot & 15 = slot_sale() or o.slot / slot_count() <> f.slot / slot_count()
                             or o.rank < f.rank)
                            and exists (select from r where r.purpose_id = o.purpose_id
                                                            and f.purpose_id = any (r.partly))
                       else false end
              and not exists (select from unranked y where y.controller_id = c
                              and y.revision = o.revision offset 0)) h
    order by f.revision;
end $$;

-- Deletes what is due, under the head's lock: the events, each with its subject, and what hangs on them under
-- these tags; evidence. Returns how many events, evidences, states and identifiers.
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
    perform touch(c, p_tags);
    delete from consent where controller_id = c and tag = any (p_tags) and revision = any (p_events);
    get diagnostics n = row_count;
    counts[3] := n;
    delete from beside b using unnest(p_events) v(revision)
        cross join lateral (select x.beside_nos from named x
                            where x.controller_id = c and x.revision = v.revision offset 0) m
        cross join lateral (select unnest(m.beside_nos) as no offset 0) n
        where b.controller_id = c and b.beside_no = n.no and b.revision = v.revision;
    delete from named where controller_id = c and revision = any (p_events);
    delete from told where controller_id = c and revision = any (p_events);
    delete from imported i using unnest(p_subjects, p_events) v(subject_no, revision)
        where i.controller_id = c and i.subject_no = v.subject_no and i.revision = v.revision;
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
    perform touch(c, array(select g.tag from unnest(gone) g));
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
    went_by text[] := '{}'; -- by which each of these went
    counts bigint[];
    oldest record;
    tombstones bigint := 0;
    known constant bigint := touched_newest(c); -- what was written up to here is looked at
begin
    select time_zone into zone from controller where controller_id = c;
    select max(w.revision) into reached
        from (select x.revision from event x
              where x.controller_id = c and x.revision > run.looked_to and x.revision <= run.until
              order by x.revision limit purge_events_max()) w;
    for d in select * from retention_due(c, run.looked_to, reached, p_now, zone, run.rules) loop
        if d.goes and (d.held_by is null or d.held_by <@ events) then -- (f): events has the earlier ones
            events := events || d.revision;
            subjects := subjects || d.subject_no;
            all_tags := all_tags || d.tags;
            went_by := went_by || d.rule;
        elsif d.evidence_goes then
            evidences := evidences || d.revision;
            went_by := went_by || d.evidence_rule;
        end if;
    end loop;
    perform retention_note(c, run.looked_to, reached, p_now, zone, run.others, run.rules);
    counts := '{0,0,0,0}';
    if cardinality(events) > 0 then
        perform from head where controller_id = c for no key update;
        if is_touched_since(c, known, all_tags) then
            return true;
        end if;
    end if;
    if cardinality(events) + cardinality(evidences) > 0 then
        counts := purge_rows(c, events, evidences, all_tags, subjects, p_now);
    end if;
    if reached is null then
        tombstones := purge_tombstones(c, p_now);
        went_by := array_fill('tombstone'::text, array[tombstones::integer]);
    end if;
    select v.revision, v.recorded_at into oldest from event v
        where v.controller_id = c and v.revision > run.gone_to order by v.revision limit 1;
    update retention_run x
        set looked_to = coalesce(reached, x.until), events = x.events + counts[1],
            evidence = x.evidence + counts[2], states = x.states + counts[3],
            identifiers = x.identifiers + counts[4],
            by_rule = x.by_rule || (
                select coalesce(jsonb_object_agg(
                           w.rule, w.went + coalesce((x.by_rule ->> w.rule)::bigint, 0)), '{}')
                from (select q.rule, count(*) as went from unnest(went_by) q(rule) group by q.rule) w),
            ended_at = case when reached is null and tombstones < purge_events_max() then p_now end,
            oldest_left = oldest.recorded_at,
            gone_to = least(oldest.revision - 1, coalesce(reached, x.until))
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
        select reached, case when d.goes then d.rule else d.evidence_rule end, count(*) filter (where d.goes),
               count(*) filter (where not d.goes)
        from retention_due(o.controller_id, p_after, reached, now_, o.time_zone,
                           (select retention_rules(o.controller_id, p.document::jsonb) from policy p
                            where p.controller_id = o.controller_id and p.version = o.policy_version)) d
        where d.goes or d.evidence_goes
        group by 2
        union all
        select reached, null, 0, 0;
end $$;
revoke execute on function purge_rehearse from public;
