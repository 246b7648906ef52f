-- SPDX-License-Identifier: Apache-2.0
-- Applies a policy: makes the document the next version of its controller's, and numbers what is new in it.
-- The first policy makes the controller.
--
-- outcome   an enum apply_outcome (service/store/policy.h)
-- version   in force afterwards; of an answer given before, the one it told
-- offender  an index, as policy_conflict() tells it
--
-- Nothing is written unless the outcome is apply_done() or apply_same(), but for the controller itself, which
-- a refused first policy may leave behind without a version. p_purposes, p_entities, p_bases and p_stops run
-- in parallel, and so do the three of notices. Steps:
--   1  finds the controller, or makes it, and takes its head's lock: what follows sees no other writer
--   2  gives the first answer again to a repeated idempotency key
--   3  refuses what is not asked of the version in force; finds out that nothing is new
--   4  refuses what the ledger cannot follow
--   5  retires purposes in use that left, and takes back those that came again
--   6  writes the version and its endpoints, numbers purposes and notices
--   7  moves the controller to it, so that services load it; keeps the answer
create or replace function apply_policy(
    p_key text, p_country text, p_time_zone text, p_document text, p_sha256 bytea, p_actor text,
    p_if_match integer[], -- versions of which one must be in force: policy_version_any(), 0 for none; or null
    p_key_number smallint, -- of the subject key that a new controller starts with
    p_purposes text[], p_entities text[], -- '': for all of them
    p_bases text[], p_stops boolean[],
    p_notice_ids text[], p_notice_versions text[], p_notice_hashes bytea[],
    p_retire boolean, -- purposes in use that the document leaves out are retired; else they forbid it
    p_key_hash bytea, p_fingerprint bytea, -- of an idempotency key and its request, or null
    out outcome smallint, out version integer, out offender integer)
language plpgsql as $$
#variable_conflict use_variable
declare
    c controller;
    said idempotency;
    now_ timestamptz;
begin
    if not exists (select from pg_timezone_names z where z.name = p_time_zone) then
        outcome := apply_no_time_zone();
        return;
    end if;

    -- 1. The controller is looked for first: a refused insert would use up a number. It is read again behind
    -- the lock.
    if not exists (select from controller where key = p_key) then
        insert into controller (key, country, time_zone, key_first, key_oldest, key_last)
            values (p_key, p_country, p_time_zone, p_key_number, p_key_number, p_key_number)
            on conflict (key) do nothing;
    end if;
    select * into strict c from controller where key = p_key;
    insert into purpose (controller_id, purpose_id, key, basis, stops)
        values (c.controller_id, purpose_all(), '*', '', true)
        on conflict do nothing;
    insert into head (controller_id) values (c.controller_id) on conflict do nothing;
    perform from head where controller_id = c.controller_id for no key update;
    select * into strict c from controller where key = p_key;
    perform set_config('akkoord.controllers', array[c.controller_id]::text, true); -- as in policy_conflict()
    now_ := clock_timestamp();

    -- 2. The first answer again, whatever has happened since.
    select * into said from idempotency i
        where i.controller_id = c.controller_id and i.key_hash = p_key_hash
              and i.recorded_at > now_ - first_answer_kept();
    if found then
        outcome := case when said.fingerprint <> p_fingerprint then apply_key_reused()
                        when said.context::integer = apply_same() then apply_same_before()
                        else apply_done_before() end;
        version := said.first_revision;
        return;
    end if;

    -- 3. Is it meant for the version in force, and is anything new?
    version := c.policy_version;
    if p_if_match is not null and c.policy_version <> all (p_if_match)
       and not (policy_version_any() = any (p_if_match) and c.policy_version > 0) then
        outcome := apply_other_version();
        return;
    end if;
    if exists (select from policy p where p.controller_id = c.controller_id and p.version = c.policy_version
               and p.sha256 = p_sha256) then
        outcome := apply_same();
        perform events_answer_keep(c.controller_id, p_key_hash, p_fingerprint, outcome::text, version, 0,
                                   now_);
        return;
    end if;

    -- 4. What is recorded already binds: country, words, and what Noes and Yeses were said to; and no event
    -- may lose its purpose unasked.
    select x.outcome, x.offender into outcome, offender
        from policy_conflict(c.controller_id, p_country, p_purposes, p_entities, p_bases, p_stops,
                             p_notice_ids, p_notice_versions, p_notice_hashes, p_document::jsonb) x;
    if outcome <> apply_done() then
        return;
    end if;
    if not p_retire and exists (select from purpose x
            where x.controller_id = c.controller_id and x.purpose_id > purpose_all()
                  and x.used and not x.retired and x.key <> all (p_purposes)) then
        outcome := apply_strands();
        return;
    end if;

    -- 5. Retired as a whole: what was said to one entity only, too, is said of the purpose.
    update purpose x set retired = x.key <> all (p_purposes)
        where x.controller_id = c.controller_id and x.purpose_id > purpose_all()
              and x.retired <> (x.key <> all (p_purposes))
              and (x.retired or exists (select from purpose u
                       where u.controller_id = c.controller_id and u.used and u.key = x.key));

    -- 6. The version; what it says of purposes that have a number; then numbers, in the document's order.
    version := c.policy_version + 1;
    insert into policy (controller_id, version, document, sha256, applied_by)
        values (c.controller_id, version, p_document, p_sha256, p_actor);
    perform name_endpoints(c.controller_id, p_document::jsonb);

    update purpose x set basis = k.basis, stops = k.stops
        from unnest(p_purposes, p_entities, p_bases, p_stops) k(key, entity, basis, stops)
        where x.controller_id = c.controller_id and x.key = k.key and x.entity = k.entity;
    insert into purpose (controller_id, purpose_id, key, entity, basis, stops)
        select c.controller_id,
               (select max(x.purpose_id) from purpose x where x.controller_id = c.controller_id)
                   + row_number() over (order by k.n),
               k.key, k.entity, k.basis, k.stops
        from unnest(p_purposes, p_entities, p_bases, p_stops)
             with ordinality k(key, entity, basis, stops, n)
        where not exists (select from purpose x where x.controller_id = c.controller_id and x.key = k.key
                          and x.entity = k.entity);

    perform purposes_said_keep(c.controller_id, p_document::jsonb);

    -- a retired purpose is loaded beside the document's, and an entity that came later has a number under it
    -- too
    insert into purpose (controller_id, purpose_id, key, entity, basis, stops, retired)
        select c.controller_id,
               (select max(x.purpose_id) from purpose x where x.controller_id = c.controller_id)
                   + row_number() over (order by r.key, e.entity),
               r.key, e.entity, r.basis, r.stops, true
        from purpose r
        cross join (select distinct p.entity from unnest(p_entities) p(entity)) e
        where r.controller_id = c.controller_id and r.retired and r.entity = ''
              and not exists (select from purpose x where x.controller_id = c.controller_id and x.key = r.key
                              and x.entity = e.entity);

    insert into notice (controller_id, notice_no, id, version, sha256)
        select c.controller_id,
               (select coalesce(max(x.notice_no), 0) from notice x where x.controller_id = c.controller_id)
                   + row_number() over (order by k.n), k.id, k.version, k.sha256
        from unnest(p_notice_ids, p_notice_versions, p_notice_hashes)
             with ordinality k(id, version, sha256, n)
        where not exists (select from notice x where x.controller_id = c.controller_id and x.id = k.id
                          and x.version = k.version);

    -- 7. In force from the commit on.
    update controller
        set policy_version = version, country = p_country, time_zone = p_time_zone,
            generation = generation_after(generation, now_)
        where controller_id = c.controller_id;
    outcome := apply_done();
    perform events_answer_keep(c.controller_id, p_key_hash, p_fingerprint, outcome::text, version, 0, now_);
end $$;
