-- SPDX-License-Identifier: Apache-2.0
-- What is heard under a tag: its own states, and where a crowded identifier or a person is only pointed at
-- (tie.sql), what comes from there. sql/query/check.sql says the first for itself.

-- What a pointer leads to: the states that arrive from the identifier it names, by number, and from those
-- that identifier looks under in turn. A pointer up brings all that is heard there, and follows all of its
-- pointers; any other brings what travels, and follows those down. A row stands as what arrived. p_purposes:
-- null for all. Pointers may go round: an identifier is looked under twice at most.
create or replace function states_pointed(c integer, p_no bigint, p_kind integer, p_purposes integer[])
returns table (purpose_id integer, slot integer, rank bigint, revision bigint, valid_until timestamptz,
               notice_no integer, record_id uuid, flags smallint)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        with recursive way(no, is_up) as (
            select p_no, p_kind = pointer_up()
            union
            select x.rank, w.is_up and x.tiebreak = pointer_up()
            from way w
            cross join lateral (select i.tag from identifier i
                                where i.controller_id = c and i.subject_no = w.no offset 0) i
            cross join lateral (select s.rank, s.tiebreak from consent s
                                where s.controller_id = c and s.tag = i.tag
                                      and s.purpose_id = purpose_pointer() offset 0) x
            where w.is_up or x.tiebreak = pointer_down())
        select s.purpose_id, s.slot + slot_travels(s.slot)::integer, s.rank, s.revision, s.valid_until,
               s.notice_no, s.record_id, s.flags
        from (select w.no, bool_or(w.is_up) as is_up from way w group by w.no) w
        cross join lateral (select i.tag from identifier i
                            where i.controller_id = c and i.subject_no = w.no offset 0) i
        cross join lateral (select x.* from consent x
                            where x.controller_id = c and x.tag = i.tag
                                  and x.purpose_id <> purpose_pointer()
                                  and (p_purposes is null or x.purpose_id = any (p_purposes)) offset 0) s
        where (slot_travels(s.slot) or w.is_up and slot_is_heard(s.slot)) and s.flags & flag_bound() = 0;
end $$;

-- All that is heard under a tag. Written out where a statement uses it, so that it is planned once a session
-- (a function in SQL that is stable, and one select). What each pointer leads to is asked of a function, since
-- hardly a tag has one.
create or replace function states_heard(c integer, p_tag bytea, p_purposes integer[])
returns table (purpose_id integer, slot integer, rank bigint, revision bigint, valid_until timestamptz,
               notice_no integer, record_id uuid, flags smallint)
language sql stable as $$
    select h.*
    from (select x.* from consent x
          where x.controller_id = c and x.tag = p_tag
                and (p_purposes is null or x.purpose_id = any (p_purposes)
                     or x.purpose_id = purpose_pointer()) offset 0) s
    cross join lateral (
        select s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags
        where s.purpose_id <> purpose_pointer()
        union all
        select * from states_pointed(c, s.rank, s.tiebreak, p_purposes)
        where s.purpose_id = purpose_pointer()) h
$$;
