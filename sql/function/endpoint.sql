-- SPDX-License-Identifier: Apache-2.0
-- Where a policy has something delivered: messages to persons, and to each recipient what changes. The
-- program has looked at the document.
create or replace function endpoints_of(p_document jsonb)
returns table (name text, url text, secret text, purposes text[]) language plpgsql immutable as $$
begin
    return query
        select 'messages', m.value ->> 'endpoint', m.value ->> 'secret', null::text[]
        from (select p_document -> 'messages') m(value)
        where m.value ->> 'endpoint' is not null
        union all
        select 'recipients/' || (r ->> 'name'), r ->> 'endpoint', r ->> 'secret',
               case when r -> 'purposes' is not null
                    then array(select jsonb_array_elements_text(r -> 'purposes')) end
        from jsonb_array_elements(coalesce(p_document -> 'recipients', '[]')) r
        where r ->> 'endpoint' is not null;
end $$;

-- Makes the endpoints of a controller those that its policy names, as it is applied. One that has another
-- address or secret than before begins anew: nothing that its predecessor answered holds for it; but a
-- recipient goes on where it was, and a new one begins with what comes now. Part of apply_policy(), under the
-- head's lock; as the owner, since rows are deleted.
create or replace function name_endpoints(c integer, p_document jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    delete from endpoint e where e.controller_id = c
        and not exists (select from endpoints_of(p_document) n where n.name = e.name);
    update endpoint e set purposes = n.purposes from endpoints_of(p_document) n
        where e.controller_id = c and e.name = n.name and e.purposes is distinct from n.purposes;
    insert into endpoint as old (controller_id, name, url, secret, purposes, revision, policy_version)
        select c, n.name, n.url, n.secret, n.purposes, h.revision, o.policy_version + 1 -- the one applied
        from endpoints_of(p_document) n
        join head h on h.controller_id = c
        join controller o on o.controller_id = c
        on conflict (controller_id, name) do update
            set url = excluded.url, secret = excluded.secret, failures = 0, paused_until = null,
                stopped_at = null, fault = 0, http_status = null
            where (old.url, old.secret) <> (excluded.url, excluded.secret);
end $$;
revoke execute on function name_endpoints from public;
