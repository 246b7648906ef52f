-- SPDX-License-Identifier: Apache-2.0
-- The log of what was touched: whatever writes a row of consent, or takes one away, says under which tags, in
-- the same transaction, by a row of touched.
--
-- (1) It is written under the head's lock, which is held to the commit: the numbers of one controller's rows,
--     each one more than the newest, are in the order of its commits, wherever its rows were moved to.
-- (2) Who deletes or inserts rows of consent touches their tags, whether they were there or not. What is
--     touched in vain costs a probe, what is not touched would be a lie.
-- (3) Not touched is what expire_pending() deletes, under no lock: a request whose time is over counts for
--     nothing, whether its row is there or not.
-- (4) Rows go from the lowest number on, and the newest of a controller stays, without its marks: who finds
--     the row up to which he knows everything finds all that came after it.

-- Four bytes of a tag, and none of its key's number: enough to say which states may be others now. They name
-- nobody by themselves.
create or replace function tag_mark(tag bytea) returns bytea
    language sql immutable parallel safe as 'select substr(tag, 2, 4)';

create or replace function touch(c integer, p_tags bytea[]) returns void language plpgsql as $$
begin
    insert into touched (controller_id, no, marks)
        select c, touched_newest(c) + 1, string_agg(tag_mark(t.tag), '') from unnest(p_tags) t(tag)
        having count(*) > 0;
end $$;

-- The newest number of the log; 0: it is empty.
create or replace function touched_newest(c integer) returns bigint language plpgsql stable as $$
begin
    return coalesce((select x.no from touched x where x.controller_id = c order by x.no desc limit 1), 0);
end $$;

-- Whether what stands under one of these tags may be another since the log was at a number.
create or replace function is_touched_since(c integer, p_no bigint, p_tags bytea[]) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from touched x
        where x.controller_id = c and x.no > p_no
              and (x.marks is null
                   or exists (select from generate_series(1, length(x.marks), 4) at
                              where substr(x.marks, at, 4)
                                    = any (array(select tag_mark(t.tag) from unnest(p_tags) t(tag))))));
end $$;

-- Lets go of what no service asks for any more, of each controller (4), expire_keys_max() rows at a time: how
-- many went.
create or replace function expire_touched() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    before constant timestamptz := clock_timestamp() - interval '10 minutes';
    c integer;
    newest bigint;
    last bigint;
    went bigint;
    n bigint := 0;
begin
    for c in select x.controller_id from controller x order by x.controller_id loop
        select max(x.no) into newest from touched x where x.controller_id = c;
        continue when newest is null;
        update touched x set marks = null
            where x.controller_id = c and x.no = newest and x.at < before and x.marks is not null;
        -- from the first on, up to one that is not old: their times are in order but for a clock that was set
        select max(o.no) filter (where o.is_old) into last
            from (select x.no, bool_and(x.at < before) over (order by x.no) as is_old
                  from (select y.no, y.at from touched y
                        where y.controller_id = c and y.no < newest order by y.no
                        limit expire_keys_max()) x) o;
        delete from touched x where x.controller_id = c and x.no <= last;
        get diagnostics went = row_count;
        n := n + went;
        exit when n >= expire_keys_max();
    end loop;
    return n;
end $$;
revoke execute on function expire_touched from public;
