-- SPDX-License-Identifier: Apache-2.0
-- What is heard under a tag: its own states, and where a crowded identifier or a person is only pointed at
-- (tie.sql), what comes from there.

-- What a pointer leads to: the states that arrive from the identifier it names, by number, and from those
-- that identifier looks under in turn. A pointer up brings all that is heard there, and follows all of its
-- pointers; any other brings what travels, and follows those down. A row stands as what arrived. p_purposes:
-- null for all. Pointers may go round: an identifier is looked under twice at most.
create or replace function states_pointed(c integer, p_no bigint, p_kind integer, p_purposes integer[])
returns setof consent language plpgsql stable as $$
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
        select c, s.tag, s.purpose_id, s.slot + slot_travels(s.slot)::integer, s.notice_no, s.flags,
               s.tiebreak, s.rank, s.revision, s.valid_until, s.record_id
        from (select w.no, bool_or(w.is_up) as is_up from way w group by w.no) w
        cross join lateral (select i.tag from identifier i
                            where i.controller_id = c and i.subject_no = w.no offset 0) i
        cross join lateral (select x.* from consent x
                            where x.controller_id = c and x.tag = i.tag
                                  and x.purpose_id <> purpose_pointer()
                                  and (p_purposes is null or x.purpose_id = any (p_purposes)) offset 0) s
        where slot_travels(s.slot) or w.is_up and slot_is_heard(s.slot)
                                      and rank_state(s.rank) <> event_erased();
end $$;

-- The same as one value, one state behind the other (service/store/state.h, STATE_BYTES); null: none. For
-- check.sql, which asks it of a row that is a pointer and of no other: a set would cost each row 0.3 us
-- there.
create or replace function states_pointed_packed(c integer, p_no bigint, p_kind integer, p_purposes integer[])
returns bytea language plpgsql stable as $$
begin
    return (
        select string_agg(int4send(s.purpose_id) || int4send(s.slot) || int8send(s.rank)
                          || int8send(s.revision) || timestamptz_send(coalesce(s.valid_until, '-infinity'))
                          || int4send(coalesce(s.notice_no, 0)) || uuid_send(s.record_id)
                          || int2send(s.flags), '')
        from states_pointed(c, p_no, p_kind, p_purposes) s);
end $$;

-- All that is heard under a tag. Written out where a statement uses it, so that it is planned once a session
-- (a function in SQL that is stable, and one select). What each pointer leads to is asked of a function,
-- since hardly a tag has one.
create or replace function states_heard(c integer, p_tag bytea, p_purposes integer[])
returns setof consent language sql stable as $$
    select h.*
    from (select x.* from consent x
          where x.controller_id = c and x.tag = p_tag
                and (p_purposes is null or x.purpose_id = any (p_purposes)
                     or x.purpose_id = purpose_pointer()) offset 0) s
    cross join lateral (
        select s.* where s.purpose_id <> purpose_pointer()
        union all
        select * from states_pointed(c, s.rank, s.tiebreak, p_purposes)
        where s.purpose_id = purpose_pointer()) h
$$;
