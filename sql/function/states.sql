-- SPDX-License-Identifier: Apache-2.0
create or replace function states_heard(c integer, p_tag bytea, p_purposes integer[])
returns table (purpose_id integer, slot integer, rank bigint, revision bigint, valid_until timestamptz,
               notice_no integer, record_id uuid, flags smallint)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
    with recursive look(tag, kind, hops) as (
        select p_tag, -1, 0
        union
        select i.tag, case when l.kind in (-1, 0) and x.tiebreak = 0 then 0 else 1 end, l.hops + 1
        from look l
        cross join lateral (select * from consent x where x.controller_id = c and x.tag = l.tag and x.purpose_id = purpose_pointer() and (l.kind <> 1 or x.tiebreak = 1) offset 0) x
        cross join lateral (select i.tag from identifier i where i.controller_id = c and i.subject_no = x.rank offset 0) i
        where l.hops < 4)
    select x.purpose_id, x.slot + (l.kind >= 0 and slot_travels(x.slot))::integer, x.rank, x.revision, x.valid_until, x.notice_no, x.record_id, x.flags
    from look l
    cross join lateral (select * from consent x where x.controller_id = c and x.tag = l.tag and x.purpose_id <> purpose_pointer()
        and (p_purposes is null or x.purpose_id = any (p_purposes)) offset 0) x
    where l.kind = -1 or l.kind = 0 and slot_is_heard(x.slot) or l.kind = 1 and slot_travels(x.slot);
end $$;
