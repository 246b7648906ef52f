-- SPDX-License-Identifier: Apache-2.0
-- The first purpose of a document whose channel is another than it was, so that a No to a channel, or the Yes
-- to it, would be of something else; null: none.
create or replace function channel_changed(c integer, p_document jsonb) returns integer
language plpgsql stable as $$
begin
    return (
        select min(k.place)
        from purposes_said(p_document) k
        join purpose x on x.controller_id = c and x.key = k.key and x.entity = ''
        where x.channel <> k.channel
              and exists (select from purpose u
                          where u.controller_id = c and u.used
                                and (u.key = k.key or x.stops and u.purpose_id = purpose_all())));
end $$;

-- The first that does not replace, at whatever remove, what it replaced, where that is in use: what left the
-- document in between ends the chain (service/domain/verdict.c).
create or replace function replaces_no_longer(c integer, p_document jsonb) returns integer
language plpgsql stable as $$
begin
    return (
        with recursive said as materialized (
            select * from purposes_said(p_document)),
        was as (
            select k.place, x.replaces as key
            from said k join purpose x on x.controller_id = c and x.key = k.key and x.entity = ''
            where x.replaces is not null
            union
            select w.place, x.replaces
            from was w join purpose x on x.controller_id = c and x.key = w.key and x.entity = ''
            where x.replaces is not null),
        now_ as (
            select k.place, k.replaces as key from said k where k.replaces is not null
            union
            select n.place, k.replaces from now_ n join said k on k.key = n.key where k.replaces is not null)
        select min(w.place)
        from was w
        where not exists (select from now_ n where n.place = w.place and n.key = w.key)
              and exists (select from purpose u where u.controller_id = c and u.key = w.key and u.used));
end $$;

-- The first that replaces one of another channel that has left the document: a No to that channel would not
-- count for it. Of one that stands there the program says so.
create or replace function replaces_other_channel(c integer, p_document jsonb) returns integer
language plpgsql stable as $$
begin
    return (
        with said as materialized (
            select * from purposes_said(p_document))
        select min(k.place)
        from said k
        join purpose x on x.controller_id = c and x.key = k.replaces and x.entity = ''
        where x.channel <> k.channel and not exists (select from said o where o.key = k.replaces));
end $$;

-- The first that is of an entity which those who agreed to it did not hear of, unless they are asked anew. A
-- sale has no words that could be outdated.
create or replace function entity_added(c integer, p_document jsonb) returns integer
language plpgsql stable as $$
begin
    return (
        select min(k.place)
        from purposes_said(p_document) k
        join purpose x on x.controller_id = c and x.key = k.key and x.entity = ''
        join controller o on o.controller_id = c
        join policy p on p.controller_id = c and p.version = o.policy_version
        where x.used and not k.is_retired and k.basis in ('consent', 'soft_opt_in')
              and entities_widen(x.entities, k.entities, p.document::jsonb)
              and not (k.basis = 'consent' and k.needs_words
                       and notice_asks_anew(c, p_document, k.notice)));
end $$;

-- What is recorded already that a document cannot follow: apply_country_fixed(), apply_basis_fixed(),
-- apply_channel_fixed(), apply_replaces_fixed(), apply_replaces_channel(), apply_entity_added(),
-- apply_words_fixed(), in that order, or apply_done().
create or replace function policy_conflict(
    p_controller integer, p_country text, p_purposes text[], p_entities text[], p_bases text[],
    p_stops boolean[], p_notice_ids text[], p_notice_versions text[], p_notice_hashes bytea[],
    p_document jsonb,
    out outcome smallint,
    -- index into p_purposes (apply_basis_fixed()) or p_notice_ids (apply_words_fixed()), else into the
    -- document's purposes
    out offender integer)
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

    select f.outcome, f.offender into outcome, offender
        from (values (1, apply_channel_fixed(), channel_changed(p_controller, p_document)),
                     (2, apply_replaces_fixed(), replaces_no_longer(p_controller, p_document)),
                     (3, apply_replaces_channel(), replaces_other_channel(p_controller, p_document)),
                     (4, apply_entity_added(), entity_added(p_controller, p_document)))
             f(place, outcome, offender)
        where f.offender is not null
        order by f.place limit 1;
    if offender is not null then
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
