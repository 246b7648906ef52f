-- SPDX-License-Identifier: Apache-2.0
-- The clocks of what other systems hold. A rule counts from an event: recorded and consent_end are seen in
-- the ledger, when a run comes by (retention_note); any other, such as contract_end, is told by whoever
-- knows.

-- The controller's rules that are about what other systems hold, and those of its clients, which count for
-- what is held for them in the place of its own: each an object with client ('' the controller), purpose
-- ('' for all), data_class, duration, after and source.
create or replace function retention_rules_of_others(p_document jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
                   'client', r.client, 'purpose', coalesce(x ->> 'purpose', ''),
                   'data_class', x ->> 'data_class', 'duration', x ->> 'duration', 'after', x ->> 'after',
                   'source', x ->> 'source')), '[]')
        from (select '' as client, p_document #> '{retention,rules}' as rules
              union all
              select k ->> 'key', k -> 'retention'
              from jsonb_array_elements(coalesce(p_document -> 'clients', '[]')) k) r
        cross join jsonb_array_elements(coalesce(r.rules, '[]')) x
        where x ->> 'duration' <> 'none' and x ->> 'data_class' not in ('consent', 'evidence'));
end $$;

-- Notes for which subjects such a clock began, as the events behind p_after and up to p_until tell, once what
-- counts from there is due. p_rules: retention_rules(). Of which client a consent is one's is not known: what
-- is held for one is told.
create or replace function retention_note(c integer, p_after bigint, p_until bigint, p_now timestamptz,
                                          p_zone text, p_others jsonb, p_rules jsonb) returns void
language plpgsql as $$
begin
    if not exists (select from jsonb_array_elements(p_others) x
                   where x ->> 'after' in ('recorded', 'consent_end')
                         and x ->> 'client' = '') then
        return;
    end if;
    insert into retention_start (controller_id, subject_no, event, client, purpose, ref, at, actor,
                                 recorded_at)
        select c, n.subject_no, n.after, '', n.key, n.ref, max(n.at), 'akkoord', p_now
        from (
            select e.subject_no, r.after, p.key, coalesce(e.ref, '') as ref,
                   case r.after when 'recorded' then e.recorded_at
                        else least(e.valid_until, overruled_at(c, e, s.wholly, true)) end as at,
                   r.duration
            from event e
            join purpose p on p.controller_id = c and p.purpose_id = e.purpose_id
            join jsonb_to_recordset(p_rules) s(purpose_id integer, wholly integer[])
                 on s.purpose_id = e.purpose_id
            join jsonb_to_recordset(p_others)
                 r(client text, purpose text, duration interval, after text)
                 on r.client = '' and r.purpose in (p.key, '') and r.after in ('recorded', 'consent_end')
            where e.controller_id = c and e.revision > p_after and e.revision <= p_until
                  and not rank_is_no(e.rank) and e.slot / slot_count() <> guardian_time()) n
        cross join lateral (select from identifier i
                            where i.controller_id = c and i.subject_no = n.subject_no offset 0) i
        where (n.at at time zone p_zone) + n.duration <= p_now at time zone p_zone
        group by n.subject_no, n.after, n.key, n.ref
        on conflict (controller_id, subject_no, event, client, purpose, ref) do update set at = excluded.at
            where retention_start.at < excluded.at;
end $$;

-- What is due at p_at of what other systems hold, or was (p_deleted: and is gone, as somebody said); the
-- oldest first, behind (p_due, p_subject, p_key): of what is due of one person at one moment the key tells
-- one from another. Each with the start it counts from.
create or replace function retention_owed(c integer, p_at timestamptz, p_deleted boolean, p_client text,
                                          p_purpose text, p_class text, p_due timestamptz,
                                          p_subject bigint, p_key bigint, p_most integer)
returns table (key bigint, subject_no bigint, ref text, client text, purpose text, data_class text,
               due_at timestamptz, event text, began_at timestamptz, source text,
               deleted_at timestamptz, deleted_by text, confirmed_at timestamptz)
language plpgsql stable as $$
begin
    return query
        with o as materialized (
            select x.time_zone, retention_rules_of_others(p.document::jsonb) as rules
            from controller x
            join policy p on p.controller_id = c and p.version = x.policy_version
            where x.controller_id = c),
        r as materialized (
            select q.*, o.time_zone from o
            cross join jsonb_to_recordset(o.rules)
                 q(client text, purpose text, data_class text, duration interval, after text, source text)
            where (p_client is null or q.client = p_client)
                  and (p_purpose is null or q.purpose in (p_purpose, ''))
                  and (p_class is null or q.data_class = p_class))
        select k.key, s.subject_no, s.ref, nullif(s.client, ''),
               nullif(coalesce(nullif(r.purpose, ''), s.purpose), ''), r.data_class,
               d.due_at, s.event, s.at, r.source, g.at, g.actor, g.recorded_at
        from r
        cross join lateral (
            select x.* from retention_start x
            where x.controller_id = c and x.event = r.after and x.client = r.client and x.at <= p_at
                  and (r.purpose = '' or x.purpose in (r.purpose, ''))
            offset 0) s
        cross join lateral (
            select ((s.at at time zone r.time_zone) + r.duration) at time zone r.time_zone as due_at) d
        cross join lateral (
            select hashtextextended(
                       concat_ws(e'\x1f', r.purpose, r.data_class, s.client, s.purpose, s.event, s.ref), 0)
                   as key) k
        left join lateral (
            select x.at, x.actor, x.recorded_at from retention_deletion x
            where x.controller_id = c and x.subject_no = s.subject_no and x.client = s.client
                  and x.purpose in (r.purpose, s.purpose, '') and x.data_class = r.data_class
                  and x.ref in (s.ref, '') and x.at >= s.at
            order by x.at limit 1) g on true
        where d.due_at <= p_at and (g.at is not null) = p_deleted
              and (d.due_at, s.subject_no, k.key) > (p_due, p_subject, p_key)
        order by d.due_at, s.subject_no, k.key
        limit p_most;
end $$;

-- Takes down that a clock began, in the place of an earlier start of the same event, purpose and ref; or,
-- with a data class, that what was due is gone. Outcomes: enum retention_outcome (service/store/retention.h).
create or replace function retention_tell(c integer, p_subject bigint, p_event text, p_client text,
                                          p_purpose text, p_class text, p_ref text, p_at timestamptz,
                                          p_actor text, p_key_hash bytea, p_fingerprint bytea,
                                          out outcome integer, out at_ timestamptz)
language plpgsql as $$
declare
    rules constant jsonb := (
        select retention_rules_of_others(p.document::jsonb) from controller x
        join policy p on p.controller_id = c and p.version = x.policy_version where x.controller_id = c);
    kept idempotency;
begin
    perform from head where controller_id = c for no key update;
    at_ := coalesce(p_at, clock_timestamp());
    kept := first_answer(c, p_key_hash, clock_timestamp());
    if kept.key_hash is not null then
        outcome := case when kept.fingerprint = p_fingerprint then retention_done()
                        else retention_key_reused() end;
        at_ := case when kept.fingerprint = p_fingerprint
                    then (kept.context::jsonb #>> '{}')::timestamptz end;
    elsif not exists (select from identifier i where i.controller_id = c and i.subject_no = p_subject) then
        outcome := retention_no_subject();
    elsif p_class is null and not exists (select from jsonb_array_elements(rules) x
                                          where x ->> 'client' = p_client
                                                and x ->> 'after' = p_event) then
        outcome := retention_no_rule();
    elsif p_class is not null and not exists (select from jsonb_array_elements(rules) x
                                              where x ->> 'client' = p_client
                                                    and x ->> 'data_class' = p_class) then
        outcome := retention_no_class();
    elsif p_class is not null then
        insert into retention_deletion as old (controller_id, subject_no, client, purpose, data_class, ref,
                                               at, actor, recorded_at)
            values (c, p_subject, p_client, p_purpose, p_class, p_ref, at_, p_actor, clock_timestamp())
            on conflict (controller_id, subject_no, client, purpose, data_class, ref) do update
                set at = excluded.at, actor = excluded.actor, recorded_at = excluded.recorded_at
                where old.at < excluded.at;
        outcome := retention_done();
    else
        insert into retention_start (controller_id, subject_no, event, client, purpose, ref, at, actor,
                                     recorded_at)
            values (c, p_subject, p_event, p_client, p_purpose, p_ref, at_, p_actor, clock_timestamp())
            on conflict (controller_id, subject_no, event, client, purpose, ref) do update
                set at = excluded.at, actor = excluded.actor, recorded_at = excluded.recorded_at;
        outcome := retention_done();
    end if;
    if outcome = retention_done() and kept.key_hash is null then
        perform first_answer_keep(c, p_key_hash, p_fingerprint, to_jsonb(at_), p_subject, clock_timestamp());
    end if;
end $$;
