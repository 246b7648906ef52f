-- SPDX-License-Identifier: Apache-2.0
-- Messages to persons, from being put to being over. They are put under the head's lock, so that their
-- numbers are in the order of commits. service/store/outbox.h has the program's side.

-- How long a message is tried.
create or replace function message_tried() returns interval
    language sql immutable as 'select interval ''3 days''';

-- Whether p_tag may get one more confirmation that a stranger asked for on a website: one in ten minutes and
-- three a day, whoever asked for those before.
create or replace function confirmation_is_due(c integer, p_tag bytea, p_now timestamptz) returns boolean
language plpgsql stable as $$
declare
    today integer;
    latest timestamptz;
begin
    select count(*), max(o.put_at) into today, latest from outbox o
        where o.controller_id = c and o.tag = p_tag and o.kind = message_confirmation()
              and o.put_at > p_now - interval '1 day';
    return today < 3 and (latest is null or latest <= p_now - interval '10 minutes');
end $$;

-- How long one that is over is told of; longer than any limit looks back.
create or replace function messages_kept() returns interval
    language sql immutable as 'select interval ''30 days''';

-- Whether the message of an act that was recorded as p_event may go to p_tag. A guardian can be asked again:
-- once in a minute for the same child, and ten times a day, whoever asked for those before.
create or replace function message_is_due(p_event event, p_tag bytea, p_kind smallint) returns boolean
language plpgsql stable as $$
declare
    at timestamptz := p_event.recorded_at;
begin
    if p_kind = message_guardian_request() then
        return (select count(*) < 10
                       and count(*) filter (where o.subject_no = p_event.subject_no
                                                  and o.put_at > at - interval '1 minute') = 0
                from outbox o
                where o.controller_id = p_event.controller_id and o.tag = p_tag and o.kind = p_kind
                      and o.put_at > at - interval '1 day');
    end if;
    return p_event.actor <> 'site' or confirmation_is_due(p_event.controller_id, p_tag, at);
end $$;

-- How long the link to a guardian's page takes a Yes back.
create or replace function guardian_link_kept() returns interval
    language sql immutable as 'select interval ''731 days''';

-- Puts the messages of an act that was recorded as p_event: the one that goes at once, and the second one,
-- which waits for the guardian's answer as long as the request does. Part of record().
create or replace function put_message_of(p_event event, p_tag bytea, p_act act) returns void
language plpgsql as $$
declare
    -- who confirms as a guardian says Yes; who is asked has said nothing
    kind_ smallint := case when p_act.message_to is null or p_act.role <> role_self()
                           then message_confirmation() else message_guardian_request() end;
    at timestamptz := p_event.recorded_at;
begin
    if message_is_due(p_event, p_tag, kind_) then
        insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, content, subject_no,
                            revision, valid_until, due_at)
            values (p_event.controller_id, p_event.record_id, kind_, p_tag, at,
                    least(p_event.valid_until, at + message_tried()), p_act.message, p_event.subject_no,
                    p_event.revision, p_event.valid_until, at);
    end if;
    if p_act.second is not null then
        insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, content, subject_no,
                            revision, valid_until, due_at, not_before)
            values (p_event.controller_id, gen_random_uuid(), message_guardian_second(), p_tag, at,
                    p_event.valid_until, p_act.second, p_event.subject_no, p_event.revision,
                    at + guardian_link_kept(), 'infinity', 'infinity');
    end if;
end $$;

-- The second message of a request that p_act answers, where it has not left yet.
create or replace function second_of(c integer, p_act act) returns bigint language plpgsql stable as $$
begin
    return (select o.message_no
            from tags_of(p_act.tags) t
            cross join lateral (select i.subject_no from identifier i
                                where i.controller_id = c and i.tag = t.tag offset 0) i
            cross join lateral (select x.message_no from outbox x
                                where x.controller_id = c and x.subject_no = i.subject_no
                                      and x.revision = p_act.answers and x.kind = message_guardian_second()
                                      and x.status = 0 offset 0) o
            where t.place = 0);
end $$;

-- Whether it can still leave: it waits, and the policy names a place that takes messages.
create or replace function second_can_leave(c integer, p_act act) returns boolean
language plpgsql stable as $$
begin
    return second_of(c, p_act) is not null
           and exists (select from endpoint e where e.controller_id = c and e.name = 'messages'
                       and e.stopped_at is null);
end $$;

-- A guardian answered: of a Yes that counts by a second message, that one leaves after its delay (the first
-- such Yes says when); after a No there is nothing left to take back.
create or replace function settle_second(p_event event, p_act act) returns void language plpgsql as $$
declare
    no bigint := second_of(p_event.controller_id, p_act);
    due timestamptz := p_event.recorded_at + p_act.second_after;
begin
    if rank_is_no(p_event.rank) then
        update outbox o set status = message_expired(), content = null, over_at = p_event.recorded_at
            where o.controller_id = p_event.controller_id and o.message_no = no and o.status = 0;
    elsif p_act.second_after is not null then
        update outbox o set due_at = due, not_before = due, ends_at = due + message_tried()
            where o.controller_id = p_event.controller_id and o.message_no = no and o.status = 0
                  and o.not_before = 'infinity';
    end if;
end $$;

-- A request was left by whom it was asked of, or by the guardian who has to confirm it: what still waits to
-- tell of it does not leave, for its link is over.
create or replace function messages_leave(c integer, e event, p_now timestamptz) returns void
language plpgsql as $$
begin
    update outbox o set status = message_expired(), content = null, over_at = p_now
        where o.controller_id = c and o.message_id = e.record_id and o.status = 0;
    update outbox o set status = message_expired(), content = null, over_at = p_now
        where o.controller_id = c and o.subject_no = e.subject_no and o.revision = e.revision
              and o.kind >= message_guardian_request() and o.status = 0;
end $$;

-- Puts a message by itself, unless the policy names no place for messages, or as many of its kind went to
-- that tag already: p_counts in the last p_seconds, in parallel; or the tag is of a subject key that has been
-- followed by another while it was on its way: nothing would move it there. Whether it was put.
create or replace function put_message(c integer, p_kind smallint, p_tag bytea, p_content bytea,
                                       p_valid_until timestamptz, p_counts integer[], p_seconds integer[])
returns boolean language plpgsql as $$
declare
    now_ timestamptz;
begin
    perform from head where controller_id = c for no key update;
    now_ := clock_timestamp();
    if not exists (select from endpoint e where e.controller_id = c and e.name = 'messages')
       or get_byte(p_tag, 0) <> (select key_last from controller where controller_id = c)
       or exists (select from unnest(p_counts, p_seconds) l(count, seconds)
                  where l.count <= (select count(*) from outbox o
                                    where o.controller_id = c and o.tag = p_tag and o.kind = p_kind
                                          and o.put_at > now_ - make_interval(secs => l.seconds))) then
        return false;
    end if;
    insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, content, valid_until, due_at)
        values (c, gen_random_uuid(), p_kind, p_tag, now_, least(p_valid_until, now_ + message_tried()),
                p_content, p_valid_until, now_);
    return true;
end $$;
