-- SPDX-License-Identifier: Apache-2.0
-- Links whose token names a row (sql/migrate/110_kept_links.sql): kept, let go of with their person and at
-- their end. service/store/kept_link.h has the program's side.

-- Keeps links: p_ids, p_subjects (0: by tags), p_contents and p_ends (microseconds since 1970) run in
-- parallel; so do p_of (of p_ids, one of each tag), p_places and p_tags. False, with nothing kept, where the
-- controller's generation is no longer that which they were made under: a tag of a subject key that was
-- followed by another on the way would be moved by nobody. Nothing else is locked, and that by a rotation's
-- end too: of the ledger nothing is touched, so that what records does not wait. An end is kept to the month:
-- the same link, made for each mail, is seldom written again. A tag of somebody who was erased, is remembered
-- (tombstone) and has not come back is not kept again, nor a link that names nobody else.
create or replace function keep_links(c integer, p_generation bigint, p_ids bytea[], p_subjects bigint[],
                                      p_contents bytea[], p_ends bigint[], p_of bytea[],
                                      p_places integer[], p_tags bytea[])
returns boolean language plpgsql as $$
declare
    of_ids bytea[];
    places integer[];
    tags bytea[];
begin
    perform from controller where controller_id = c and generation = p_generation for share;
    if not found then
        return false;
    end if;
    select array_agg(t.id), array_agg(t.place), array_agg(t.tag) into of_ids, places, tags
        from unnest(p_of, p_places, p_tags) t(id, place, tag)
        where not exists (select from tombstone x where x.controller_id = c and x.tag = t.tag)
              or exists (select from identifier x where x.controller_id = c and x.tag = t.tag);
    insert into kept_link as old (controller_id, link_id, subject_no, content, ends_at)
        select distinct on (l.id) c, l.id, nullif(l.subject_no, 0), l.content,
               date_trunc('month', time_of(l.ends)) + interval '1 month'
        from unnest(p_ids, p_subjects, p_contents, p_ends) l(id, subject_no, content, ends)
        where l.subject_no > 0 or l.id = any (of_ids)
        order by l.id, l.ends desc
        on conflict (controller_id, link_id) do update set ends_at = excluded.ends_at
            where old.ends_at < excluded.ends_at;
    insert into kept_link_tag (controller_id, link_id, place, tag)
        select c, t.id, t.place, t.tag from unnest(of_ids, places, tags) t(id, place, tag)
        on conflict do nothing;
    return true;
end $$;

-- Those that name any of p_tags, or one of these persons. Part of an erasure. One that names somebody else
-- too, who is known, goes on for them alone.
create or replace function forget_links(c integer, p_tags bytea[], p_persons bigint[]) returns void
language plpgsql as $$
declare
    ids bytea[];
begin
    -- keep_links() holds it too: what is being kept is seen here, or sees the tombstones
    perform from controller where controller_id = c for no key update;
    ids := array(select t.link_id from kept_link_tag t
                 where t.controller_id = c and t.tag = any (p_tags)
                 union
                 select l.link_id from kept_link l
                 where l.controller_id = c and l.subject_no = any (p_persons));
    delete from kept_link_tag t
        where t.controller_id = c and t.link_id = any (ids)
              and (t.tag = any (p_tags) or not exists (select from identifier i where i.controller_id = c
                                                       and i.tag = t.tag));
    delete from kept_link l
        where l.controller_id = c and l.link_id = any (ids)
              and not exists (select from kept_link_tag t where t.controller_id = c
                              and t.link_id = l.link_id);
end $$;

-- Those that are over. Returns how many went.
create or replace function expire_links() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
    gone kept_link[];
begin
    gone := array(select l from kept_link l where l.ends_at <= now_ order by l.ends_at
                  limit expire_pending_max() for update skip locked);
    delete from kept_link_tag t using unnest(gone) g
        where t.controller_id = g.controller_id and t.link_id = g.link_id;
    delete from kept_link l using unnest(gone) g
        where l.controller_id = g.controller_id and l.link_id = g.link_id;
    return cardinality(gone);
end $$;
revoke execute on function expire_links from public;
