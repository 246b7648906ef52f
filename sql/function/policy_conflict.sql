-- SPDX-License-Identifier: Apache-2.0
-- What is recorded already that a document cannot follow: apply_country_fixed(), apply_basis_fixed(),
-- apply_words_fixed(), in that order, or apply_done().
create or replace function policy_conflict(
    p_controller integer, p_country text, p_purposes text[], p_entities text[], p_bases text[],
    p_stops boolean[], p_notice_ids text[], p_notice_versions text[], p_notice_hashes bytea[],
    out outcome smallint,
    out offender integer) -- index into p_purposes or p_notice_ids
language plpgsql as $$
begin
    -- the caller had only the controller's key to name it by
    perform set_config('akkoord.controllers', array[p_controller]::text, true);

    if (select x.country from controller x where x.controller_id = p_controller) <> p_country
       and exists (select from identifier i
                   where i.controller_id = p_controller and i.type = identifier_phone()) then
        outcome := apply_country_fixed();
        return;
    end if;

    select (k.n - 1)::integer into offender
        from unnest(p_purposes, p_entities, p_bases, p_stops) with ordinality k(key, entity, basis, stops, n)
        join purpose x on x.controller_id = p_controller and x.key = k.key and x.entity = k.entity
        join purpose a on a.controller_id = p_controller and a.purpose_id = purpose_all()
        where (x.basis <> k.basis or x.stops and not k.stops) and (x.used or x.stops and a.used)
        order by k.n limit 1;
    if offender is not null then
        outcome := apply_basis_fixed();
        return;
    end if;

    select (k.n - 1)::integer into offender
        from unnest(p_notice_ids, p_notice_versions, p_notice_hashes)
             with ordinality k(id, version, sha256, n)
        join notice x on x.controller_id = p_controller and x.id = k.id and x.version = k.version
                         and x.sha256 <> k.sha256
        order by k.n limit 1;
    outcome := case when offender is not null then apply_words_fixed() else apply_done() end;
end $$;
