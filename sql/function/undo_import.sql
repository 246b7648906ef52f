-- SPDX-License-Identifier: Apache-2.0
-- Takes back what an import's batch brought, a chunk at a time: its events have no rank any more, each says
-- so by an event of its own, and what stood before stands again (rebuild.sql). Events that another batch
-- brought too stay, and so do Noes, unless p_refusals; one that was the batch's history has its rank again
-- when the Yes before it goes (import_settle.sql). What was undone is no longer of the batch: whoever is cut
-- short goes on where they were, and the same file may come again. service/store/undo.h has the program's
-- side.

-- Whether another batch has an event too.
create or replace function is_shared(c integer, p_batch integer, p_subject bigint, p_revision bigint)
returns boolean language plpgsql stable as $$
begin
    return exists (select from imported o
                   where o.controller_id = c and o.subject_no = p_subject and o.revision = p_revision
                         and o.batch_no <> p_batch);
end $$;

-- Whether a No is history within its batches.
create or replace function is_history(c integer, p_revision bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (select from unranked u where u.controller_id = c and u.revision = p_revision
                                                and is_settled(c, u.by_revision));
end $$;

-- What of a batch there is to undo: events, those of them that are Noes, and those of other batches too.
create or replace function undo_counts(c integer, p_batch integer, p_refusals boolean, out events bigint,
                                       out refusals bigint, out shared bigint)
language plpgsql stable as $$
begin
    select count(*) filter (where (p_refusals or not f.is_no) and not f.is_shared),
           count(*) filter (where f.is_no and not p_refusals and not (f.is_shared and f.is_history)),
           count(*) filter (where f.is_shared)
        into events, refusals, shared
        from (select distinct e.revision, rank_is_no(e.rank) as is_no,
                     is_history(c, e.revision) as is_history,
                     is_shared(c, p_batch, e.subject_no, e.revision) as is_shared
              from imported i
              cross join lateral (select y.* from event y
                                  where y.controller_id = c and y.revision = i.revision offset 0) e
              where i.controller_id = c and i.batch_no = p_batch
                    and not exists (select from unranked u
                                    where u.controller_id = c and u.revision = i.revision
                                          and not is_told(c, u.by_revision))) f;
end $$;

-- One chunk, p_most events at most.
create or replace function undo_import(c integer, p_generation bigint, p_policy_version integer, p_actor text,
                                       p_source text, p_batch text, p_refusals boolean, p_dry_run boolean,
                                       p_most integer)
returns table (outcome smallint, events bigint, refusals bigint, shared bigint, is_done boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    h head;
    now_ bigint;
    batch_id integer;
    picked bigint[];
    ours bigint[]; -- of no other batch
    is_last boolean;
    kept bigint := 0; -- counted once: that walks over all of the batch
begin
    select * into h from head where controller_id = c for no key update;
    if (select generation from controller where controller_id = c) is distinct from p_generation then
        return query select staff_stale(), 0::bigint, 0::bigint, 0::bigint, false;
        return;
    end if;
    now_ := instant_of(clock_timestamp());
    select b.batch_no into batch_id from import_batch b
        where b.controller_id = c and b.source = p_source and b.batch = p_batch;
    if batch_id is null then
        return query select staff_nothing(), 0::bigint, 0::bigint, 0::bigint, true;
        return;
    elsif p_dry_run then
        return query select staff_done(), u.*, true from undo_counts(c, batch_id, p_refusals) u;
        return;
    end if;

    -- Which, and what becomes of them. A No that is another batch's history too is so without this one.
    picked := array(select distinct i.revision from imported i
                    left join lateral (select y.rank, y.subject_no from event y
                                       where y.controller_id = c and y.revision = i.revision offset 0) e
                        on true
                    where i.controller_id = c and i.batch_no = batch_id
                          and (p_refusals or e.rank is null or not rank_is_no(e.rank)
                               or is_shared(c, batch_id, e.subject_no, i.revision)
                                  and is_history(c, i.revision))
                    order by i.revision limit p_most);
    ours := array(select e.revision from unnest(picked) r(no)
                  cross join lateral (select y.* from event y
                                      where y.controller_id = c and y.revision = r.no offset 0) e
                  where not is_shared(c, batch_id, e.subject_no, e.revision)
                        and not exists (select from unranked u
                                        where u.controller_id = c and u.revision = e.revision
                                              and not is_told(c, u.by_revision))
                  order by e.revision);
    insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at,
                       policy_version, slot, flags, role, method, effect, was, answer, actor)
        select c, h.revision + o.n, record_id_at(now_), e.subject_no, e.purpose_id,
               rank_at(rank_base(class_choice(), event_staff(), false), now_), time_of(now_),
               p_policy_version, staff_undone(), 0, role_staff(), method_api(), 0, rank_state(e.rank), 0,
               p_actor
        from unnest(ours) with ordinality o(no, n)
        cross join lateral (select y.* from event y
                            where y.controller_id = c and y.revision = o.no offset 0) e;
    insert into named (controller_id, revision, beside_nos)
        select c, h.revision + o.n, m.beside_nos from unnest(ours) with ordinality o(no, n)
        cross join lateral (select y.* from named y
                            where y.controller_id = c and y.revision = o.no offset 0) m;
    insert into beside (controller_id, beside_no, revision)
        select distinct c, unnest(m.beside_nos), h.revision + o.n from unnest(ours) with ordinality o(no, n)
        cross join lateral (select y.* from named y
                            where y.controller_id = c and y.revision = o.no offset 0) m;
    update head set revision = h.revision + cardinality(ours), latest = greatest(latest, now_)
        where controller_id = c;
    insert into unranked (controller_id, revision, by_revision)
        select c, o.no, h.revision + o.n from unnest(ours) with ordinality o(no, n)
        on conflict (controller_id, revision) do update set by_revision = excluded.by_revision;
    perform rebuild_named(c, ours);
    delete from imported i
        where i.controller_id = c and i.batch_no = batch_id and i.revision = any (picked);
    perform import_settle(c, array(select distinct e.subject_no from unnest(picked) r(no)
                                   cross join lateral (select y.subject_no from event y
                                                       where y.controller_id = c and y.revision = r.no
                                                       offset 0) e));
    is_last := cardinality(picked) < p_most;
    if is_last and not p_refusals then
        kept := (select u.refusals from undo_counts(c, batch_id, false) u);
    end if;
    return query select staff_done(), cardinality(ours)::bigint, kept,
                        (cardinality(picked) - cardinality(ours))::bigint, is_last;
end $$;
revoke execute on function undo_import from public;
