-- SPDX-License-Identifier: Apache-2.0
-- Moves tags that a newer subject key has wrapped, under the head's lock. p_old and p_new run in parallel; an
-- old tag that is not there, or no longer, is passed over. What stands under a new tag already stays, or
-- gives way to a higher rank. As the owner: a row leaves its old tag by being deleted, which the service's
-- role may not do by itself.
create or replace function wrap_tags(c integer, p_old bytea[], p_new bytea[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform from head where controller_id = c for no key update;
    perform touch(c, p_old || p_new);
    with moved as (
        -- = any: the tags become index conditions whatever the planner believes of the table
        delete from consent s where s.controller_id = c and s.tag = any (p_old)
        returning p_new[array_position(p_old, s.tag)] as new, s.*)
    insert into consent as old
        (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until,
         record_id)
        select c, new, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until, record_id
        from moved
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, flags = excluded.flags, tiebreak = excluded.tiebreak,
                rank = excluded.rank, revision = excluded.revision, valid_until = excluded.valid_until,
                record_id = excluded.record_id
            where (old.rank, old.tiebreak, excluded.revision)
                  < (excluded.rank, excluded.tiebreak, old.revision);
    -- who is known under both keeps the new one's number, and what the old one was tied to
    insert into tie (controller_id, person_no, beside_no, beside_type)
        select c, case t.person_no when o.subject_no then n.subject_no else t.person_no end,
               case t.beside_no when o.subject_no then n.subject_no else t.beside_no end, t.beside_type
        from unnest(p_old, p_new) k(old, new)
        join identifier o on o.controller_id = c and o.tag = k.old
        join identifier n on n.controller_id = c and n.tag = k.new
        join tie t on t.controller_id = c and o.subject_no in (t.person_no, t.beside_no)
        on conflict do nothing;
    delete from identifier i
        where i.controller_id = c and i.tag = any (p_old)
              and exists (select from identifier x where x.controller_id = c
                          and x.tag = p_new[array_position(p_old, i.tag)]);
    update identifier i set tag = p_new[array_position(p_old, i.tag)]
        where i.controller_id = c and i.tag = any (p_old);
    insert into tombstone as old (controller_id, tag, revision, record_id, rank, until, denied)
        select c, k.new, s.revision, s.record_id, s.rank, s.until, s.denied
        from unnest(p_old, p_new) k(old, new)
        join tombstone s on s.controller_id = c and s.tag = k.old
        on conflict (controller_id, tag) do update
            set revision = case when old.rank < excluded.rank then excluded.revision else old.revision end,
                record_id = case when old.rank < excluded.rank then excluded.record_id
                            else old.record_id end,
                rank = greatest(old.rank, excluded.rank), until = greatest(old.until, excluded.until),
                denied = array(select distinct unnest(old.denied || excluded.denied) order by 1);
    delete from tombstone s where s.controller_id = c and s.tag = any (p_old);
    insert into forgotten as old (controller_id, tag, at)
        select c, k.new, f.at
        from unnest(p_old, p_new) k(old, new)
        join forgotten f on f.controller_id = c and f.tag = k.old
        on conflict (controller_id, tag) do update set at = greatest(old.at, excluded.at);
    delete from forgotten f where f.controller_id = c and f.tag = any (p_old);
    -- so that an erasure finds what is to reach them
    update outbox o set tag = p_new[array_position(p_old, o.tag)]
        where o.controller_id = c and o.tag = any (p_old);
    update kept_link_tag l set tag = p_new[array_position(p_old, l.tag)]
        where l.controller_id = c and l.tag = any (p_old);
    delete from guardian g
        where g.controller_id = c and g.tag = any (p_old)
              and exists (select from guardian x where x.controller_id = c
                          and x.tag = p_new[array_position(p_old, g.tag)]);
    update guardian g set tag = p_new[array_position(p_old, g.tag)]
        where g.controller_id = c and g.tag = any (p_old);
end $$;
revoke execute on function wrap_tags(integer, bytea[], bytea[]) from public;
