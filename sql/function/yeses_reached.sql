-- SPDX-License-Identifier: Apache-2.0
-- What a No that names these identifiers would stop under others: of each purpose that has a Yes by name
-- somewhere in its reach (tie.sql), the newest event of one, and whether one stands there above each No to
-- that purpose, to it of all entities, and to everything, which counts for p_stopped. Past a crowded
-- identifier nobody is looked for.
create or replace function yeses_reached(c integer, p_tags bytea[], p_stopped integer[])
returns table (purpose_id integer, newest bigint, stands boolean) language plpgsql stable as $$
declare
    nos constant bigint[] := array(select i.subject_no from unnest(p_tags) t(tag)
                                   cross join lateral (select x.subject_no from identifier x
                                                       where x.controller_id = c and x.tag = t.tag
                                                       offset 0) i);
begin
    return query
        select y.purpose_id, max(y.revision),
               bool_or(not exists (
                   select from consent x
                   where x.controller_id = c and x.tag = i.tag and x.slot <= slot_reached()
                         and rank_is_no(x.rank) and x.rank > y.rank
                         and (x.purpose_id in (y.purpose_id, b.purpose_id)
                              or x.purpose_id = purpose_all() and y.purpose_id = any (p_stopped))))
        from (select distinct unnest(identifiers_below(c, persons_above(c, nos))) as no) n
        cross join lateral (select x.tag from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        cross join lateral (select x.* from consent x
                            where x.controller_id = c and x.tag = i.tag and x.purpose_id > purpose_all()
                                  and x.slot = slot_yes() and not rank_is_no(x.rank) offset 0) y
        left join purpose o on o.controller_id = c and o.purpose_id = y.purpose_id
        left join purpose b on b.controller_id = c and b.key = o.key and b.entity = ''
        where n.no <> all (nos)
        group by y.purpose_id;
end $$;
