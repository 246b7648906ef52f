-- SPDX-License-Identifier: Apache-2.0
-- As record(), of acts some of which are copies of what another system recorded: a line that is here already
-- is no second event. p_copy and p_line run with p_acts: p_copy 0 is no copy, k is one of p_source[k] and
-- p_batch[k], null where no batch is named; p_line is the hash of what the line says. Nothing is confirmed.
--
-- Rows as record() returns them, in the order of the acts, whose effect is effect_repeated() where the event
-- is an earlier one. A request with such a line does not keep its key: asked again it finds them all.
--   1  takes the head's lock, and stops, as record() does
--   2  finds the lines that are here already, and those that the batch of acts has twice
--   3  records the others
--   4  notes which lines are here, and of which batch
--   5  of several acts of one named set and purpose within one batch lets the newest be what the batch says
-- p_is_new: the acts are apart, and nothing is known under any of their identifiers: no line is here, and
-- none is there twice.
create or replace function record_copies(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[], p_apart boolean,
    p_copy integer[], p_line uuid[], p_source text[], p_batch text[], p_is_new boolean)
returns setof recorded language plpgsql as $$
declare
    batch_nos integer[];
    answered integer[] := '{}'; -- requests whose key is known: record() tells of them
    kept integer[]; -- places of the acts that are recorded
    again integer[]; -- places of those that are here already
    again_revisions bigint[]; -- their events, and by what these are known
    again_nos bigint[];
    again_lines uuid[];
    twins integer[]; -- places of those that say what an earlier one says
    twins_of integer[];
    keys bytea[] := r_key;
    rows recorded[];
    refused integer[];
    saying bigint[]; -- persons of whom a batch says more by lines that are here already
    settled bigint[] := '{}'; -- events that a newer one of their batch stands before
    winners bigint[] := '{}'; -- and these newer ones
    found_now record;
    k integer;
    told recorded;
begin
    -- 1.
    perform from head where controller_id = c for no key update;
    if (select generation from controller where controller_id = c) is distinct from p_generation then
        told.outcome := record_stale();
        return next told;
        return;
    end if;
    batch_nos := import_batches(c, p_source, p_batch);
    if exists (select from unnest(p_acts) where old_tags is not null) then
        perform wrap_tags(c, array_agg(old.tag), array_agg(new.tag))
            from (select distinct tags, old_tags from unnest(p_acts) where old_tags is not null) a
            cross join lateral tags_of(a.old_tags) old
            join lateral tags_of(a.tags) new on new.place = old.place and new.tag <> old.tag;
    end if;

    -- 2. A line whose event was purged since is not here; nor, for another batch, one that lost its rank
    -- other than as its batch's history.
    if cardinality(array_remove(r_key, null)) > 0 and not p_is_new then
        answered := array(select (r.n - 1)::integer from unnest(r_key) with ordinality r(key, n)
                          cross join lateral (select from idempotency x
                                              where x.controller_id = c and x.key_hash = r.key
                                                    and x.recorded_at > clock_timestamp()
                                                                        - first_answer_kept()
                                              offset 0) i);
    end if;
    select array_agg(q.n order by q.n) filter (where q.revision is null and q.twin = q.n),
           array_agg(q.n order by q.n) filter (where q.revision is not null),
           array_agg(q.revision order by q.n) filter (where q.revision is not null),
           array_agg(q.subject_no order by q.n) filter (where q.revision is not null),
           array_agg(q.line order by q.n) filter (where q.revision is not null),
           array_agg(q.n order by q.n) filter (where q.revision is null and q.twin <> q.n),
           array_agg(q.twin order by q.n) filter (where q.revision is null and q.twin <> q.n)
        into kept, again, again_revisions, again_nos, again_lines, twins, twins_of
        from (select l.n, e.revision, i.subject_no, w.line,
                     case when l.is_copy
                          then first_value(l.n) over (partition by l.is_copy, a.tags, a.guardian,
                                                                   a.guardian_no, p_line[l.n] order by l.n)
                          else l.n end as twin
              from unnest(p_acts) with ordinality a
              cross join lateral (select a.ordinality::integer as n,
                                         p_copy[a.ordinality] > 0 and a.request <> all (answered) as is_copy
                                  offset 0) l
              left join lateral (select x.subject_no from identifier x
                                 where x.controller_id = c and x.tag = substr(a.tags, 1, tag_size())
                                       and l.is_copy
                                 offset 0) i on true
              left join lateral (select case when length(a.tags) = tag_size() and a.guardian is null
                                                  and a.guardian_no = 0
                                             then p_line[l.n]
                                             else import_line(c, p_acts[l.n], p_line[l.n]) end as line
                                 where i.subject_no is not null offset 0) w on true
              left join lateral (select x.revision from imported x
                                 where x.controller_id = c and x.subject_no = i.subject_no
                                       and x.line = w.line
                                       and (x.batch_no = batch_nos[p_copy[l.n]]
                                            or not exists (select from unranked u
                                                           where u.controller_id = c
                                                                 and u.revision = x.revision
                                                                 and not is_settled(c, u.by_revision)))
                                 order by x.line, x.batch_no limit 1) m on true
              left join lateral (select x.revision from event x
                                 where x.controller_id = c and x.revision = m.revision offset 0) e on true
              where not p_is_new) q;
    if p_is_new then
        kept := array(select generate_subscripts(p_acts, 1));
    end if;
    foreach k in array coalesce(again || twins, '{}') loop
        keys[p_acts[k].request + 1] := null;
    end loop;

    -- 3.
    rows := array(select row(t.outcome, t.request, kept[t.act + 1] - 1, t.record_id, t.revision, t.subject_no,
                             t.rank, t.recorded_at, t.valid_until, t.purpose_id, t.effect, t.was, t.was_each,
                             t.policy_version, t.context, t.answer)::recorded
                  from record(c, p_generation, p_policy_version, keys, r_fingerprint, r_context, r_actor,
                              case when cardinality(kept) = cardinality(p_acts) then p_acts
                                   else array(select p_acts[x] from unnest(kept) x) end,
                              p_apart, null, null, null) t);

    -- 4. Also of a line that is here by another batch.
    insert into imported (controller_id, subject_no, line, batch_no, revision)
        select c, t.subject_no,
               case when not p_apart then import_line(c, p_acts[t.act + 1], p_line[t.act + 1])
                    when length(p_acts[t.act + 1].tags) = tag_size() then p_line[t.act + 1]
                    else line_beside(p_line[t.act + 1], n.nos, 0) end,
               batch_nos[p_copy[t.act + 1]], t.revision
        from unnest(rows) t
        left join lateral (select array(select b from unnest(x.beside_nos) b order by b) as nos
                           from named x
                           where x.controller_id = c and x.revision = t.revision
                                 and length(p_acts[t.act + 1].tags) > tag_size() offset 0) n on true
        where t.outcome = record_done() and p_copy[t.act + 1] > 0
        on conflict do nothing;
    if again is not null then
        with more as (
            insert into imported as i (controller_id, subject_no, line, batch_no, revision)
            select c, g.subject_no, g.line, batch_nos[p_copy[g.n]], g.revision
            from unnest(again, again_revisions, again_nos, again_lines) g(n, revision, subject_no, line)
            on conflict do nothing
            returning i.subject_no)
        select array_agg(distinct m.subject_no) into saying from more m;
    end if;

    -- 5. Only of persons who were known before can batches have said more.
    if not p_is_new then
        found_now := import_settle(c, array(
            select y.no
            from (select t.subject_no as no from unnest(rows) t
                  where t.outcome = record_done() and p_copy[t.act + 1] > 0
                        and (not p_apart or t.answer & answer_unknown() = 0)
                  union
                  select unnest(saying)) y
            where (select count(*)
                   from (select from imported x
                         where x.controller_id = c and x.subject_no = y.no limit 2) two) > 1));
        settled := found_now.settled;
        winners := found_now.winners;
    end if;
    if cardinality(settled) > 0 then
        rows := array(
            select row(t.outcome, t.request, t.act, t.record_id, t.revision, t.subject_no, t.rank,
                       t.recorded_at, t.valid_until, t.purpose_id,
                       case when t.effect = effect_repeated() then t.effect
                            when t.revision = any (settled) then effect_superseded()
                            when t.effect = effect_superseded() and t.revision = any (winners)
                                 and t.rank = stood(c, substr(a.tags, 1, tag_size()), a.purpose_id || a.over,
                                                    a.guardian_no)
                            then case when a.effect = effect_settled_there() then effect_applied()
                                      else a.effect end
                            else t.effect end,
                       t.was, t.was_each, t.policy_version, t.context, t.answer)::recorded
            from unnest(rows) t
            cross join lateral (select (p_acts[t.act + 1]).* offset 0) a);
    end if;
    -- A request that is refused is so as a whole; one whose twin was refused with another request comes
    -- again, and is then too.
    if twins is not null then
        refused := array(select t.request from unnest(rows) t where t.outcome <> record_done());
        rows := rows || array(
            select row(case when t.act is null then record_again() else record_done() end, a.request, g.n - 1,
                       t.record_id, t.revision, t.subject_no, t.rank, t.recorded_at, t.valid_until,
                       t.purpose_id, effect_repeated(), t.was, t.was_each, t.policy_version, null::text,
                       t.answer)::recorded
            from unnest(twins, twins_of) g(n, twin)
            cross join lateral (select p_acts[g.n].request offset 0) a
            left join lateral (select x.* from unnest(rows) x
                               where x.outcome = record_done() and x.act = g.twin - 1) t on true
            where a.request <> all (refused));
    end if;
    if again is not null then
        rows := rows || array(
            select row(record_done(), a.request, g.n - 1, e.record_id, e.revision, e.subject_no, e.rank,
                       e.recorded_at, e.valid_until, e.purpose_id, effect_repeated(), e.was, e.was_each,
                       e.policy_version, null::text, e.answer)::recorded
            from unnest(again, again_revisions) g(n, revision)
            cross join lateral (select p_acts[g.n].request offset 0) a
            cross join lateral (select x.* from event x
                                where x.controller_id = c and x.revision = g.revision offset 0) e);
    end if;
    refused := array(select t.request from unnest(rows) t where t.outcome <> record_done());
    return query select t.* from unnest(rows) t
                 where t.outcome <> record_done() or t.request <> all (refused)
                 order by t.request, t.act;
end $$;

-- The same, where it is not known yet whether anything is.
create or replace function record_imports(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[], p_apart boolean,
    p_copy integer[], p_line uuid[], p_source text[], p_batch text[])
returns setof recorded language plpgsql as $$
begin
    perform from head where controller_id = c for no key update;
    return query select * from record_copies(c, p_generation, p_policy_version, r_key, r_fingerprint,
                                             r_context, r_actor, p_acts, p_apart, p_copy, p_line, p_source,
                                             p_batch, p_apart and are_unknown(c, p_acts));
end $$;
