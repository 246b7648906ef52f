-- SPDX-License-Identifier: Apache-2.0
-- Ties identifiers of one person together, under the head's lock. Unknown ones join the first known one's
-- subject and take over its state; known ones keep their own.
create or replace function tie_identifiers(c integer, p_tags bytea, p_types bytea) returns void
language plpgsql as $$
declare
    host_no bigint;
    host_tag bytea;
begin
    -- offset 0: a probe a tag. As a plain join, the planner may walk all of the controller's identifiers
    -- instead.
    select i.subject_no, i.tag into host_no, host_tag
        from tags_of(p_tags) t
        cross join lateral (select x.subject_no, x.tag from identifier x
                            where x.controller_id = c and x.tag = t.tag offset 0) i
        order by t.place limit 1;
    if host_no is null then
        update head set subject_no = subject_no + 1 where controller_id = c returning subject_no into host_no;
    end if;
    with fresh as (
        insert into identifier (controller_id, tag, subject_no, type)
            select c, t.tag, host_no, get_byte(p_types, t.place) from tags_of(p_tags) t
            on conflict do nothing
            returning tag)
    insert into consent as old
        select c, f.tag, s.purpose_id, s.slot, s.notice_no, s.rank, s.tie, s.revision, s.valid_until,
               s.record_id
        from fresh f, consent s
        where s.controller_id = c and s.tag = host_tag
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, rank = excluded.rank, tie = excluded.tie,
                revision = excluded.revision, valid_until = excluded.valid_until,
                record_id = excluded.record_id
            where (old.rank, old.tie) < (excluded.rank, excluded.tie);
end $$;
