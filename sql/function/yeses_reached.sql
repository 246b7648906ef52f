-- SPDX-License-Identifier: Apache-2.0
-- The purpose that one of a single entity is part of: a No to it is one to each.
create or replace function purpose_whole(c integer, p_purpose integer) returns integer
language sql stable as $$
    select w.purpose_id from purpose o
    join purpose w on w.controller_id = c and w.key = o.key and w.entity = ''
    where o.controller_id = c and o.purpose_id = p_purpose and o.entity <> ''
$$;

-- What a No that names these identifiers would stop: of each purpose that has a Yes by name somewhere in its
-- reach (tie.sql), the newest event of one, and whether one stands above the Noes to that purpose there, to
-- which one to everything counts for p_stopped. Past a crowded identifier nobody is looked for.
create or replace function yeses_reached(c integer, p_tags bytea[], p_stopped integer[])
returns table (purpose_id integer, newest bigint, stands boolean) language plpgsql stable as $$
declare
    nos constant bigint[] := array(select i.subject_no from unnest(p_tags) t(tag)
                                   cross join lateral (select x.subject_no from identifier x
                                                       where x.controller_id = c and x.tag = t.tag
                                                       offset 0) i);
begin
    return query
        select s.purpose_id, max(s.newest), bool_or(s.stands)
        from (select distinct unnest(nos || identifiers_below(c, persons_above(c, nos))) as no) n
        cross join lateral (select x.tag from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        cross join lateral (select x.purpose_id,
                                   max(x.revision) filter (where not rank_is_no(x.rank)) as newest,
                                   not rank_is_no(max(x.rank))
                                   and not exists (
                                       select from consent y
                                       where y.controller_id = c and y.tag = i.tag
                                             and (y.purpose_id = purpose_all()
                                                  and x.purpose_id = any (p_stopped)
                                                  or y.purpose_id = purpose_whole(c, x.purpose_id))
                                             and y.slot <= slot_reached() and rank_is_no(y.rank)
                                             and y.rank > max(x.rank)) as stands
                            from consent x
                            where x.controller_id = c and x.tag = i.tag and x.purpose_id > purpose_all()
                                  and x.slot <= slot_reached()
                            group by x.purpose_id offset 0) s
        where s.newest is not null
        group by s.purpose_id;
end $$;
