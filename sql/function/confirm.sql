-- SPDX-License-Identifier: Apache-2.0
-- Ends double opt-ins: a token names the requests of one body (p_confirms: subject_no, revision of the first,
-- how many revisions), each of which becomes a Yes that ranks at the time it was asked. Part of record(),
-- under the head's lock.

-- The requests that a token names, and what they named.
create or replace function requests_of(c integer, p_confirms bigint[])
returns table (e event, beside_nos bigint[]) language plpgsql stable as $$
begin
    return query
        select v, coalesce(n.beside_nos, '{}')
        from event v
        left join named n on n.controller_id = c and n.revision = v.revision
        where v.controller_id = c and v.revision >= p_confirms[2]
              and v.revision < p_confirms[2] + p_confirms[3]
              and v.subject_no = p_confirms[1] and slot_waits(v.slot)
        order by v.revision;
end $$;

-- The requests of a guardian who is named, and what they named.
create or replace function requests_of_guardian(c integer, p_guardian integer)
returns table (e event, beside_nos bigint[]) language plpgsql stable as $$
begin
    return query
        select v, coalesce(n.beside_nos, '{}')
        from event v
        left join named n on n.controller_id = c and n.revision = v.revision
        where v.controller_id = c and v.slot >> 4 = p_guardian and v.slot >= 128 and slot_waits(v.slot)
        order by v.revision;
end $$;

-- Whether staff took one of the identifiers that a request named from its person since, or that of the
-- guardian who has to confirm it: whoever clicks on the link that went there may be anybody. So may who
-- clicks for a guardian who was erased. p_beside: what it named beside.
create or replace function request_left_by(c integer, e event, p_beside bigint[], p_guardian integer)
returns boolean language plpgsql stable as $$
declare
    g constant guardian := (select x from guardian x
                            where x.controller_id = c and x.guardian_no = p_guardian);
    nos constant bigint[] := e.subject_no || p_beside
                             || array(select i.subject_no from identifier i
                                      where i.controller_id = c and i.tag = g.tag);
begin
    return coalesce(g.is_forgotten, false) or exists (
        select from event v
        left join named m on m.controller_id = c and m.revision = v.revision
        where v.controller_id = c and v.revision > e.revision
              and v.slot between staff_restricted() and staff_corrected()
              and v.slot in (staff_ended(), staff_split(), staff_corrected())
              and not exists (select from unranked u where u.controller_id = c and u.revision = v.revision)
              and exists (
                  select from unnest(nos) n(no)
                  join identifier i on i.controller_id = c and i.subject_no = n.no
                  where case when n.no = v.subject_no
                             then i.is_ended or v.slot <> staff_split() and m.beside_nos is null
                             else n.no = any (m.beside_nos)
                                  and (i.is_ended or v.slot = staff_corrected()) end));
end $$;

create or replace function request_left(c integer, e event, p_beside bigint[]) returns boolean
language plpgsql stable as $$
begin
    return request_left_by(c, e, p_beside, e.slot / slot_count());
end $$;

-- Likewise, of what a guardian is asked on a page, whose address the link went to.
create or replace function asked_left(c integer, e event, p_beside bigint[]) returns boolean
language plpgsql stable as $$
begin
    return request_left_by(c, e, p_beside,
                           coalesce((e.detail ->> 'asks')::integer, e.slot / slot_count()));
end $$;

-- Requests that are left by what has just been taken, one of p_nos, wait no longer.
create or replace function requests_leave(c integer, p_nos bigint[], p_now timestamptz) returns void
language plpgsql as $$
declare
    r record;
begin
    for r in select o as e, coalesce(n.beside_nos, '{}') as beside_nos
             from events_of(c, p_nos) o
             left join named n on n.controller_id = c and n.revision = o.revision
             where slot_waits(o.slot) and o.valid_until > p_now
             union all
             select q.e, q.beside_nos
             from unnest(p_nos) t(no)
             cross join lateral (select g.guardian_no from identifier i
                                 join guardian g on g.controller_id = c and g.tag = i.tag
                                 where i.controller_id = c and i.subject_no = t.no offset 0) g
             cross join lateral requests_of_guardian(c, g.guardian_no) q
             where (q.e).valid_until > p_now loop
        perform request_ends(c, r.e, (r.e).subject_no || r.beside_nos, p_now);
        perform messages_leave(c, r.e, p_now);
    end loop;
end $$;

-- The acts that the program sent, each of one purpose that it still knows, made whole: who confirms, what was
-- asked and when are the request's. An act for which there is no request goes.
create or replace function acts_confirmed(c integer, p_confirms bigint[], p_acts act[]) returns act[]
language plpgsql stable as $$
declare
    acts act[];
    a act;
    r record;
begin
    for r in select * from requests_of(c, p_confirms) loop
        for a in select x.* from unnest(p_acts) x where x.purpose_id = (r.e).purpose_id loop
            select string_agg(i.tag, null order by n.place),
                   string_agg(set_byte('\x00', 0, i.type), null order by n.place)
                into a.tags, a.types
                from unnest((r.e).subject_no || r.beside_nos) with ordinality n(no, place)
                cross join lateral (select x.* from identifier x
                                    where x.controller_id = c and x.subject_no = n.no offset 0) i;
            a.at := rank_time((r.e).rank);
            a.slot := slot_yes();
            a.rank_base := rank_base(class_choice(), event_given(), (r.e).notice_no is not null);
            a.guardian_no := (r.e).slot / slot_count();
            if a.guardian_no <> 0 then
                a.detail := jsonb_build_object('expressed_by', (r.e).detail -> 'expressed_by')::text;
                if a.effect = effect_settled_there() then -- waits for no guardian
                    a.effect := effect_applied();
                end if;
            end if;
            a.role := (r.e).role;
            a.flags := (r.e).flags;
            a.notice_no := (r.e).notice_no;
            a.language := (r.e).language;
            a.ref := (r.e).ref;
            acts := acts || a;
        end loop;
    end loop;
    return acts;
end $$;

-- record_done(), or why these requests cannot be confirmed: record_confirmed() by the same token before,
-- record_gone() where there are none, record_expired(), record_overtaken() by a No that came after and is
-- heard at the person: one that is heard only at what was named beside (a browser that others use) stands
-- there, above the Yes.
create or replace function confirm_outcome(c integer, p_confirms bigint[], p_acts act[], p_now timestamptz)
returns smallint language plpgsql stable as $$
begin
    if exists (select from confirmed f where f.controller_id = c and f.request >= p_confirms[2]
               and f.request < p_confirms[2] + p_confirms[3]) then
        return record_confirmed();
    end if;
    if p_acts is null
       or exists (select from requests_of(c, p_confirms) r where request_left(c, r.e, r.beside_nos)) then
        return record_gone();
    end if;
    if exists (select from requests_of(c, p_confirms) r where (r.e).valid_until <= p_now) then
        return record_expired();
    end if;
    if exists (select from unnest(p_acts) a
               cross join lateral states_heard(c, substr(a.tags, 1, tag_size()), a.purpose_id || a.over) s
               where s.slot & 15 <= slot_reached() and rank_is_no(s.rank) and rank_time(s.rank) >= a.at) then
        return record_overtaken();
    end if;
    return record_done();
end $$;

-- A request waits no longer under the identifiers that it named, by number. Of several that wait the latest
-- stands: the one before it stands again.
create or replace function request_ends(c integer, e event, p_nos bigint[], p_now timestamptz) returns void
language plpgsql as $$
declare
    nos bigint[];
    no bigint;
begin
    perform touch(c, array(
        select x.tag from unnest(p_nos) n(no)
        cross join lateral (select i.tag from identifier i
                            where i.controller_id = c and i.subject_no = n.no offset 0) x));
    with gone as (
        delete from consent s using unnest(p_nos) n(no)
            cross join lateral (select x.tag from identifier x
                                where x.controller_id = c and x.subject_no = n.no offset 0) i
            where s.controller_id = c and s.tag = i.tag and s.purpose_id = e.purpose_id
                  and s.slot = e.slot and s.revision = e.revision
            returning n.no)
    select array_agg(g.no) into nos from gone g;
    foreach no in array coalesce(nos, '{}') loop
        perform push_states(c, array(
            select row(c, null, o.purpose_id, o.slot, o.notice_no, o.flags, o.tiebreak, o.rank, o.revision,
                       o.valid_until, o.record_id)::consent
            from events_of(c, array[no]) o
            where o.slot = e.slot and o.purpose_id = e.purpose_id and o.valid_until > p_now
                  and o.revision <> e.revision
                  and not request_left(c, o, coalesce((select n.beside_nos from named n
                                                       where n.controller_id = c
                                                             and n.revision = o.revision), '{}'))
                  and not exists (select from confirmed f
                                  where f.controller_id = c and f.request = o.revision
                                        and not exists (select from unranked u where u.controller_id = c
                                                        and u.revision = f.revision))), array[no], false);
    end loop;
end $$;

-- Requests that were confirmed by the events from p_first on: they wait no longer, and their token gives the
-- same answer from now on. As the owner: a state is deleted, which the service's role may not do.
create or replace function end_requests(c integer, p_confirms bigint[], p_first bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into confirmed (controller_id, request, revision)
        select c, (r.e).revision, v.revision
        from requests_of(c, p_confirms) r
        join event v on v.controller_id = c and v.revision >= p_first and v.purpose_id = (r.e).purpose_id;
    perform request_ends(c, r.e, (r.e).subject_no || r.beside_nos, clock_timestamp())
        from requests_of(c, p_confirms) r;
end $$;
revoke execute on function end_requests from public;
