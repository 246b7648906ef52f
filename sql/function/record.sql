-- SPDX-License-Identifier: Apache-2.0
-- Writes one batch of acts of one controller: the only way into the ledger. An act is one thing said by or
-- for one person, of one purpose or of purpose_all(). Arrays with r_ run in parallel, one element a request;
-- those with a_ likewise, one element an act, in the order of revisions to be. Indexes count from 0.
-- service/store/record.h has the program's side.
--
-- Rows: of each request either its events (record_done(), in the order of revisions) or one row that says why
-- it has none; where the generation is another, one row record_stale() for the batch. A request's acts are
-- written all or not at all, and the batch is one transaction.
--
-- Holds afterwards: revisions go on from the head's without a gap. Under each tag, purpose and slot stands
-- the event of highest rank (of equal ones, of highest tie) of those told of it, whatever order they came in.
-- Tags of one subject hold the same states. `was` and `effect` tell what stood before and whether the event
-- stands now. Steps:
--   1  takes the head's lock; stops where the caller's generation is not the one in force
--   2  leaves out requests that were answered before, by idempotency key, and a key's second use in the batch
--   3  leaves out requests with an act of the future
--   4  leaves out requests with a guardian's act for somebody who may decide alone
--   5  moves tags of a subject key that is being rotated out, ties identifiers that were named together
--   6  turns acts into events: one for each subject; its time, rank, effect and what stood before
--   7  writes: events, identifiers, counters, evidence, keys, states
create or replace function record(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    a_request integer[], -- its index
    a_tags bytea[], a_types bytea[], -- of the person's identifiers, one behind the other
    a_old_tag bytea[], -- while a rotation runs: the same under the key that goes
    a_purpose integer[], a_slot smallint[], a_role smallint[], a_method smallint[],
    a_rank bigint[], a_tie integer[], -- the rank at time 0
    a_floating boolean[], -- a No without a time: the later of now and what stands
    a_time bigint[], a_age bigint[], -- when it was said; null: a_age before now
    a_validity interval[], a_notice integer[],
    a_effect smallint[], -- where it is not superseded; effect_settled_there(): applied or pending, by step 6
    a_record uuid[], a_language text[], a_ref text[], a_detail text[], a_evidence text[])
returns table (
    outcome smallint, -- an enum record_outcome
    request integer, act integer, -- indexes
    record_id uuid, revision bigint, subject_no bigint, rank bigint, recorded_at timestamptz,
    valid_until timestamptz, purpose_id integer, effect smallint, was smallint, was_each bigint[],
    policy_version integer, context text) -- of a first answer (replay.sql)
language plpgsql as $$
#variable_conflict use_column
declare
    h head;
    gen bigint;
    zone text;
    now_ timestamptz;
    now_us bigint; -- as all times that come in
    ahead_max constant bigint := 60000000; -- microseconds: what an act's time may lie ahead
    left_out integer[] := '{}'; -- requests
    k integer;
    same boolean;
begin
    -- 1. One writer a controller, from here to the commit.
    select * into h from head where controller_id = c for no key update;
    select generation, time_zone into gen, zone from controller where controller_id = c;
    if gen is distinct from p_generation then
        outcome := record_stale();
        return next;
        return;
    end if;
    now_ := clock_timestamp(); -- behind the lock: of two batches the later has the later time
    now_us := instant_of(now_);

    -- 2. Answers that were given are read apart (replay.sql): nothing long may be sent under the head's lock.
    if cardinality(array_remove(r_key, null)) > 0 then
        for k, same in
            select (r.n - 1)::integer, i.fingerprint = r.fingerprint
            from unnest(r_key, r_fingerprint) with ordinality r(key, fingerprint, n)
            cross join lateral (select x.fingerprint from idempotency x
                                where x.controller_id = c and x.key_hash = r.key
                                      and x.recorded_at > now_ - first_answer_kept() offset 0) i loop
            left_out := left_out || k;
            outcome := case when same then record_replayed() else record_key_reused() end;
            request := k;
            return next;
        end loop;
        -- the same new key twice in this batch: the first runs, the others come again
        for k in select n - 1 from (select n, row_number() over (partition by key order by n) as nth
                     from unnest(r_key) with ordinality r(key, n) where key is not null) d
                 where nth > 1 and n - 1 <> all (left_out) loop
            left_out := left_out || k;
            outcome := record_again();
            request := k;
            return next;
        end loop;
    end if;

    -- 3. A clock that is a little ahead is forgiven: such an act gets the time it is.
    for k in select (n - 1)::integer from unnest(a_time) with ordinality a(t, n)
             where t > now_us + ahead_max loop
        if a_request[k + 1] <> all (left_out) then
            left_out := left_out || a_request[k + 1];
            outcome := record_in_future();
            request := a_request[k + 1];
            act := k;
            return next;
        end if;
    end loop;

    -- 4. Past the age limit the person decides, as the act itself says, or as is known: a date that has come,
    -- and nothing that still holds. Invalidating a guardian's act is no act of a guardian.
    if slot_guardian() = any (a_slot) then
        for k in select (a.n - 1)::integer
                 from unnest(a_slot, a_rank, a_tags, a_detail) with ordinality a(slot, rank, tags, detail, n)
                 where a.slot = slot_guardian() and rank_state(a.rank) <> event_invalidated()
                       and (came_of_age(a.detail::jsonb, zone, now_) or exists (
                     select from tags_of(a.tags) t
                     cross join lateral (
                         select rank_state(x.rank) = event_holds() as holds,
                                coalesce(x.valid_until <= now_, false) as is_over
                         from consent x
                         where x.controller_id = c and x.tag = t.tag and x.purpose_id = purpose_all()
                               and x.slot in (slot_minor(), slot_represented()) offset 0) f
                     having bool_or(f.holds and f.is_over)
                            and not coalesce(bool_or(f.holds and not f.is_over), false))) loop
            if a_request[k + 1] <> all (left_out) then
                left_out := left_out || a_request[k + 1];
                outcome := record_too_old();
                request := a_request[k + 1];
                act := k;
                return next;
            end if;
        end loop;
    end if;

    -- 5. Tags move when they are touched; then no tag of an old key is left among those that are looked up
    -- below.
    if cardinality(array_remove(a_old_tag, null)) > 0 then
        perform wrap_tags(c, array_agg(each.old), array_agg(each.new)) from (
            select distinct on (old.tag) old.tag as old, new.tag as new
            from unnest(a_old_tag, a_tags) a(old_tags, new_tags),
                 tags_of(a.old_tags) old, tags_of(a.new_tags) new
            where new.place = old.place) each;
    end if;

    for k in select n from unnest(a_tags) with ordinality a(tags, n)
             where length(tags) > tag_size() order by n loop
        if a_request[k] <> all (left_out) then
            perform tie_identifiers(c, a_tags[k], a_types[k]);
        end if;
    end loop;
    -- tying may have numbered a subject
    select subject_no into h.subject_no from head where controller_id = c;

    -- 6. and 7. In one statement, so that what stood before is read once and by all of it as it was.
    return query
    with
    -- a row a tag of each act
    act as (
        select a.*, (a.n - 1)::integer as act,
               (select i.subject_no from identifier i where i.controller_id = c and i.tag = a.tag) as known_no
        from (select x.*, t.place, t.tag, get_byte(x.types, t.place)::smallint as type
              from unnest(a_request, a_tags, a_types, a_purpose, a_slot, a_role, a_method, a_rank, a_tie,
                          a_floating, a_time, a_age, a_validity, a_notice, a_effect, a_record, a_language,
                          a_ref, a_detail, a_evidence) with ordinality
                   x(request, tags, types, purpose_id, slot, role, method, rank_base, tie,
                     floating, at, age, validity, notice_no, effect, record_id, language,
                     ref, detail, evidence, n),
                   tags_of(x.tags) t
              where x.request <> all (left_out)) a),
    -- tags that nobody knows yet get a subject each, the same one for all acts of the batch
    numbered as (
        select a.*,
               coalesce(known_no, h.subject_no + dense_rank() over (partition by known_no is null
                                                                   order by tag)) as subject_no
        from act a),
    -- one event for each subject that the person's identifiers belong to
    spread as (
        select d.*, (row_number() over (partition by act order by place) - 1)::integer as nth
        from (select distinct on (act, subject_no) n.*
              from numbered n order by act, subject_no, place) d),
    -- when it happened, and what stood then: of purpose_all() each purpose, of a purpose what overrules it
    -- too
    dated as (
        select s.*, coalesce(old.rank, every.rank) as old_rank, every.was_each,
               case when s.effect <> effect_settled_there() then s.effect
                    when coalesce(rank_state(old.guardian), 0)
                             not between event_eligible() and event_renewed()
                         and (fact_holds(s.detail::jsonb -> 'minor', old.minor, zone, now_)
                              or fact_holds(s.detail::jsonb -> 'represented', old.represented, zone, now_))
                    then effect_pending() else effect_applied() end as settled,
               case when s.floating then greatest(now_us, old.time, every.time)
                    when s.at is null then now_us - s.age
                    else least(s.at, now_us) end as event_us
        from spread s
        left join lateral (
            select max(o.rank) filter (where o.slot = s.slot) as rank,
                   max(rank_time(o.rank)) filter (where o.slot = s.slot) as time,
                   max(o.rank) filter (where o.slot = slot_guardian()) as guardian,
                   bool_or(o.slot = slot_minor() and rank_state(o.rank) = event_holds()
                           and coalesce(o.valid_until > now_, true)) as minor,
                   bool_or(o.slot = slot_represented() and rank_state(o.rank) = event_holds()
                           and coalesce(o.valid_until > now_, true)) as represented
            from consent o
            where o.controller_id = c and o.tag = s.tag
                  and (o.purpose_id = s.purpose_id or o.purpose_id = purpose_all())) old
            on s.purpose_id <> purpose_all()
        left join lateral (
            select max(o.rank) filter (where o.purpose_id = purpose_all()) as rank,
                   max(rank_time(o.rank)) as time,
                   array_agg(array[o.purpose_id::bigint, greatest(o.rank, o.all_rank)]
                             order by o.purpose_id) as was_each
            from (select x.purpose_id, x.rank,
                         max(x.rank) filter (where x.purpose_id = purpose_all()) over () as all_rank
                  from consent x
                  where x.controller_id = c and x.tag = s.tag and x.slot = s.slot) o) every
            on s.purpose_id = purpose_all()),
    ranked as (
        select d.*, rank_at(d.rank_base, d.event_us) as rank,
               h.revision + row_number() over (order by act, nth) as revision
        from dated d),
    -- the highest rank before it: in the ledger, or of an event of this batch with a lower revision
    placed as materialized (
        select r.*,
               greatest(coalesce(old_rank, 0),
                        max(rank) over (partition by subject_no, slot, purpose_id order by revision
                                        rows between unbounded preceding and 1 preceding),
                        max(rank) filter (where purpose_id = purpose_all())
                            over (partition by subject_no, slot order by revision
                                        rows between unbounded preceding and 1 preceding)) as prior,
               case when nth = 0 then record_id
                    else encode(set_byte(uuid_send(record_id), 15, get_byte(uuid_send(record_id), 15) + nth),
                                'hex')::uuid
               end as id,
               time_of(event_us) + validity as valid_until
        from ranked r),

    written as (
        insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at,
                           valid_until, notice_no, policy_version, slot, role, method, effect, was, was_each,
                           language, actor, ref, detail)
        select c, revision, id, subject_no, purpose_id, rank, now_,
               valid_until, notice_no, p_policy_version, slot, role, method,
               case when rank < prior then effect_superseded() else settled end, rank_state(prior), was_each,
               language, r_actor[request + 1], ref, detail::jsonb
        from placed),
    tied as (
        insert into identifier (controller_id, tag, subject_no, type)
        select distinct on (tag) c, tag, subject_no, type from placed where known_no is null order by tag),
    counted as (
        update head set revision = revision + (select count(*) from placed),
                        subject_no = subject_no + (select count(distinct subject_no) from placed
                                                   where known_no is null)
        where controller_id = c),
    proven as (
        insert into evidence (controller_id, revision, document)
        select c, revision, evidence::jsonb from placed where evidence is not null),
    keyed as (
        insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events,
                                        recorded_at)
        select c, r_key[request + 1], r_fingerprint[request + 1], r_context[request + 1],
               min(revision), count(*), now_
        from placed where r_key[request + 1] is not null group by request
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context,
                first_revision = excluded.first_revision, events = excluded.events,
                recorded_at = excluded.recorded_at),
    -- what a record says of the person, such as being a minor, stands beside the purposes
    states as materialized (
        select known_no, tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until, id from placed
        union all
        select p.known_no, p.tag, purpose_all(), f.slot, null,
               rank_at(rank_base(class_choice(), case when (f.fact ->> 'holds')::boolean then event_holds()
                                                  else event_lifted() end), p.event_us), 0, p.revision,
               (f.fact ->> 'until')::timestamp at time zone zone, p.id
        from placed p
        cross join lateral (values (slot_minor(), p.detail::jsonb -> 'minor'),
                                   (slot_represented(), p.detail::jsonb -> 'represented'))
                   f(slot, fact)
        where p.detail is not null and f.fact is not null),
    used as (
        update purpose set used = true
        where controller_id = c and not used and purpose_id in (select purpose_id from placed)),
    -- a known subject's states stand under all of its tags; of several here the highest goes in
    stood as (
        insert into consent as old (controller_id, tag, purpose_id, slot, notice_no, rank, tie, revision,
                                    valid_until, record_id)
        select distinct on (t.tag, purpose_id, slot)
               c, t.tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until, id
        from states p
        cross join lateral (
            select i.tag from identifier i where i.controller_id = c and i.subject_no = p.known_no
            union all
            select p.tag where p.known_no is null) t
        order by t.tag, purpose_id, slot, rank desc, tie desc
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, rank = excluded.rank, tie = excluded.tie,
                revision = excluded.revision, valid_until = excluded.valid_until,
                record_id = excluded.record_id
            where (old.rank, old.tie) < (excluded.rank, excluded.tie))

    select record_done(), request, act, id, revision, subject_no, rank, now_, valid_until, purpose_id,
           case when rank < prior then effect_superseded() else settled end, rank_state(prior), was_each,
           p_policy_version, null::text
    from placed order by revision;
end $$;
