-- SPDX-License-Identifier: Apache-2.0
-- What is held beside the ledger is let go of too: who looked, what was asked and answered, breaches that are
-- closed, traces of checks. Each has a term of its own in the policy. Part of a run (retention.sql): behind
-- its last event, in batches of their own, under no lock but those of the rows.

-- The terms of a policy, as intervals and as a run tells them.
create or replace function record_terms(p_document jsonb)
returns table (member text, term interval, rule text) language plpgsql immutable as $$
begin
    return query
        select m.member, t.term::interval, m.member || ': ' || t.term || ' after ' || m.after
        from (values ('audit', 'recorded'), ('check_traces', 'recorded'), ('rights_requests', 'closed'),
                     ('breaches', 'closed')) m(member, after)
        cross join lateral (
            select coalesce(p_document #>> array['retention', m.member], 'P5Y') as term) t;
end $$;

-- What is due of each, the oldest first, of p_limit that are looked at. Terms in days end at the time of day
-- at which they began. An entry or a trace is younger than those of a lower number.
create or replace function records_due(c integer, p_document jsonb, p_zone text, p_now timestamptz,
                                       p_limit bigint)
returns table (member text, rule text, no bigint) language plpgsql stable as $$
begin
    return query
        with old as (
            (select 'audit' as member, x.audit_no as no, x.at from audit x
             where x.controller_id = c order by x.audit_no limit p_limit)
            union all
            (select 'check_traces', x.trace_no, x.at from check_trace x
             where x.controller_id = c order by x.trace_no limit p_limit)
            union all
            (select 'rights_requests', x.request_no, x.closed_at from rights_request x
             where x.controller_id = c and x.closed_at is not null order by x.closed_at limit p_limit)
            union all
            (select 'breaches', x.breach_no, x.closed_at from breach x
             where x.controller_id = c and x.closed_at is not null order by x.closed_at limit p_limit))
        select t.member, t.rule, o.no from old o join record_terms(p_document) t on t.member = o.member
        where o.at at time zone p_zone + t.term <= p_now at time zone p_zone;
end $$;

-- One batch. Returns how many rows went, by rule; {}: nothing is due.
create or replace function purge_records_batch(c integer, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
    d record;
    went jsonb := '{}';
begin
    for d in select x.member, x.rule, array_agg(x.no) as numbers
             from controller o
             join policy p on p.controller_id = c and p.version = o.policy_version
             cross join lateral records_due(c, p.document::jsonb, o.time_zone, p_now,
                                            purge_events_max()) x
             where o.controller_id = c group by x.member, x.rule loop
        went := went || jsonb_build_object(d.rule, cardinality(d.numbers));
        case d.member
            when 'audit' then
                delete from audit where controller_id = c and audit_no = any (d.numbers);
            when 'check_traces' then
                delete from check_trace where controller_id = c and trace_no = any (d.numbers);
            when 'rights_requests' then
                delete from rights_request where controller_id = c and request_no = any (d.numbers);
            else
                delete from breach where controller_id = c and breach_no = any (d.numbers);
        end case;
    end loop;
    return went;
end $$;

-- One batch, of the first controller whose last run has been through its events and not through these; of
-- p_controller alone where that is not null. False: there was none.
create or replace function purge_records(p_controller text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
    o record;
    run retention_run;
    went jsonb;
begin
    for o in select x.controller_id from controller x
             where x.policy_version > 0 and (p_controller is null or x.key = p_controller)
             order by x.controller_id loop
        select * into run from retention_run x
            where x.controller_id = o.controller_id order by x.run_no desc limit 1;
        continue when run.ended_at is null or run.records;
        went := purge_records_batch(o.controller_id, now_);
        update retention_run x
            set records = went = '{}',
                by_rule = x.by_rule || (
                    select coalesce(jsonb_object_agg(
                               w.key, w.value::bigint + coalesce((x.by_rule ->> w.key)::bigint, 0)), '{}')
                    from jsonb_each_text(went) w)
            where x.controller_id = o.controller_id and x.run_no = run.run_no;
        return true;
    end loop;
    return false;
end $$;
revoke execute on function purge_records from public;

-- What of it a run would let go of now, and how many tombstones: by rule.
create or replace function purge_records_rehearse(p_controller text)
returns table (rule text, records bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ constant timestamptz := clock_timestamp();
begin
    return query
        select x.rule, count(*) from controller o
        join policy p on p.controller_id = o.controller_id and p.version = o.policy_version
        cross join lateral records_due(o.controller_id, p.document::jsonb, o.time_zone, now_, null) x
        where o.key = p_controller group by x.rule
        union all
        select 'tombstone', count(*) from controller o
        join tombstone t on t.controller_id = o.controller_id and t.until <= now_
        where o.key = p_controller having count(*) > 0;
end $$;
revoke execute on function purge_records_rehearse from public;
