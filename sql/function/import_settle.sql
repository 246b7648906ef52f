-- SPDX-License-Identifier: Apache-2.0
-- Of a batch's acts of one named set and purpose the newest is what the batch says: a No that is older than a
-- Yes of it loses its rank, and stays as its history. (A Yes that is older than a No, or than another Yes, is
-- outranked anyway.) A No that another batch has too stays: that one says it. Looked at are the persons
-- p_nos. Told are the events that lost it now, and those that it was lost to.
create or replace function import_settle(c integer, p_batch integer, p_nos bigint[],
                                         out settled bigint[], out winners bigint[])
language plpgsql as $$
declare
    old record;
begin
    settled := '{}';
    winners := '{}';
    for old in
        with said as materialized (
            select e.revision, e.subject_no, e.purpose_id, e.slot, e.rank, i.line, n.beside
            from unnest(p_nos) s(no)
            cross join lateral (select x.* from imported x
                                where x.controller_id = c and x.subject_no = s.no and x.batch_no + 0 = p_batch
                                offset 0) i
            cross join lateral (select x.* from event x
                                where x.controller_id = c and x.revision = i.revision offset 0) e
            left join lateral (select array(select b from unnest(x.beside_nos) b order by b) as beside
                               from named x
                               where x.controller_id = c and x.revision = i.revision offset 0) n on true
            where not exists (select from unranked u
                              where u.controller_id = c and u.revision = i.revision)),
        older as (
            select n.revision, max(y.revision) as by_revision
            from said n
            join said y on y.subject_no = n.subject_no and y.purpose_id = n.purpose_id
                           and y.beside is not distinct from n.beside
                           and y.slot = n.slot - slot_no() + slot_yes() and not rank_is_no(y.rank)
                           and rank_time(y.rank) > rank_time(n.rank)
            where n.slot % slot_count() = slot_no()
                  and not exists (select from imported o
                                  where o.controller_id = c and o.subject_no = n.subject_no
                                        and o.line = n.line and o.batch_no <> p_batch)
            group by n.revision)
        select array_agg(o.revision) as revisions, o.by_revision from older o group by o.by_revision loop
        perform unrank(c, old.revisions, old.by_revision);
        settled := settled || old.revisions;
        winners := winners || old.by_revision;
    end loop;
end $$;
