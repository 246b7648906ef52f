-- SPDX-License-Identifier: Apache-2.0
-- Writes one batch of acts of one controller: the only way into the ledger. An act is one thing said by or
-- for one person, of one purpose or as a standing No; each becomes one event. Arrays with r_ run in parallel,
-- one element a request; acts are in the order of revisions to be. Indexes count from 0.
-- service/store/record.h has the program's side.
--
-- Rows: of each request either its events (record_done(), in the order of revisions) or one row that says why
-- it has none; where the generation is another, one row record_stale() for the batch. A request's acts are
-- written all or not at all, and the batch is one transaction.
--
-- Holds afterwards: revisions go on from the head's without a gap. Under each tag, purpose and slot stands
-- the event of highest rank (of equal ones, of highest tiebreak) of those that named the tag or reach it
-- (tie.sql), whatever order they came in. Steps:
--   1  takes the head's lock; stops where the caller's generation is not the one in force
--   2  leaves out requests that were answered before, by idempotency key, and a key's second use in the batch
--   3  leaves out requests with an act of the future
--   4  of a confirmation, finds what is confirmed
--   5  moves tags of a subject key that is being rotated out; gives Noes that are their batch's history their
--      rank again where an older Yes comes (import_settle.sql)
--   6  records: all acts in one statement where that can be (record_apart.sql), else one by one
--   7  marks purposes as used; ends the requests that were confirmed
create or replace function record(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[],
    p_apart boolean, -- no two acts touch one person, and each is of those that record_apart() takes
    -- requests that one request's acts confirm: subject_no, first revision, how many; or null
    p_confirms bigint[],
    -- What the program saw of the acts while it wrote them; null where it did not look:
    p_newest bigint, -- no act is of a later time
    p_purposes integer[]) -- what the acts are of, as step 7 has it
returns setof recorded language plpgsql as $$
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
    first_revision bigint; -- of the batch
    told recorded;
begin
    -- 1. One writer a controller, from here to the commit.
    select * into h from head where controller_id = c for no key update;
    select generation, time_zone into gen, zone from controller where controller_id = c;
    if gen is distinct from p_generation then
        told.outcome := record_stale();
        return next told;
        return;
    end if;
    now_ := clock_timestamp(); -- behind the lock: of two batches the later has the later time
    now_us := instant_of(now_);
    first_revision := h.revision + 1;

    -- 2. Answers that were given are read apart (replay.sql): nothing long may be sent under the head's lock.
    if cardinality(array_remove(r_key, null)) > 0 then
        for k, same in
            select (r.n - 1)::integer, i.fingerprint = r.fingerprint
            from unnest(r_key, r_fingerprint) with ordinality r(key, fingerprint, n)
            cross join lateral (select x.fingerprint from idempotency x
                                where x.controller_id = c and x.key_hash = r.key
                                      and x.recorded_at > now_ - first_answer_kept() offset 0) i loop
            left_out := left_out || k;
            told.outcome := case when same then record_replayed() else record_key_reused() end;
            told.request := k;
            return next told;
        end loop;
        -- the same new key twice in this batch: the first runs, the others come again
        for k in select n - 1 from (select n, row_number() over (partition by key order by n) as nth
                     from unnest(r_key) with ordinality r(key, n) where key is not null) d
                 where nth > 1 and n - 1 <> all (left_out) loop
            left_out := left_out || k;
            told.outcome := record_again();
            told.request := k;
            return next told;
        end loop;
    end if;

    -- 3. A clock that is a little ahead is forgiven: such an act gets the time it is.
    for k in select (a.ordinality - 1)::integer from unnest(p_acts) with ordinality a
             where (p_newest is null or p_newest > now_us + ahead_max) and a.at > now_us + ahead_max loop
        if p_acts[k + 1].request <> all (left_out) then
            left_out := left_out || p_acts[k + 1].request;
            told.outcome := record_in_future();
            told.request := p_acts[k + 1].request;
            told.act := k;
            return next told;
        end if;
    end loop;

    -- 4. Acts that confirm are what was asked for; where nothing can be confirmed the reason is the answer.
    if p_confirms is not null and cardinality(left_out) = 0 then
        p_acts := acts_confirmed(c, p_confirms, p_acts);
        told.outcome := confirm_outcome(c, p_confirms, p_acts, now_);
        if told.outcome = record_confirmed() then
            return query select told.outcome, 0, 0, e.record_id, e.revision, e.subject_no, e.rank,
                                e.recorded_at, e.valid_until, e.purpose_id, e.effect, e.was, e.was_each,
                                e.policy_version, null::text, e.answer
                         from confirmed f
                         join event e on e.controller_id = c and e.revision = f.revision
                         where f.controller_id = c and f.request >= p_confirms[2]
                               and f.request < p_confirms[2] + p_confirms[3]
                         order by e.revision;
            return;
        elsif told.outcome <> record_done() then
            told.request := 0;
            return next told;
            return;
        end if;
    end if;

    -- 5. Tags move when they are touched; then no tag of an old key is left among those that are looked up.
    -- Acts that are apart name none.
    if not p_apart and exists (select from unnest(p_acts) where old_tags is not null) then
        perform wrap_tags(c, array_agg(old.tag), array_agg(new.tag))
            from (select distinct tags, old_tags from unnest(p_acts) where old_tags is not null) a
            cross join lateral tags_of(a.old_tags) old
            join lateral tags_of(a.tags) new on new.place = old.place and new.tag <> old.tag;
    end if;

    perform imports_unsettle(c, p_acts);

    -- 6. Where the statement for all finds that they are not apart after all, it writes nothing.
    if p_apart then
        return query select * from record_apart(c, h, p_policy_version, r_key, r_fingerprint, r_context,
                                                r_actor, p_acts, left_out, now_us, false);
    end if;
    if not p_apart or not found then
        return query select * from record_one_by_one(c, h, p_policy_version, r_key, r_fingerprint, r_context,
                                                     r_actor, p_acts, left_out, now_us, zone);
    end if;

    -- 7. A channel's No is a standing No as the one to everything is: it fixes what that one fixes.
    if p_purposes is null or cardinality(left_out) > 0 then
        p_purposes := array(select distinct greatest(a.purpose_id, purpose_all()) from unnest(p_acts) a
                            where a.request <> all (left_out));
    end if;
    update purpose p set used = true
        where p.controller_id = c and p.purpose_id = any (p_purposes) and not p.used;
    if p_confirms is not null and cardinality(left_out) = 0 then
        perform end_requests(c, p_confirms, first_revision);
    end if;
end $$;
