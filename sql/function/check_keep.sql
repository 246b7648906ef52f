-- SPDX-License-Identifier: Apache-2.0
-- Keeps that a check was asked: who, when, what was answered, and how far the ledger was then.
create or replace function check_keep(
    c integer, p_id uuid, p_at timestamptz, p_actor text, p_ref text, p_policy_version integer,
    p_lines integer, p_allowed integer, p_hmac bytea, p_answer_hmac bytea)
returns void language plpgsql as $$
declare
    no bigint;
    seen constant bigint := (select e.revision from event e
                             where e.controller_id = c and e.recorded_at <= p_at
                             order by e.revision desc limit 1);
begin
    insert into register as r (controller_id, trace_no) values (c, 1)
        on conflict (controller_id) do update set trace_no = r.trace_no + 1
        returning trace_no into no;
    insert into check_trace (controller_id, trace_no, trace_id, at, actor, ref, revision, policy_version,
                             lines, allowed, hmac, answer_hmac)
        values (c, no, p_id, p_at, p_actor, p_ref, coalesce(seen, 0), p_policy_version, p_lines, p_allowed,
                p_hmac, p_answer_hmac);
end $$;
