-- SPDX-License-Identifier: Apache-2.0
-- Who looked at whose data, and what was done about a right.

-- The first of p_count new numbers. Its row is the lock of those that write here: entries are in the order of
-- their commits. Not the head's: a read would wait for every record.
create or replace function audit_numbers(c integer, p_count integer) returns bigint
language plpgsql as $$
declare
    last bigint;
begin
    insert into register as r (controller_id, audit_no) values (c, p_count)
        on conflict (controller_id) do update set audit_no = r.audit_no + excluded.audit_no
        returning audit_no into last;
    return last - p_count + 1;
end $$;

-- Entries of one controller, all at one time: it is that of the statement that numbers them.
create or replace function audit_add(
    c integer, p_actor text[], p_token text[], p_action text[], p_subject_no bigint[], p_found integer[],
    p_reason text[], p_on_behalf_of text[], p_request_id uuid[])
returns void language plpgsql as $$
declare
    first constant bigint := audit_numbers(c, cardinality(p_actor));
    now_ constant timestamptz := clock_timestamp();
begin
    insert into audit (controller_id, audit_no, at, actor, token, action, subject_no, found, reason,
                       on_behalf_of, request_id)
        select c, first + e.n - 1, now_, e.actor, e.token, e.action, e.subject_no, e.found, e.reason,
               e.on_behalf_of, e.request_id
        from unnest(p_actor, p_token, p_action, p_subject_no, p_found, p_reason, p_on_behalf_of, p_request_id)
             with ordinality e(actor, token, action, subject_no, found, reason, on_behalf_of, request_id, n);
end $$;

-- The number of the first entry at p_at or later; one above the last where there is none. Times grow with the
-- numbers, which have gaps only where the oldest were purged.
create or replace function audit_since(c integer, p_at timestamptz) returns bigint
language plpgsql stable as $$
declare
    low bigint := (select audit_no from audit where controller_id = c order by audit_no limit 1);
    high bigint := (select audit_no + 1 from audit where controller_id = c order by audit_no desc limit 1);
    middle bigint;
begin
    while low < high loop
        middle := (low + high) / 2;
        if coalesce((select at < p_at from audit where controller_id = c and audit_no = middle), true) then
            low := middle + 1;
        else
            high := middle;
        end if;
    end loop;
    return coalesce(low, 1);
end $$;

-- What was written about persons who are erased goes, in the audit and in what they asked; their numbers
-- stay, which lead to nobody then. Part of an erasure, as the owner.
create or replace function rights_forget(c integer, p_nos bigint[]) returns void language plpgsql as $$
begin
    update audit a set reason = null, on_behalf_of = null
        where a.controller_id = c and a.subject_no = any (p_nos)
              and (a.reason is not null or a.on_behalf_of is not null);
    update rights_request r set ref = null, pause_reason = null, extension_reason = null,
                                refusal_reason = null, answer = null, on_behalf_of = null
        where r.controller_id = c and r.subject_no = any (p_nos);
    delete from idempotency i where i.controller_id = c and i.subject_no = any (p_nos);
end $$;
