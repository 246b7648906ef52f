-- SPDX-License-Identifier: Apache-2.0
-- Of a batch's acts of one named set and purpose the newest is what the batch says: a No that is older than a
-- Yes of it loses its rank, and stays as its history, and what it told of the person holds on (rebuild.sql,
-- (6)). (A Yes that is older than a No, or than another Yes, is outranked anyway.)
--
-- (1) A No is history where each batch that has it has such a Yes: else one says it, and it has its rank. So
--     it has it again where another batch comes with it alone, and where the Yes is undone. A moment before
--     that is seen with it too (as_of.sql): stricter than it was.
-- (2) A Yes that was chosen here ranks above all that are imported, whenever they were said. Where there is
--     one that is older than the No, the newer Yes of the batch does not count itself, and takes no No away:
--     with the No gone the older Yes would stand again. Where such a Yes is recorded only after the No became
--     history, the No has its rank again first.

-- A purpose, by its number, and the same one of other entities.
create or replace function purposes_alike(c integer, p_purpose integer) returns setof integer
language sql stable as $$
    select a.purpose_id from purpose o
    join purpose a on a.controller_id = c and a.key = o.key
    where o.controller_id = c and o.purpose_id = p_purpose
$$;

-- Whether an event is a Yes that was chosen here, in that slot, before that No.
create or replace function is_older_yes(e event, p_slot integer, p_no bigint) returns boolean
    language sql immutable as
    'select e.slot = p_slot and e.rank >> 59 = class_choice() and not rank_is_no(e.rank)
            and rank_time(e.rank) <= rank_time(p_no)';

-- Whether such a Yes names one of these identifiers, by number.
create or replace function has_older_yes(c integer, p_nos bigint[], p_purpose integer, p_slot integer,
                                         p_no bigint)
returns boolean language plpgsql stable as $$
begin
    return exists (
        select from unnest(p_nos) n(no)
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.subject_no = n.no
                            union all
                            select x.revision from beside x
                            where x.controller_id = c and x.beside_no = n.no offset 0) f
        cross join lateral (select x as e from event x
                            where x.controller_id = c and x.revision = f.revision offset 0) v
        where is_older_yes(v.e, p_slot, p_no) and (v.e).purpose_id in (select purposes_alike(c, p_purpose))
              and not exists (select from unranked u where u.controller_id = c and u.revision = f.revision));
end $$;

-- Of the persons p_nos. Told are the events that lost their rank now, and those that it was lost to.
create or replace function import_settle(c integer, p_nos bigint[],
                                         out settled bigint[], out winners bigint[])
language plpgsql as $$
declare
    one record;
begin
    settled := '{}';
    winners := '{}';
    for one in
        with said as materialized (
            select i.batch_no, e.revision, e.subject_no, e.purpose_id, e.slot, e.rank,
                   coalesce(n.beside, '{}') as beside, u.revision is not null as is_history
            from unnest(p_nos) s(no)
            cross join lateral (select x.* from imported x
                                where x.controller_id = c and x.subject_no = s.no offset 0) i
            cross join lateral (select x.* from event x
                                where x.controller_id = c and x.revision = i.revision offset 0) e
            left join lateral (select array(select b from unnest(x.beside_nos) b order by b) as beside
                               from named x
                               where x.controller_id = c and x.revision = i.revision offset 0) n on true
            left join lateral (select x.* from unranked x
                               where x.controller_id = c and x.revision = i.revision offset 0) u on true
            where u.revision is null or is_settled(c, u.by_revision)),
        by_batch as (
            select n.revision, n.is_history, n.batch_no, max(y.revision) as by_revision
            from said n
            left join said y on y.batch_no = n.batch_no and n.batch_no > 0 and y.subject_no = n.subject_no
                                and y.purpose_id = n.purpose_id and y.beside = n.beside
                                and y.slot = n.slot - slot_no() + slot_yes() and not rank_is_no(y.rank)
                                and rank_time(y.rank) > rank_time(n.rank)
                                and not has_older_yes(c, n.subject_no || n.beside, n.purpose_id, y.slot,
                                                      n.rank)
            where n.slot % slot_count() = slot_no()
            group by n.revision, n.is_history, n.batch_no),
        due as (
            select b.revision, b.is_history,
                   case when bool_and(b.by_revision is not null) then max(b.by_revision) end as by_revision
            from by_batch b
            group by b.revision, b.is_history)
        select array_agg(d.revision) as revisions, d.by_revision from due d
        where d.is_history <> (d.by_revision is not null)
        group by d.by_revision loop
        if one.by_revision is null then
            perform rank_again(c, one.revisions);
        else
            perform unrank(c, one.revisions, one.by_revision);
            settled := settled || one.revisions;
            winners := winners || one.by_revision;
        end if;
    end loop;
end $$;

-- (2) Before these acts are recorded. What is said now is older than nothing that was imported.
create or replace function imports_unsettle(c integer, p_acts act[]) returns void
language plpgsql as $$
declare
    older act[];
    noes bigint[];
begin
    if not exists (select from import_batch b where b.controller_id = c) then
        return;
    end if;
    older := array(
        select a from unnest(p_acts) a
        where a.at is not null and not a.floating and a.slot = slot_yes()
              and a.rank_base >> 59 = class_choice() and not rank_is_no(a.rank_base));
    if cardinality(older) = 0 then
        return;
    end if;
    noes := array(
        select distinct e.revision
        from unnest(older) a
        cross join lateral tags_of(a.tags) t
        cross join lateral (select x.subject_no from identifier x
                            where x.controller_id = c and x.tag = t.tag offset 0) i
        cross join lateral (select x.revision from event x
                            where x.controller_id = c and x.subject_no = i.subject_no
                            union all
                            select x.revision from beside x
                            where x.controller_id = c and x.beside_no = i.subject_no offset 0) f
        cross join lateral (select x.by_revision from unranked x
                            where x.controller_id = c and x.revision = f.revision offset 0) u
        cross join lateral (select x.* from event x
                            where x.controller_id = c and x.revision = f.revision offset 0) e
        where e.slot % slot_count() = slot_no() and is_settled(c, u.by_revision)
              and e.purpose_id in (select purposes_alike(c, a.purpose_id))
              and rank_time(e.rank) >= a.at
              and e.slot / slot_count() = case when a.guardian is null then a.guardian_no
                                               else (select g.guardian_no from guardian g
                                                     where g.controller_id = c and g.tag = a.guardian) end);
    if cardinality(noes) > 0 then
        perform rank_again(c, noes);
    end if;
end $$;
