-- SPDX-License-Identifier: Apache-2.0
-- Step 6 of record(), whatever the acts are: rows as it returns them.
create or replace function record_one_by_one(
    c integer, h head, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[], left_out integer[], p_now bigint, p_zone text)
returns setof recorded language plpgsql as $$
declare
    r record; -- a request: its acts are p_acts[first + 1 .. last + 1]
    events event[]; -- of the request
    next head; -- as it will be if the request is written
    e event;
    done record; -- what record_act() says of one act
    told recorded; -- of a request that is refused
    k integer;
begin
    for r in select x.request, (min(x.ordinality) - 1)::integer as first,
                    (max(x.ordinality) - 1)::integer as last
             from unnest(p_acts) with ordinality x
             where x.request <> all (left_out) group by x.request order by x.request loop
        -- All or nothing: what was written is taken back by the exception.
        events := '{}';
        next := h;
        k := r.first;
        begin
            while k <= r.last loop
                done := record_act(c, p_acts[k + 1], r_actor[r.request + 1], p_policy_version, p_now, p_zone,
                                   next);
                if done.outcome <> record_done() then
                    raise exception 'the request is left out' using errcode = 'AK001';
                end if;
                next := done.h;
                events := events || done.e;
                k := k + 1;
            end loop;
        exception when sqlstate 'AK001' then
            told.outcome := done.outcome;
            told.request := r.request;
            told.act := k;
            return next told;
            continue;
        end;
        h := next;
        perform events_answer_keep(c, r_key[r.request + 1], r_fingerprint[r.request + 1],
                                   r_context[r.request + 1], events[1].revision, cardinality(events),
                                   time_of(p_now));
        for k in r.first .. r.last loop
            e := events[k - r.first + 1];
            return query select record_done(), r.request, k, e.record_id, e.revision, e.subject_no, e.rank,
                                e.recorded_at, e.valid_until, e.purpose_id, e.effect, e.was, e.was_each,
                                e.policy_version, null::text, e.answer;
        end loop;
    end loop;
    update head set revision = h.revision, subject_no = h.subject_no, latest = h.latest
        where controller_id = c;
end $$;
