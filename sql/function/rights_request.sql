-- SPDX-License-Identifier: Apache-2.0
-- Requests of people, and their clock. What a term is in days is reckoned by the program (domain/due_date),
-- which is told here what day it is where the controller is.

-- The day that a moment falls on, as days since 1970.
create or replace function day_of(p_at timestamptz, p_zone text) returns integer
language plpgsql stable as $$
begin
    return (p_at at time zone p_zone)::date - date '1970-01-01';
end $$;

-- The end of such a day.
create or replace function day_end(p_day integer, p_zone text) returns timestamptz
language plpgsql stable as $$
begin
    return (date '1970-01-01' + p_day + 1)::timestamp at time zone p_zone;
end $$;

-- Writes down what was asked, once for an idempotency key. False: the key came with another request.
create or replace function rights_request_add(
    c integer, p_id uuid, p_kind text, p_subject_no bigint, p_client text, p_received_at timestamptz,
    p_term interval, p_due_day integer, p_due_at timestamptz, p_identity_method text,
    p_identity_outcome text, p_medium text, p_on_behalf_of text, p_ref text, p_actor text, p_token text,
    p_key_hash bytea, p_fingerprint bytea)
returns boolean language plpgsql as $$
declare
    zone constant text := (select time_zone from controller where controller_id = c);
    now_ constant timestamptz := clock_timestamp();
    no bigint;
    kept idempotency;
    made rights_request;
begin
    insert into register as r (controller_id, request_no) values (c, 1)
        on conflict (controller_id) do update set request_no = r.request_no + 1
        returning request_no into no;
    kept := first_answer(c, p_key_hash, now_);
    if kept.key_hash is not null then
        update register set request_no = no - 1 where controller_id = c; -- its lock alone was wanted
        return kept.fingerprint = p_fingerprint;
    end if;
    insert into rights_request (controller_id, request_no, request_id, kind, subject_no, client, received_at,
                                received_on, term, due_on, due_at, identity_method, identity_outcome,
                                identity_at, state, medium, on_behalf_of, ref, recorded_at, recorded_by)
        values (c, no, p_id, p_kind, p_subject_no, p_client, p_received_at,
                date '1970-01-01' + day_of(p_received_at, zone), p_term, date '1970-01-01' + p_due_day,
                coalesce(p_due_at, day_end(p_due_day, zone)), p_identity_method, p_identity_outcome,
                case when p_identity_outcome <> 'pending' then now_ end, 'open', p_medium, p_on_behalf_of,
                p_ref, now_, p_actor)
        returning * into made;
    perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(made), p_subject_no, now_);
    perform audit_add(c, array[p_actor], array[p_token], array['request_' || p_kind], array[p_subject_no],
                      array[1], array[null::text], array[p_on_behalf_of], array[p_id]);
    return true;
end $$;

-- Whether a change of one has been answered before: rights_done(), it has; rights_key_reused(), the key came
-- with another request; null, neither. Under the lock of the request.
create or replace function rights_request_answered(c integer, p_key_hash bytea, p_fingerprint bytea,
                                                   p_now timestamptz) returns integer
language plpgsql stable as $$
declare
    kept constant idempotency := first_answer(c, p_key_hash, p_now);
begin
    return case when kept.fingerprint = p_fingerprint then rights_done()
                when kept.key_hash is not null then rights_key_reused() end;
end $$;

-- Changes one that is open, where it is still of that edition, once for an idempotency key. Returns an enum
-- rights_outcome.
create or replace function rights_request_set(
    c integer, p_id uuid, p_edition integer, p_action text, p_due_day integer, p_due_at timestamptz,
    p_paused_days integer, p_paused interval, p_extension interval, p_reason text, p_complaint text,
    p_identity_method text, p_identity_outcome text, p_answer text, p_actor text, p_token text,
    p_key_hash bytea, p_fingerprint bytea)
returns integer language plpgsql as $$
declare
    zone constant text := (select time_zone from controller where controller_id = c);
    now_ constant timestamptz := clock_timestamp();
    r rights_request;
    answered integer;
begin
    select * into r from rights_request where controller_id = c and request_id = p_id for no key update;
    answered := rights_request_answered(c, p_key_hash, p_fingerprint, now_);
    if answered is not null then
        return answered;
    elsif r.edition is distinct from p_edition or r.closed_at is not null then
        return rights_stale();
    end if;
    update rights_request set
            edition = r.edition + 1,
            due_on = date '1970-01-01' + p_due_day,
            due_at = coalesce(p_due_at, day_end(p_due_day, zone)),
            paused_at = case p_action when 'pause' then now_ when 'resume' then null else r.paused_at end,
            pause_reason = case p_action when 'pause' then p_reason else r.pause_reason end,
            paused_days = p_paused_days,
            paused_time = p_paused,
            extension = coalesce(p_extension, r.extension),
            extended_at = case when p_action = 'extend' then now_ else r.extended_at end,
            extension_reason = case when p_action = 'extend' then p_reason else r.extension_reason end,
            identity_method = coalesce(p_identity_method, r.identity_method),
            identity_outcome = coalesce(p_identity_outcome, r.identity_outcome),
            identity_at = case when p_identity_outcome is not null then now_ else r.identity_at end,
            state = case p_action when 'pause' then 'paused' when 'resume' then 'open' when 'refuse'
                    then 'refused' when 'close' then 'done' else r.state end,
            refusal_reason = case when p_action = 'refuse' then p_reason else r.refusal_reason end,
            complaint = coalesce(p_complaint, r.complaint),
            answer = case when p_action in ('close', 'refuse') then p_answer end,
            closed_at = case when p_action in ('close', 'refuse') then now_ end,
            closed_by = case when p_action in ('close', 'refuse') then p_actor end
        where controller_id = c and request_no = r.request_no
        returning * into r;
    perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(r), r.subject_no, now_);
    perform audit_add(c, array[p_actor], array[p_token], array['request_' || p_action], array[r.subject_no],
                      array[1], array[p_reason], array[r.on_behalf_of], array[p_id]);
    return rights_done();
end $$;

-- Whether an address, as its tags, proves whose a request is: its person has it, and alone, and had it before
-- the request was received: what was tied to them since, or came in the place of another since, says nothing
-- of who asked.
create or replace function address_proves(c integer, r rights_request, p_tags bytea[]) returns boolean
language plpgsql stable as $$
begin
    return r.subject_no is not null and person_has_alone(c, r.subject_no, p_tags)
           and not exists (select from forgotten f where f.controller_id = c and f.tag = any (p_tags)
                           and f.at >= r.received_at)
           and exists (select from unnest(p_tags) t(tag)
                       cross join lateral (select i.subject_no from identifier i
                                           where i.controller_id = c and i.tag = t.tag offset 0) i
                       where person_had(c, r.subject_no, i.subject_no, r.received_at));
end $$;

-- Sends the link that proves who asks to p_tags, an address as its tags (that of the subject key in force
-- first), once for an idempotency key. Returns an enum rights_outcome: rights_not_theirs() where the address
-- proves nothing (address_proves()), rights_linked_lately() where nothing can be sent to it now: one in ten
-- minutes may and three a day, as of what a stranger asks for (confirmation_is_due()).
create or replace function rights_request_link(
    c integer, p_id uuid, p_edition integer, p_tags bytea[], p_content bytea, p_valid_until timestamptz,
    p_actor text, p_token text, p_key_hash bytea, p_fingerprint bytea)
returns integer language plpgsql as $$
declare
    now_ constant timestamptz := clock_timestamp();
    r rights_request;
    answered integer;
begin
    perform from head where controller_id = c for no key update; -- before the request, as an erasure does
    select * into r from rights_request where controller_id = c and request_id = p_id for no key update;
    answered := rights_request_answered(c, p_key_hash, p_fingerprint, now_);
    if answered is not null then
        return answered;
    elsif r.edition is distinct from p_edition or r.closed_at is not null then
        return rights_stale();
    elsif not address_proves(c, r, p_tags) then
        return rights_not_theirs();
    elsif not put_message(c, message_identity(), p_tags[1], p_content, p_valid_until, array[1, 3],
                          array[600, 86400]) then
        return rights_linked_lately();
    end if;
    update rights_request set edition = r.edition + 1, identity_method = 'link', identity_outcome = 'pending',
                              identity_at = null, identity_link = r.edition + 1
        where controller_id = c and request_no = r.request_no
        returning * into r;
    perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(r), r.subject_no, now_);
    perform audit_add(c, array[p_actor], array[p_token], array['request_identity_link'], array[r.subject_no],
                      array[1], array[null::text], array[r.on_behalf_of], array[p_id]);
    return rights_done();
end $$;

-- What such a link to p_tags (the address as its tags, by each subject key there is) is worth, which was sent
-- by that edition of the request. No row: nothing any more, since another was sent since, the request is
-- closed, was taken care of in another way, or the address is the person's no longer. identity_at: when it
-- proved who asks; null: it may yet.
create or replace function rights_request_proof(c integer, p_request_no bigint, p_sending integer,
                                                p_tags bytea[])
returns table (kind text, received_at timestamptz, identity_at timestamptz) language plpgsql stable as $$
begin
    return query
        select r.kind, r.received_at, r.identity_at from rights_request r
        where r.controller_id = c and r.request_no = p_request_no and r.identity_method = 'link'
              and r.identity_link = p_sending
              and (r.identity_outcome = 'verified' or r.identity_outcome = 'pending' and r.closed_at is null)
              and address_proves(c, r, p_tags);
end $$;

-- Its button was pressed: it proves who asks, if it still can.
create or replace function rights_request_prove(c integer, p_request_no bigint, p_sending integer,
                                                p_tags bytea[], p_actor text)
returns table (kind text, received_at timestamptz, identity_at timestamptz) language plpgsql as $$
#variable_conflict use_column
declare
    now_ constant timestamptz := clock_timestamp();
    r rights_request;
begin
    select * into r from rights_request q
        where q.controller_id = c and q.request_no = p_request_no for no key update;
    if exists (select from rights_request_proof(c, p_request_no, p_sending, p_tags) p
              where p.identity_at is null) then
        update rights_request q set edition = r.edition + 1, identity_outcome = 'verified', identity_at = now_
            where q.controller_id = c and q.request_no = r.request_no;
        perform audit_add(c, array[p_actor], array[null::text], array['request_identity_proven'],
                          array[r.subject_no], array[1], array[null::text], array[r.on_behalf_of],
                          array[r.request_id]);
    end if;
    return query select * from rights_request_proof(c, p_request_no, p_sending, p_tags);
end $$;

-- Why a request cannot be the one that something answers which is done to a subject: an enum rights_answered,
-- rights_answered() where it can.
-- p_kinds: those of a request that this answers. It stays as it is until the transaction ends.
create or replace function rights_request_misfits(c integer, p_id uuid, p_kinds text[], p_subject_no bigint)
returns integer language plpgsql as $$
declare
    r rights_request;
begin
    select * into r from rights_request where controller_id = c and request_id = p_id for no key update;
    if r.request_no is null then
        return rights_unknown();
    elsif r.closed_at is not null then
        return rights_closed();
    elsif r.kind <> all (p_kinds) then
        return rights_other_kind();
    elsif r.subject_no is distinct from p_subject_no then
        return rights_other_subject();
    elsif r.identity_outcome = 'failed' then
        return rights_not_them();
    end if;
    return rights_answered();
end $$;

-- What was done answers it: it is closed. p_answer: the word of the audit for what that was.
create or replace function rights_request_close(c integer, p_id uuid, p_answer text, p_actor text)
returns void language plpgsql as $$
declare
    now_ constant timestamptz := clock_timestamp();
begin
    update rights_request r set edition = r.edition + 1, state = 'done', paused_at = null, answer = p_answer,
                                closed_at = now_, closed_by = p_actor
        where r.controller_id = c and r.request_id = p_id;
end $$;

-- Both, for what is done in other transactions: what the first returns.
create or replace function rights_request_answer(
    c integer, p_id uuid, p_kinds text[], p_subject_no bigint, p_answer text, p_actor text)
returns integer language plpgsql as $$
declare
    misfit constant integer := rights_request_misfits(c, p_id, p_kinds, p_subject_no);
begin
    if misfit = rights_answered() then
        perform rights_request_close(c, p_id, p_answer, p_actor);
    end if;
    return misfit;
end $$;

-- How many requests are open beyond their last day, of all controllers. As the owner: the service's role
-- reaches one controller's rows at a time.
create or replace function rights_overdue() returns bigint
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select count(*) from rights_request where closed_at is null and due_at < clock_timestamp());
end $$;
revoke execute on function rights_overdue from public;
