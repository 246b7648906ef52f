-- SPDX-License-Identifier: Apache-2.0
-- Delivering: which endpoints have something due, what is due there, what came of it. One node at a time is
-- at an endpoint: it holds the endpoint's lock in its session, and what it has taken is in its memory alone.
-- service/store/delivery.h has the program's side.

-- Whether a recipient is to be told of what other systems have to delete: once a day, where a clock was told.
create or replace function due_waits(c integer, p_told_at timestamptz) returns boolean
language plpgsql stable as $$
begin
    return p_told_at <= clock_timestamp() - interval '1 day'
           and exists (select from retention_start x where x.controller_id = c);
end $$;

-- Endpoints with something due that no node is at, of all controllers, and takes their locks. Those of
-- p_held are this session's already. As the owner, who is not held by the wall; nothing personal comes out.
create or replace function take_endpoints(p_held integer[], p_max integer)
returns table (controller_id integer, key text, name text, endpoint_no integer, url text, secret text,
               failures integer, revision bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    now_ timestamptz := clock_timestamp();
    d record;
begin
    for d in
        select e.controller_id, k.key, e.name, e.endpoint_no, e.url, e.secret, e.failures, e.revision
        from endpoint e
        cross join lateral (select x.key, x.policy_version from controller x
                            where x.controller_id = e.controller_id offset 0) k
        where e.stopped_at is null and (e.paused_until is null or e.paused_until <= now_)
              and e.endpoint_no <> all (p_held)
              and case when e.name = 'messages'
                       then exists (select from outbox o where o.controller_id = e.controller_id
                                    and o.status = 0 and o.due_at <= now_)
                       else k.policy_version > e.policy_version
                            or due_waits(e.controller_id, e.due_told_at)
                            or exists (select from head h where h.controller_id = e.controller_id
                                       and h.revision > e.revision) end
        order by e.paused_until nulls first loop
        if pg_try_advisory_lock(2556674, d.endpoint_no) then
            return query select d.controller_id, d.key, d.name, d.endpoint_no, d.url, d.secret, d.failures,
                                d.revision;
            p_max := p_max - 1;
            exit when p_max <= 0;
        end if;
    end loop;
end $$;
revoke execute on function take_endpoints from public;

-- Messages of a controller that are due, behind those at (p_due, p_no), in the order they are due in; and
-- where its endpoint is now. One that waits for an earlier message to the same tag says so, without content.
create or replace function take_messages(c integer, p_due timestamptz, p_no bigint, p_max integer)
returns table (message_no bigint, message_id uuid, kind smallint, put_at timestamptz, content bytea,
               subject_no bigint, revision bigint, valid_until timestamptz, tries smallint,
               due_at timestamptz, waits boolean, url text, secret text)
language plpgsql stable as $$
#variable_conflict use_column
declare
    now_ timestamptz := clock_timestamp();
begin
    return query
        select o.message_no, o.message_id, o.kind, o.put_at, case when not w.waits then o.content end,
               o.subject_no, o.revision, o.valid_until, o.tries, o.due_at, w.waits, e.url, e.secret
        from endpoint e
        cross join lateral (select x.* from outbox x
                            where x.controller_id = c and x.status = 0 and x.due_at <= now_
                                  and (x.due_at, x.message_no) > (p_due, p_no)
                            order by x.due_at, x.message_no limit p_max offset 0) o
        cross join lateral (select exists (
                                select from outbox y
                                where y.controller_id = c and y.tag = o.tag and y.status = 0
                                      and y.message_no < o.message_no
                                      and coalesce(y.not_before <= now_, true)) as waits offset 0) w
        where e.controller_id = c and e.name = 'messages' and e.stopped_at is null
        order by o.due_at, o.message_no;
end $$;

-- Messages that wait for an earlier one to the same tag are not looked at before that one is.
create or replace function postpone_messages(c integer, p_nos bigint[]) returns void
language plpgsql as $$
declare
    now_ timestamptz := clock_timestamp();
begin
    update outbox o set due_at = d.due_at
        from (select b.no, greatest(now_ + interval '1 second', e.due_at) as due_at
              from unnest(p_nos) b(no)
              cross join lateral (select max(y.due_at) as due_at
                                  from outbox x
                                  join outbox y on y.controller_id = c and y.tag = x.tag and y.status = 0
                                                   and y.message_no < x.message_no
                                                   and coalesce(y.not_before <= now_, true)
                                  where x.controller_id = c and x.message_no = b.no offset 0) e) d
        where o.controller_id = c and o.message_no = d.no and o.status = 0;
end $$;

-- What came of tries: of each message its status, the HTTP status and the fault, and when it is tried again
-- where it still waits. The content of what is over goes.
create or replace function note_messages(c integer, p_nos bigint[], p_statuses smallint[],
                                         p_http_statuses smallint[], p_faults smallint[], p_delays bigint[])
returns void language plpgsql as $$
declare
    now_ timestamptz := clock_timestamp();
begin
    update outbox o
        set status = d.status, http_status = d.http_status, fault = d.fault, tries = least(o.tries + 1, 1000),
            content = case when d.status = 0 then o.content end,
            over_at = case when d.status <> 0 then now_ end,
            due_at = now_ + d.delay * interval '1 microsecond'
        from unnest(p_nos, p_statuses, p_http_statuses, p_faults, p_delays)
             d(no, status, http_status, fault, delay)
        where o.controller_id = c and o.message_no = d.no and o.status = 0;
end $$;

-- How an endpoint fares: failures since anything last arrived, how long it is left alone (microseconds; 0:
-- not), whether it wants no more; how far a recipient is (0: as before), and why it failed last.
create or replace function note_endpoint(c integer, p_name text, p_url text, p_failures integer,
                                         p_pause bigint, p_stopped boolean, p_delivered boolean,
                                         p_revision bigint, p_http_status smallint, p_fault smallint)
returns void language plpgsql as $$
declare
    now_ timestamptz := clock_timestamp();
begin
    update endpoint e
        set failures = p_failures,
            paused_until = case when p_pause > 0 then now_ + p_pause * interval '1 microsecond' end,
            stopped_at = case when p_stopped then now_ else e.stopped_at end,
            last_delivery_at = case when p_delivered then now_ else e.last_delivery_at end,
            revision = greatest(e.revision, p_revision), http_status = p_http_status, fault = p_fault
        where e.controller_id = c and e.name = p_name and e.url = p_url;
end $$;

-- Where a recipient is now, and of what it is told: no row where the policy names it no more.
create or replace function look_at_recipient(c integer, p_name text)
returns table (url text, secret text, revision bigint, purposes text[]) language plpgsql stable as $$
begin
    return query select e.url, e.secret, e.revision, e.purposes from endpoint e
                 where e.controller_id = c and e.name = p_name and e.stopped_at is null;
end $$;

-- How long the oldest change that a recipient was not told of has waited, in seconds: the longest of all
-- recipients that are delivered to. As the owner: of all controllers.
create or replace function recipients_lag() returns double precision
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select coalesce(max(extract(epoch from clock_timestamp() - v.recorded_at)), 0)
            from endpoint e
            cross join lateral (select x.recorded_at from event x
                                where x.controller_id = e.controller_id and x.revision > e.revision
                                order by x.revision limit 1) v
            where e.name <> 'messages');
end $$;
revoke execute on function recipients_lag from public;

-- Has a message that waits tried at once, wherever its endpoint stands, but for one that is not to leave
-- yet. Its status; null: there is none of that id.
create or replace function resend_message(c integer, p_id uuid) returns smallint language plpgsql as $$
declare
    now_ timestamptz := clock_timestamp();
    found_ smallint;
begin
    update outbox o set due_at = least(o.due_at, now_)
        where o.controller_id = c and o.message_id = p_id and o.status = 0
              and coalesce(o.not_before <= now_, true);
    select o.status into found_ from outbox o where o.controller_id = c and o.message_id = p_id;
    if found_ = 0 then
        update endpoint e set paused_until = null, stopped_at = null
            where e.controller_id = c and e.name = 'messages';
    end if;
    return found_;
end $$;

-- Messages whose link has ended, or that were tried for days, are over. Returns how many. As the owner: of
-- all controllers.
create or replace function end_messages() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ timestamptz := clock_timestamp();
    n integer;
begin
    update outbox o set status = message_expired(), content = null, over_at = now_
        from (select x.controller_id, x.message_no from outbox x where x.status = 0 and x.ends_at <= now_
              order by x.ends_at limit expire_pending_max() for update skip locked) d
        where o.controller_id = d.controller_id and o.message_no = d.message_no and o.status = 0;
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function end_messages from public;

-- Deletes messages that have been over for longer than deliveries are told. Returns how many.
create or replace function forget_messages() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    kept_from timestamptz := clock_timestamp() - messages_kept();
    n integer;
begin
    delete from outbox o
        using (select x.controller_id, x.message_no from outbox x
               where x.status <> 0 and x.over_at < kept_from order by x.over_at limit expire_keys_max()) d
        where o.controller_id = d.controller_id and o.message_no = d.message_no;
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function forget_messages from public;
