-- SPDX-License-Identifier: Apache-2.0
-- oldest: 1
-- The ledger and what hangs on it. Every primary key starts with controller_id and no constraint reaches across
-- controllers, so that the schema can be distributed by controller and a controller can be moved whole.

create table controller (
    controller_id   integer generated always as identity primary key,
    key             text not null unique,
    country         text not null,
    time_zone       text not null, -- dates of its policy and people end at 00:00 there
    -- counts changes of the policy and of the keys in force: what a service holds of a controller is good while this stands
    -- (microseconds since 1970, so that a database that lost one in a failover never gives its number to another)
    generation      bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    policy_version  integer not null default 0,
    subject_id_key  bytea not null default uuid_send(gen_random_uuid()),
    key_first       smallint not null, -- number of the subject key its first tag was made by
    key_oldest      smallint not null, -- lowest number a tag may still carry; below key_last while a rotation runs
    key_last        smallint not null, -- number of the subject key in force
    created_at      timestamptz not null default clock_timestamp()
);

-- The lock every writer takes first, and the counters it guards. Updated by each batch: kept short and HOT.
create table head (
    controller_id  integer primary key,
    revision       bigint not null default 0,
    subject_no     bigint not null default 0
) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

create table policy (
    controller_id  integer not null,
    version        integer not null,
    document       text not null,
    sha256         bytea not null,
    applied_by     text not null,
    applied_at     timestamptz not null default clock_timestamp(),
    primary key (controller_id, version)
);

-- Numbers stand in for keys in the ledger. Given once, never reused.
create table purpose (
    controller_id  integer not null,
    purpose_id     integer not null, -- 0, key *: the standing No
    key            text not null,
    basis          text not null, -- fixed once the purpose is used
    stops          boolean not null, -- the standing No overrules it; cannot be taken back once there is one
    used           boolean not null default false, -- the ledger has events of it
    retired        boolean not null default false, -- it left the document, and the ledger has events of it
    primary key (controller_id, purpose_id),
    unique (controller_id, key)
);

create table notice (
    controller_id  integer not null,
    notice_no      integer not null check (notice_no > 0),
    id             text not null,
    version        text not null,
    sha256         bytea not null, -- over languages, words and what else must not change
    primary key (controller_id, notice_no),
    unique (controller_id, id, version)
);

-- A check value of each subject key ever used: a service with another key of that number must not start.
create table subject_key (
    key_no       smallint primary key,
    check_value  bytea not null
);

-- Notes the keys not seen before and returns the numbers of those that are another key than before, are not held by the
-- caller, or are new but below a known one: a key that slips in between two would change how every tag is wrapped.
create function register_keys(p_numbers smallint[], p_checks bytea[]) returns setof smallint language plpgsql as $$
begin
    return query
        select k.key_no from subject_key k
        left join unnest(p_numbers, p_checks) p(number, check_value) on p.number = k.key_no
        where p.check_value <> k.check_value
              or (p.number is null and exists (select from controller c where k.key_no between c.key_first and c.key_last))
        union all
        -- a new key among those that tags are wrapped by would change every tag
        select p.number from unnest(p_numbers) p(number)
        where not exists (select from subject_key k where k.key_no = p.number)
              and exists (select from controller c where p.number between c.key_first and c.key_last);
    if found then
        return; -- whoever holds a wrong key must not make it known as a right one
    end if;
    insert into subject_key (key_no, check_value) select * from unnest(p_numbers, p_checks)
        on conflict (key_no) do nothing;
end $$;

-- The tie between a person and the ledger. Erasing a person removes it.
create table identifier (
    controller_id  integer not null,
    tag            bytea not null, -- key number, then 128 bits of HMAC-SHA-256
    subject_no     bigint not null,
    type           smallint not null,
    primary key (controller_id, tag)
);
create index identifier_by_subject on identifier (controller_id, subject_no);

-- The ledger: append-only. The numbers in it are those of the program's domain/consent.h.
create table event (
    controller_id      integer not null,
    revision           bigint not null,
    record_id          uuid not null,
    subject_no         bigint not null,
    purpose_id         integer not null, -- 0: every purpose that a standing No overrules
    rank               bigint not null,  -- class, event time and event state in one
    recorded_at        timestamptz not null,
    valid_until        timestamptz,
    notice_no          integer,          -- null: the words are not known
    policy_version     integer not null,
    slot               smallint not null, -- 0 the person, 1 a guardian
    role               smallint not null,
    method             smallint not null,
    effect             smallint not null,
    was                smallint not null, -- state that stood before; 0: none
    was_each           bigint[],          -- for purpose 0: purpose_id and the rank that stood, of each purpose that had one
    language           text,
    actor              text not null,     -- the client that recorded it
    ref                text,              -- the caller's own reference
    detail             jsonb,             -- import, sale, minor, reason
    primary key (controller_id, revision)
);
create index event_by_subject on event (controller_id, subject_no, revision);

create function forbid_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger only grows' using errcode = 'raise_exception';
end $$;
create trigger event_is_append_only before update or delete on event
    for each row when (current_setting('akkoord.purging', true) is distinct from 'on')
    execute function forbid_change();
create trigger event_is_never_truncated before truncate on event execute function forbid_change();

-- Beside the ledger, since it may be erased: masked address, user agent, page, documents' hashes.
create table evidence (
    controller_id  integer not null,
    revision       bigint not null,
    document       jsonb not null,
    primary key (controller_id, revision)
);

-- What retention or erasure took out: ledger and purged together are 1..n.
create table purged (
    controller_id  integer not null,
    from_revision  bigint not null,
    to_revision    bigint not null,
    reason         text not null,
    purged_at      timestamptz not null default clock_timestamp(),
    primary key (controller_id, from_revision)
);

-- The current state under each tag: what a check reads, one index range a tag.
create table consent (
    controller_id  integer not null,
    tag            bytea not null,
    purpose_id     integer not null,
    slot           smallint not null,
    notice_no      integer,
    rank           bigint not null,
    tie            integer not null, -- of equal ranks the higher stands: a hash of what the event says
    revision       bigint not null,
    valid_until    timestamptz,
    record_id      uuid not null,
    primary key (controller_id, tag, purpose_id, slot)
) with (fillfactor = 85);
create index consent_pending on consent (valid_until) where slot = 2;

-- First answers to writes with an Idempotency-Key, kept 24 h. Key and body are HMACs; context is the answer without
-- what the events themselves say.
create table idempotency (
    controller_id   integer not null,
    key_hash        bytea not null,
    fingerprint     bytea not null,
    context         text not null,
    first_revision  bigint not null,
    events          integer not null,
    recorded_at     timestamptz not null default clock_timestamp(),
    primary key (controller_id, key_hash)
);
create index idempotency_by_age on idempotency (recorded_at);

-- The second wall between controllers, behind the keys: the service's role reaches rows of those controllers only that
-- sql/query/admit.sql named in the same transaction, whatever else a statement forgets to ask. Where none was named, a row in reach is
-- an error. Outside of it stands what is read before a controller's number is known, or is nothing but a counter: controller,
-- policy, purpose, notice, revoked, subject_key, head. An owner is not held: erasure, rotation and housekeeping run as one.
-- A function, and no "= any", which would become one more index condition to be prepared for each probe.
do $$
declare
    name text;
begin
    foreach name in array array['identifier', 'event', 'evidence', 'purged', 'consent', 'idempotency'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position((select current_setting(''akkoord.controllers'')::integer[]), controller_id) is not null)',
                       name);
    end loop;
end $$;

create type recorded as (
    outcome        smallint,     -- 0 recorded, 1 first answer again, 2 key used for another body, 3 event in the future,
                                 -- 4 the generation moved on, 5 ask again: the same key came twice at once,
                                 -- 6 a guardian's act for somebody who may decide alone, 7 nothing there to confirm
    request        integer,      -- index of the request; for outcome 4: null
    act            integer,      -- index of the act within the batch
    record_id      uuid,
    revision       bigint,
    subject_no     bigint,
    rank           bigint,
    recorded_at    timestamptz,
    valid_until    timestamptz,
    purpose_id     integer,
    effect         smallint,
    was            smallint,
    was_each       bigint[],
    policy_version integer,
    context        text          -- of a first answer, in its first row
);

-- The tags that stand one behind the other in p_tags. offset 0 keeps each a column: put into a condition, substr() would have to wait
-- behind the wall, and find nothing by an index.
create function tags_of(p_tags bytea) returns table (place integer, tag bytea) language sql immutable as $$
    select g, substr(p_tags, g * 17 + 1, 17) from generate_series(0, length(p_tags) / 17 - 1) g offset 0
$$;

-- Ties identifiers of one person together, under the head's lock. Unknown ones join the first known one's subject
-- and take over its state; known ones keep their own.
create function tie_identifiers(c integer, p_tags bytea, p_types bytea) returns void language plpgsql as $$
declare
    host_no bigint;
    host_tag bytea;
begin
    -- offset 0: a probe a tag. As a plain join, the planner may walk all of the controller's identifiers instead.
    select i.subject_no, i.tag into host_no, host_tag
        from tags_of(p_tags) t
        cross join lateral (select x.subject_no, x.tag from identifier x
                            where x.controller_id = c and x.tag = t.tag offset 0) i
        order by t.place limit 1;
    if host_no is null then
        update head set subject_no = subject_no + 1 where controller_id = c returning subject_no into host_no;
    end if;
    with fresh as (
        insert into identifier (controller_id, tag, subject_no, type)
            select c, t.tag, host_no, get_byte(p_types, t.place) from tags_of(p_tags) t
            on conflict do nothing
            returning tag)
    insert into consent as old
        select c, f.tag, s.purpose_id, s.slot, s.notice_no, s.rank, s.tie, s.revision, s.valid_until, s.record_id
        from fresh f, consent s
        where s.controller_id = c and s.tag = host_tag
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, rank = excluded.rank, tie = excluded.tie,
                revision = excluded.revision, valid_until = excluded.valid_until, record_id = excluded.record_id
            where (old.rank, old.tie) < (excluded.rank, excluded.tie);
end $$;

-- Moves tags that a newer subject key has wrapped, under the head's lock. p_old and p_new run in parallel; an old tag that
-- is not there, or no longer, is passed over. What stands under a new tag already stays, or gives way to a higher rank. As the
-- owner: a row leaves its old tag by being deleted, which the service's role may not do by itself.
create function wrap_tags(c integer, p_old bytea[], p_new bytea[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform from head where controller_id = c for no key update;
    with moved as (
        -- = any: the tags become index conditions whatever the planner believes of the table
        delete from consent s where s.controller_id = c and s.tag = any (p_old)
        returning p_new[array_position(p_old, s.tag)] as new, s.*)
    insert into consent as old
        (controller_id, tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until, record_id)
        select c, new, purpose_id, slot, notice_no, rank, tie, revision, valid_until, record_id from moved
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, rank = excluded.rank, tie = excluded.tie,
                revision = excluded.revision, valid_until = excluded.valid_until, record_id = excluded.record_id
            where (old.rank, old.tie) < (excluded.rank, excluded.tie);
    with moved as (
        delete from identifier i where i.controller_id = c and i.tag = any (p_old)
        returning p_new[array_position(p_old, i.tag)] as new, i.*)
    insert into identifier (controller_id, tag, subject_no, type)
        select c, new, subject_no, type from moved
        on conflict do nothing;
end $$;
revoke execute on function wrap_tags(integer, bytea[], bytea[]) from public;

-- A rotation begins: from here on services make tags under p_key and look under both. Under the head's lock, so that no
-- batch that knew one key only is still at work. False: one runs already, or p_key is not above the key in force.
create function begin_rotation(c integer, p_key smallint) returns boolean language plpgsql as $$
begin
    perform from head where controller_id = c for no key update;
    update controller set key_last = p_key, generation = greatest(generation + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
        where controller_id = c and key_oldest = key_last and key_last < p_key;
    return found;
end $$;

-- And ends: services no longer look under the old key. False, with nothing changed, while a tag of an old key is left.
create function finish_rotation(c integer) returns boolean language plpgsql as $$
declare
    ours bytea; -- no tag of an older key sorts above it
begin
    perform from head where controller_id = c for no key update;
    select set_byte('\x00', 0, key_last) into strict ours from controller where controller_id = c;
    if exists (select from consent where controller_id = c and tag < ours)
       or exists (select from identifier where controller_id = c and tag < ours) then
        return false;
    end if;
    update controller set key_oldest = key_last, generation = greatest(generation + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
        where controller_id = c and key_oldest < key_last;
    return true;
end $$;

-- Whether a record says of the person to have been a minor, or represented, until a date that has come, and nothing of the kind that
-- still holds. A day begins at 00:00 in the controller's time zone.
create function came_of_age(p_detail jsonb, p_time_zone text, p_at timestamptz) returns boolean language sql stable as $$
    select coalesce(bool_or(until <= p_at) and bool_and(coalesce(until <= p_at, false)), false)
    from (select (fact ->> 'until')::timestamp at time zone p_time_zone as until
          from (values (p_detail -> 'minor'), (p_detail -> 'represented')) f(fact)
          where (fact ->> 'holds')::boolean) held
$$;

-- Whether something of the person, such as being a minor, holds: as the record itself says, else as it was known.
create function fact_holds(p_said jsonb, p_known boolean, p_time_zone text, p_at timestamptz) returns boolean language sql stable as $$
    select case when p_said is null then coalesce(p_known, false)
                else (p_said ->> 'holds')::boolean
                     and coalesce((p_said ->> 'until')::timestamp at time zone p_time_zone > p_at, true) end
$$;

-- One batch of acts of one controller: the only way into the ledger. All arrays with a_ run in parallel, one element an
-- act (one event on one person, in the order of revisions to be); those with r_ one element a request. An a_effect of 4 is settled
-- here: 3 (pending) where the person is a minor or represented and no guardian's Yes stands, else 0. What it does, in this
-- order, is the contract of service/store/record.h:
--   locks the head; stops when the caller's generation is not the one in force; names the idempotency keys that were seen before;
--   leaves out whole requests that cannot be taken; resolves identifiers; decides times; inserts; keeps the higher rank.
create function record(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    a_request integer[], a_tags bytea[], a_types bytea[], a_old_tag bytea[], a_purpose integer[], a_slot smallint[],
    a_role smallint[], a_method smallint[], a_rank bigint[], a_tie integer[], a_floating boolean[],
    a_time bigint[], a_age bigint[], a_validity interval[], a_notice integer[], a_effect smallint[],
    a_record uuid[], a_language text[], a_ref text[], a_detail text[], a_evidence text[])
returns setof recorded language plpgsql as $$
#variable_conflict use_column
declare
    h head;
    gen bigint;
    zone text;
    now_ timestamptz;
    now_us bigint; -- since 1970, as all times that come in
    left_out integer[] := '{}'; -- requests
    k integer;
    same boolean;
begin
    select * into h from head where controller_id = c for no key update;
    select generation, time_zone into gen, zone from controller where controller_id = c;
    if gen is distinct from p_generation then
        return next row(4, null, null, null, null, null, null, null, null, null, null, null, null, null, null)::recorded;
        return;
    end if;
    now_ := clock_timestamp();
    now_us := (extract(epoch from now_) * 1000000)::bigint;

    if cardinality(array_remove(r_key, null)) > 0 then
        -- keys seen before: their answers are read apart (replay.sql), since nothing long may be sent under the head's lock
        for k, same in
            select (r.n - 1)::integer, i.fingerprint = r.fingerprint
            from unnest(r_key, r_fingerprint) with ordinality r(key, fingerprint, n)
            cross join lateral (select x.fingerprint from idempotency x
                                where x.controller_id = c and x.key_hash = r.key
                                      and x.recorded_at > now_ - interval '24 hours' offset 0) i loop
            left_out := left_out || k;
            return next row(case when same then 1 else 2 end, k, null, null, null, null, null, null, null, null, null, null, null, null,
                            null)::recorded;
        end loop;
        -- the same new key twice in this batch: the first runs, the others come again
        for k in select n - 1 from (select n, row_number() over (partition by key order by n) as nth
                     from unnest(r_key) with ordinality r(key, n) where key is not null) d
                 where nth > 1 and n - 1 <> all (left_out) loop
            left_out := left_out || k;
            return next row(5, k, null, null, null, null, null, null, null, null, null, null, null, null, null)::recorded;
        end loop;
    end if;

    for k in select (n - 1)::integer from unnest(a_time) with ordinality a(t, n) where t > now_us + 60000000 loop
        if a_request[k + 1] <> all (left_out) then
            left_out := left_out || a_request[k + 1];
            return next row(3, a_request[k + 1], k, null, null, null, null, null, null, null, null, null, null, null,
                            null)::recorded;
        end if;
    end loop;

    -- past the age limit the person decides: a guardian's act comes too late
    if 1 = any (a_slot) then
        for k in select (a.n - 1)::integer
                 from unnest(a_slot, a_rank, a_tags, a_detail) with ordinality a(slot, rank, tags, detail, n)
                 where a.slot = 1 and a.rank & 15 <> 11 -- invalidating a guardian's act is none
                       and (came_of_age(a.detail::jsonb, zone, now_) or exists (
                     select from tags_of(a.tags) t
                     cross join lateral (select x.slot, x.rank, x.valid_until from consent x
                                         where x.controller_id = c and x.tag = t.tag
                                               and x.purpose_id = 0 and x.slot in (4, 5) offset 0) f
                     having bool_or(f.rank & 15 = 6 and f.valid_until <= now_)
                            and not coalesce(bool_or(f.rank & 15 = 6 and (f.valid_until is null or f.valid_until > now_)), false))) loop
            if a_request[k + 1] <> all (left_out) then
                left_out := left_out || a_request[k + 1];
                return next row(6, a_request[k + 1], k, null, null, null, null, null, null, null, null, null, null, null,
                                null)::recorded;
            end if;
        end loop;
    end if;

    -- tags of a key that is being rotated out move when they are touched
    if cardinality(array_remove(a_old_tag, null)) > 0 then
        perform wrap_tags(c, array_agg(each.old), array_agg(each.new)) from (
            select distinct on (old.tag) old.tag as old, new.tag as new
            from unnest(a_old_tag, a_tags) a(old_tags, new_tags), tags_of(a.old_tags) old, tags_of(a.new_tags) new
            where new.place = old.place) each;
    end if;

    for k in select n from unnest(a_tags) with ordinality a(tags, n) where length(tags) > 17 order by n loop
        if a_request[k] <> all (left_out) then
            perform tie_identifiers(c, a_tags[k], a_types[k]);
        end if;
    end loop;
    select subject_no into h.subject_no from head where controller_id = c;

    return query
    with act as (
        select a.*, (a.n - 1)::integer as act,
               (select i.subject_no from identifier i where i.controller_id = c and i.tag = a.tag) as known_no
        from (select x.*, t.place, t.tag, get_byte(x.types, t.place)::smallint as type
              from unnest(a_request, a_tags, a_types, a_purpose, a_slot, a_role, a_method, a_rank, a_tie, a_floating,
                          a_time, a_age, a_validity, a_notice, a_effect, a_record, a_language, a_ref, a_detail,
                          a_evidence) with ordinality
                   x(request, tags, types, purpose_id, slot, role, method, rank_base, tie, floating, at, age, validity,
                     notice_no, effect, record_id, language, ref, detail, evidence, n),
                   tags_of(x.tags) t
              where x.request <> all (left_out)) a),
    numbered as (
        select a.*, coalesce(known_no, h.subject_no + dense_rank() over (partition by known_no is null order by tag)) as subject_no
        from act a),
    -- one event for each subject that the person's identifiers belong to
    spread as (
        select d.*, (row_number() over (partition by act order by place) - 1)::integer as nth
        from (select distinct on (act, subject_no) n.*
              from numbered n order by act, subject_no, place) d),
    dated as (
        select s.*, coalesce(old.rank, every.rank) as old_rank, every.was_each,
               case when s.effect <> 4 then s.effect
                    when coalesce(old.guardian & 15, 0) not between 1 and 3
                         and (fact_holds(s.detail::jsonb -> 'minor', old.minor, zone, now_)
                              or fact_holds(s.detail::jsonb -> 'represented', old.represented, zone, now_)) then 3
                    else 0 end as settled,
               case when s.floating then greatest(now_us, old.time, every.time)
                    when s.at is null then now_us - s.age
                    else least(s.at, now_us) end as event_us
        from spread s
        left join lateral (
            select max(o.rank) filter (where o.slot = s.slot) as rank,
                   max((o.rank >> 4) & 9007199254740991) filter (where o.slot = s.slot) as time,
                   max(o.rank) filter (where o.slot = 1) as guardian,
                   bool_or(o.slot = 4 and o.rank & 15 = 6 and coalesce(o.valid_until > now_, true)) as minor,
                   bool_or(o.slot = 5 and o.rank & 15 = 6 and coalesce(o.valid_until > now_, true)) as represented
            from consent o
            where o.controller_id = c and o.tag = s.tag
                  and (o.purpose_id = s.purpose_id or o.purpose_id = 0)) old on s.purpose_id <> 0
        left join lateral (
            select max(o.rank) filter (where o.purpose_id = 0) as rank, max((o.rank >> 4) & 9007199254740991) as time,
                   array_agg(array[o.purpose_id::bigint, greatest(o.rank, o.all_rank)] order by o.purpose_id) as was_each
            from (select x.purpose_id, x.rank, max(x.rank) filter (where x.purpose_id = 0) over () as all_rank
                  from consent x
                  where x.controller_id = c and x.tag = s.tag and x.slot = s.slot) o) every on s.purpose_id = 0),
    ranked as (
        select d.*, d.rank_base + (d.event_us << 4) as rank,
               h.revision + row_number() over (order by act, nth) as revision
        from dated d),
    placed as materialized (
        select r.*,
               greatest(coalesce(old_rank, 0),
                        max(rank) over (partition by subject_no, slot, purpose_id order by revision
                                        rows between unbounded preceding and 1 preceding),
                        max(rank) filter (where purpose_id = 0) over (partition by subject_no, slot order by revision
                                        rows between unbounded preceding and 1 preceding)) as prior,
               case when nth = 0 then record_id
                    else encode(set_byte(uuid_send(record_id), 15, get_byte(uuid_send(record_id), 15) + nth), 'hex')::uuid
               end as id,
               to_timestamp(0) + event_us * interval '1 microsecond' + validity as valid_until
        from ranked r),
    written as (
        insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at, valid_until,
                           notice_no, policy_version, slot, role, method, effect, was, was_each, language, actor, ref, detail)
        select c, revision, id, subject_no, purpose_id, rank, now_, valid_until, notice_no, p_policy_version, slot, role,
               method, case when rank < prior then 1 else settled end, prior & 15, was_each, language,
               r_actor[request + 1], ref, detail::jsonb
        from placed),
    tied as (
        insert into identifier (controller_id, tag, subject_no, type)
        select distinct on (tag) c, tag, subject_no, type from placed where known_no is null order by tag),
    counted as (
        update head set revision = revision + (select count(*) from placed),
                        subject_no = subject_no + (select count(distinct subject_no) from placed where known_no is null)
        where controller_id = c),
    proven as (
        insert into evidence (controller_id, revision, document)
        select c, revision, evidence::jsonb from placed where evidence is not null),
    keyed as (
        insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events, recorded_at)
        select c, r_key[request + 1], r_fingerprint[request + 1], r_context[request + 1], min(revision), count(*), now_
        from placed where r_key[request + 1] is not null group by request
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context, first_revision = excluded.first_revision,
                events = excluded.events, recorded_at = excluded.recorded_at),
    -- what a record says of the person, such as being a minor, stands beside the purposes
    states as materialized (
        select known_no, tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until, id from placed
        union all
        select p.known_no, p.tag, 0, f.slot, null,
               (2::bigint << 57) + (p.event_us << 4) + case when (f.fact ->> 'holds')::boolean then 6 else 5 end, 0, p.revision,
               (f.fact ->> 'until')::timestamp at time zone (select time_zone from controller where controller_id = c), p.id
        from placed p
        cross join lateral (values (4::smallint, p.detail::jsonb -> 'minor'), (5::smallint, p.detail::jsonb -> 'represented'))
                   f(slot, fact)
        where p.detail is not null and f.fact is not null),
    used as (
        update purpose set used = true
        where controller_id = c and not used and purpose_id in (select purpose_id from placed)),
    stood as (
        insert into consent as old (controller_id, tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until,
                                    record_id)
        select distinct on (t.tag, purpose_id, slot)
               c, t.tag, purpose_id, slot, notice_no, rank, tie, revision, valid_until, id
        from states p
        cross join lateral (
            select i.tag from identifier i where i.controller_id = c and i.subject_no = p.known_no
            union all
            select p.tag where p.known_no is null) t
        order by t.tag, purpose_id, slot, rank desc, tie desc
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, rank = excluded.rank, tie = excluded.tie, revision = excluded.revision,
                valid_until = excluded.valid_until, record_id = excluded.record_id
            where (old.rank, old.tie) < (excluded.rank, excluded.tie))
    select 0::smallint, request, act, id, revision, subject_no, rank, now_, valid_until, purpose_id,
           (case when rank < prior then 1 else settled end)::smallint, (prior & 15)::smallint, was_each, p_policy_version,
           null::text
    from placed order by revision;
end $$;

-- What is recorded already that a document cannot follow: the first of outcomes 3 to 5 of apply_policy(), or 0.
create function policy_conflict(
    p_controller integer, p_country text, p_purposes text[], p_bases text[], p_stops boolean[], p_notice_ids text[],
    p_notice_versions text[], p_notice_hashes bytea[],
    out outcome smallint,
    out offender integer) -- index into p_purposes or p_notice_ids
language plpgsql as $$
begin
    perform set_config('akkoord.controllers', array[p_controller]::text, true); -- the caller had only its key to name it by
    if (select x.country from controller x where x.controller_id = p_controller) <> p_country
       and exists (select from identifier i where i.controller_id = p_controller and i.type = 1) then
        outcome := 3;
        return;
    end if;
    select (k.n - 1)::integer into offender
        from unnest(p_purposes, p_bases, p_stops) with ordinality k(key, basis, stops, n)
        join purpose x on x.controller_id = p_controller and x.key = k.key
        join purpose a on a.controller_id = p_controller and a.purpose_id = 0
        where (x.basis <> k.basis or x.stops and not k.stops) and (x.used or x.stops and a.used)
        order by k.n limit 1;
    if offender is not null then
        outcome := 4;
        return;
    end if;
    select (k.n - 1)::integer into offender
        from unnest(p_notice_ids, p_notice_versions, p_notice_hashes) with ordinality k(id, version, sha256, n)
        join notice x on x.controller_id = p_controller and x.id = k.id and x.version = k.version and x.sha256 <> k.sha256
        order by k.n limit 1;
    outcome := case when offender is not null then 5 else 0 end;
end $$;

-- The first answer to a policy sent with an idempotency key, if any: the version stands for the revision of the first event, of which
-- there are none.
create function keep_policy_answer(p_controller integer, p_key_hash bytea, p_fingerprint bytea, p_outcome smallint, p_version integer)
returns void language sql as $$
    insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events)
        select p_controller, p_key_hash, p_fingerprint, p_outcome::text, p_version, 0 where p_key_hash is not null
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context, first_revision = excluded.first_revision,
                events = excluded.events, recorded_at = clock_timestamp()
$$;

-- Applies a policy: the next version, or the one in force when nothing changed. Numbers new purposes and notices. The first
-- policy makes the controller. p_if_match: versions of which one must be in force, -1 for any and 0 for none; or null.
create function apply_policy(
    p_key text, p_country text, p_time_zone text, p_document text, p_sha256 bytea, p_actor text, p_if_match integer[], p_key_number smallint,
    p_purposes text[], p_bases text[], p_stops boolean[], p_notice_ids text[], p_notice_versions text[], p_notice_hashes bytea[],
    p_retire boolean, -- purposes in use that the document leaves out are retired; else they forbid it
    p_key_hash bytea, p_fingerprint bytea, -- of an idempotency key and its request, or null
    out outcome smallint, -- 0 applied, 1 the same as the current one, 2 p_if_match is another, 3 the country is fixed,
                          -- 4 the basis of a purpose in use is fixed, and so is that the standing No stops it,
                          -- 5 the words of a notice version are fixed, 6 there is no such time zone, 7 it would strand the events of a purpose,
                          -- 8 and 9 the key's first answer again, which was 0 or 1, 10 the key was used for another request
    out version integer,
    out offender integer) -- for 4 and 5: index into p_purposes or p_notice_ids
language plpgsql as $$
#variable_conflict use_variable
declare
    c controller;
    said idempotency;
begin
    if not exists (select from pg_timezone_names z where z.name = p_time_zone) then
        outcome := 6;
        return;
    end if;
    -- looked for first: a refused insert would use up a number
    if not exists (select from controller where key = p_key) then
        insert into controller (key, country, time_zone, key_first, key_oldest, key_last)
            values (p_key, p_country, p_time_zone, p_key_number, p_key_number, p_key_number)
            on conflict (key) do nothing;
    end if;
    select * into strict c from controller where key = p_key;
    insert into purpose (controller_id, purpose_id, key, basis, stops) values (c.controller_id, 0, '*', '', true)
        on conflict do nothing;
    insert into head (controller_id) values (c.controller_id) on conflict do nothing;
    perform from head where controller_id = c.controller_id for no key update;
    select * into strict c from controller where key = p_key;
    perform set_config('akkoord.controllers', array[c.controller_id]::text, true); -- as in policy_conflict()
    select * into said from idempotency i
        where i.controller_id = c.controller_id and i.key_hash = p_key_hash
              and i.recorded_at > clock_timestamp() - interval '24 hours';
    if found then
        outcome := case when said.fingerprint <> p_fingerprint then 10 else 8 + said.context::integer end;
        version := said.first_revision;
        return;
    end if;
    version := c.policy_version;
    if p_if_match is not null and c.policy_version <> all (p_if_match)
       and not (-1 = any (p_if_match) and c.policy_version > 0) then
        outcome := 2;
        return;
    end if;
    if exists (select from policy p where p.controller_id = c.controller_id and p.version = c.policy_version
               and p.sha256 = p_sha256) then
        outcome := 1;
        perform keep_policy_answer(c.controller_id, p_key_hash, p_fingerprint, outcome, version);
        return;
    end if;
    select x.outcome, x.offender into outcome, offender
        from policy_conflict(c.controller_id, p_country, p_purposes, p_bases, p_stops, p_notice_ids, p_notice_versions,
                             p_notice_hashes) x;
    if outcome <> 0 then
        return;
    end if;
    if not p_retire and exists (select from purpose x
            where x.controller_id = c.controller_id and x.purpose_id > 0 and x.used and not x.retired
                  and split_part(x.key, '@', 1) <> all (p_purposes)) then
        outcome := 7;
        return;
    end if;
    -- as a whole: what was said to one entity only, too, is said of the purpose
    update purpose x set retired = split_part(x.key, '@', 1) <> all (p_purposes)
        where x.controller_id = c.controller_id and x.purpose_id > 0
              and x.retired <> (split_part(x.key, '@', 1) <> all (p_purposes))
              and (x.retired or exists (select from purpose u
                       where u.controller_id = c.controller_id and u.used
                             and split_part(u.key, '@', 1) = split_part(x.key, '@', 1)));
    version := c.policy_version + 1;
    insert into policy (controller_id, version, document, sha256, applied_by)
        values (c.controller_id, version, p_document, p_sha256, p_actor);
    update purpose x set basis = k.basis, stops = k.stops from unnest(p_purposes, p_bases, p_stops) k(key, basis, stops)
        where x.controller_id = c.controller_id and x.key = k.key;
    insert into purpose (controller_id, purpose_id, key, basis, stops)
        select c.controller_id,
               (select max(x.purpose_id) from purpose x where x.controller_id = c.controller_id) + row_number() over (order by k.n),
               k.key, k.basis, k.stops
        from unnest(p_purposes, p_bases, p_stops) with ordinality k(key, basis, stops, n)
        where not exists (select from purpose x where x.controller_id = c.controller_id and x.key = k.key);
    -- a retired purpose is loaded beside the document's, and an entity that came later has a number under it too
    insert into purpose (controller_id, purpose_id, key, basis, stops, retired)
        select c.controller_id,
               (select max(x.purpose_id) from purpose x where x.controller_id = c.controller_id) + row_number() over (order by k.key),
               k.key, k.basis, k.stops, true
        from (select r.key || '@' || e.key as key, r.basis, r.stops
              from purpose r
              cross join (select distinct split_part(p.key, '@', 2) as key from unnest(p_purposes) p(key)) e
              where r.controller_id = c.controller_id and r.retired and r.key !~ '@' and e.key <> '') k
        where not exists (select from purpose x where x.controller_id = c.controller_id and x.key = k.key);
    insert into notice (controller_id, notice_no, id, version, sha256)
        select c.controller_id,
               (select coalesce(max(x.notice_no), 0) from notice x where x.controller_id = c.controller_id)
                   + row_number() over (order by k.n), k.id, k.version, k.sha256
        from unnest(p_notice_ids, p_notice_versions, p_notice_hashes) with ordinality k(id, version, sha256, n)
        where not exists (select from notice x where x.controller_id = c.controller_id and x.id = k.id
                          and x.version = k.version);
    update controller set policy_version = version, generation = greatest(generation + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint), country = p_country,
                          time_zone = p_time_zone
        where controller_id = c.controller_id;
    outcome := 0;
    perform keep_policy_answer(c.controller_id, p_key_hash, p_fingerprint, outcome, version);
end $$;

-- Ends a double opt-in: the Yes that waits becomes a Yes, unless its time is over, it was used, or a No came in between. The token told
-- subject, purpose and the revision of the request. One act of its own: see record().
create function confirm(
    c integer, p_generation bigint, p_policy_version integer, p_key bytea, p_fingerprint bytea, p_context text, p_actor text,
    p_subject bigint, p_purpose integer, p_revision bigint, p_method smallint, p_validity interval, p_tie integer, p_effect smallint,
    p_record uuid, p_evidence text)
returns setof recorded language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    i identifier;
    e event;
    waits consent;
    time_bits constant bigint := 9007199254740991;
begin
    perform from head where controller_id = c for no key update;
    if (select x.generation from controller x where x.controller_id = c) is distinct from p_generation then
        return next row(4, null, null, null, null, null, null, null, null, null, null, null, null, null, null)::recorded;
        return;
    end if;
    -- a repeat of the first request with the same key gets the first answer, though nothing waits any more
    if exists (select from idempotency x where x.controller_id = c and x.key_hash = p_key
               and x.recorded_at > clock_timestamp() - interval '24 hours') then
        return next row(case when exists (select from idempotency x where x.controller_id = c and x.key_hash = p_key
                                          and x.fingerprint = p_fingerprint) then 1 else 2 end,
                        0, null, null, null, null, null, null, null, null, null, null, null, null, null)::recorded;
        return;
    end if;
    select * into i from identifier x where x.controller_id = c and x.subject_no = p_subject order by x.tag limit 1;
    select * into waits from consent x
        where x.controller_id = c and x.tag = i.tag and x.purpose_id = p_purpose and x.slot = 2
              and x.revision = p_revision and x.valid_until > clock_timestamp();
    if waits.tag is null or exists (
        select from consent x
        where x.controller_id = c and x.tag = i.tag and x.slot in (0, 1) and x.rank & 15 >= 8
              -- the purpose for all entities and for each: a No to any of them came in between
              and x.purpose_id in (select 0 union all
                                   select q.purpose_id from purpose q, purpose w
                                   where w.controller_id = c and w.purpose_id = p_purpose and q.controller_id = c
                                         and split_part(q.key, '@', 1) = split_part(w.key, '@', 1))
              and (x.rank >> 4) & time_bits >= (waits.rank >> 4) & time_bits) then
        return next row(7, 0, null, null, null, null, null, null, null, null, null, null, null, null, null)::recorded;
        return;
    end if;
    select * into e from event x where x.controller_id = c and x.revision = p_revision;
    delete from consent x using identifier t
        where t.controller_id = c and t.subject_no = p_subject
              and x.controller_id = c and x.tag = t.tag and x.purpose_id = p_purpose and x.slot = 2;
    return query select * from record(
        c, p_generation, p_policy_version, array[p_key], array[p_fingerprint], array[p_context], array[p_actor],
        array[0], array[i.tag], array[set_byte('\x00'::bytea, 0, i.type)], array[null::bytea], array[p_purpose],
        array[0::smallint], array[e.role], array[p_method], array[(2::bigint << 57) + 2], array[p_tie], array[false],
        array[null::bigint], array[0::bigint], array[p_validity], array[e.notice_no], array[p_effect], array[p_record],
        array[e.language], array[e.ref], array[null::text], array[p_evidence]);
end $$;
revoke execute on function confirm from public;

-- Lets go of idempotency keys after 24 h. A bounded number (EXPIRE_KEYS_MAX) goes at a time so that no transaction is long.
create function expire_keys() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    n integer;
begin
    delete from idempotency
        where ctid = any (array(
                  select ctid from idempotency where recorded_at < clock_timestamp() - interval '24 hours' limit 5000))
              and recorded_at < clock_timestamp() - interval '24 hours';
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function expire_keys from public;

-- Lets go of requests that were not confirmed in time.
create function expire_pending() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    n integer;
begin
    delete from consent where slot = 2 and ctid = any (array(
        select ctid from consent where slot = 2 and valid_until < clock_timestamp() limit 1000));
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function expire_pending from public;
