-- SPDX-License-Identifier: Apache-2.0
-- oldest: 1
-- The ledger and what hangs on it: tables, and what a table cannot be without. All other functions are in
-- sql/function/.
--
-- Every primary key but that of subject_key starts with controller_id, and no constraint reaches across
-- controllers: a controller can be moved whole. To spread the tables over machines by controller_id takes
-- more. Tried on Citus 13.2: it refuses the unique (key) of controller and the triggers of event; what a
-- session has set, which the wall below reads, does not reach the machines that hold the rows; and a
-- statement may read one controller, where a batch of checks may name several. What else such an engine
-- refuses stays out of sql/ by tests/rules/distributed.

create table controller (
    controller_id   integer generated always as identity primary key,
    key             text not null unique,
    country         text not null,
    time_zone       text not null, -- dates of its policy and people end at 00:00 there
    -- counts changes of the policy and of the keys in force: what a service holds of a controller is good
    -- while this stands (microseconds since 1970, so that a database that lost one in a failover never gives
    -- its number to another)
    generation      bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    policy_version  integer not null default 0,
    subject_id_key  bytea not null default uuid_send(gen_random_uuid()),
    key_first       smallint not null, -- number of the subject key its first tag was made by
    key_oldest      smallint not null, -- lowest that tags may carry; below key_last while a rotation runs
    key_last        smallint not null, -- number of the subject key in force
    created_at      timestamptz not null default clock_timestamp()
);

-- The lock every writer takes first, and the counters it guards. Updated by each batch: kept short and HOT.
create table head (
    controller_id  integer primary key,
    revision       bigint not null default 0,
    subject_no     bigint not null default 0, -- the last number that an identifier got
    latest         bigint not null default 0  -- latest event time accepted (microseconds since 1970)
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
    entity         text not null default '', -- of the policy, where it is of this one only
    basis          text not null, -- fixed once the purpose is used
    stops          boolean not null, -- the standing No overrules it; cannot be taken back once there is one
    used           boolean not null default false, -- the ledger has events of it
    retired        boolean not null default false, -- it left the document, and the ledger has events of it
    primary key (controller_id, purpose_id),
    unique (controller_id, key, entity)
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

-- What people are known by. Each identifier has a number; that of a person's strongest identifier is the
-- person's (subject_no). Erasing a person removes the row, and with it the tie to the ledger.
create table identifier (
    controller_id  integer not null,
    tag            bytea not null, -- key number, then 128 bits of HMAC-SHA-256
    subject_no     bigint not null,
    type           smallint not null,
    is_person      boolean not null, -- it was the strongest of those an act named: it has a history
    is_tied        boolean not null default false, -- it stands in tie, on either side
    is_crowded     boolean not null default false, -- its Noes are not pushed: see sql/function/tie.sql
    is_ended       boolean not null default false, -- staff took its tag away: a Yes by it is over
    primary key (controller_id, tag)
);
create unique index identifier_by_subject on identifier (controller_id, subject_no);
create index identifier_crowded on identifier (controller_id, subject_no) where is_crowded;

-- Which identifiers were named beside a person's strongest. What a person has follows from it (tie.sql).
-- Nothing is tied to a visitor code.
create table tie (
    controller_id  integer not null,
    person_no      bigint not null, -- subject_no of the strongest
    beside_no      bigint not null, -- of the other
    beside_type    smallint not null, -- and its type
    primary key (controller_id, person_no, beside_no)
);
create index tie_by_beside on tie (controller_id, beside_no, person_no);

-- A guardian is a person of their own, known by an identifier that is tied to nobody here. The number is part
-- of the slots that keep what this guardian says.
create table guardian (
    controller_id  integer not null,
    tag            bytea not null,
    guardian_no    integer not null,
    is_forgotten   boolean not null default false, -- erased: the tag leads nowhere, the number stays taken
    primary key (controller_id, tag),
    unique (controller_id, guardian_no)
);

-- The ledger: append-only. The numbers in it are those of the program's domain/consent.h.
create table event (
    controller_id      integer not null,
    revision           bigint not null,
    record_id          uuid not null,
    subject_no         bigint not null,
    purpose_id         integer not null, -- 0: every purpose that a standing No overrules; below: of a channel
    rank               bigint not null,  -- class, event time and event state in one
    recorded_at        timestamptz not null,
    valid_until        timestamptz,
    notice_no          integer,          -- null: the words are not known
    policy_version     integer not null,
    slot               integer not null, -- enum slot, and whose: slot_of()
    flags              smallint not null, -- FLAG_...
    role               smallint not null,
    method             smallint not null,
    effect             smallint not null,
    was                smallint not null, -- state that stood before; 0: none
    was_each           bigint[],          -- for a standing No: purpose_id and rank of each that had one
    answer             smallint not null, -- what else its answer told: answer_...
    language           text,
    actor              text not null,     -- the client that recorded it
    ref                text,              -- the caller's own reference
    detail             jsonb              -- import, sale, minor, reason
);
create index event_by_subject on event (controller_id, subject_no, revision);
-- Behind the other: of two indexes that look alike, as they do while a table is small, the later made is
-- taken.
alter table event add primary key (controller_id, revision);

-- One act as the program sends it (service/store/record.h, struct act): the only list of its members here.
create type act as (
    request         integer, -- its index
    tags            bytea, -- of the identifiers named, the strongest first, one behind the other
    types           bytea, -- likewise
    old_tags        bytea, -- while a rotation runs: the same under the key that goes
    purpose_id      integer,
    over            integer[], -- whose Noes count for this purpose too; the first its number for all entities
    slot            integer, -- of the person: the guardian's number is added
    guardian        bytea, -- the tag of a guardian who is named
    old_guardian    bytea,
    guardian_no     integer, -- of one who is not named; 0: none
    flags           smallint,
    role            smallint,
    method          smallint,
    rank_base       bigint, -- the rank at time 0
    tiebreak        integer,
    floating        boolean, -- a No without a time: the later of now and of what was accepted
    at              bigint, -- when it was said (microseconds since 1970); null: age before now
    age             bigint,
    validity        interval,
    notice_no       integer,
    effect          smallint, -- where it is not superseded; effect_settled_there(): applied or pending
    record_id       uuid,
    language        text,
    ref             text,
    detail          text, -- JSON
    evidence        text, -- JSON
    age_until       text, -- told of the person's age: '' of age, 'infinity' or a day; null: nothing
    age_documented  boolean,
    care_until      text, -- likewise of being represented
    care_documented boolean
);

-- What became of an act, or of a request that was left out: a row of record(), the only list of its columns.
create type recorded as (
    outcome         smallint, -- an enum record_outcome
    request         integer,  -- index
    act             integer,  -- likewise
    record_id       uuid,
    revision        bigint,
    subject_no      bigint,
    rank            bigint,
    recorded_at     timestamptz,
    valid_until     timestamptz,
    purpose_id      integer,
    effect          smallint,
    was             smallint,
    was_each        bigint[],
    policy_version  integer,
    context         text, -- of a first answer (replay.sql)
    answer          smallint
);

-- Which identifiers an event named beside its person's strongest, where there were any. Beside the ledger,
-- since it may be erased.
create table named (
    controller_id  integer not null,
    revision       bigint not null,
    beside_nos     bigint[] not null, -- subject_no of each
    primary key (controller_id, revision)
);

-- Requests that were confirmed, and by which event: a token is good once.
create table confirmed (
    controller_id  integer not null,
    request        bigint not null, -- revision of the request
    revision       bigint not null, -- of its confirmation
    primary key (controller_id, request)
);

-- Here, and not in sql/function/: there is no trigger without it.
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

-- What is known under each tag: what a check reads, one index range a tag. What was said by name and what
-- reached the tag from elsewhere, a Yes and a No, the person and each guardian have slots of their own, so
-- that each row is only ever replaced by one of higher rank, whatever order they come in.
create table consent (
    controller_id  integer not null,
    tag            bytea not null,
    purpose_id     integer not null, -- or purpose_all(), purpose_of_channel(), purpose_pointer()
    slot           integer not null,
    notice_no      integer,
    flags          smallint not null,
    tiebreak       integer not null, -- of equal ranks the higher stands: a hash of what the event says
    rank           bigint not null,
    revision       bigint not null,
    valid_until    timestamptz,
    record_id      uuid not null,
    primary key (controller_id, tag, purpose_id, slot)
) with (fillfactor = 85);
create index consent_pending on consent (valid_until) where slot = 6; -- slot_pending()

-- First answers to writes with an Idempotency-Key, kept 24 h. Key and body are HMACs; context is the answer
-- without what the events themselves say.
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

-- The second wall between controllers, behind the keys: the service's role reaches rows of those controllers
-- only that sql/query/admit.sql named in the same transaction, whatever else a statement forgets to ask.
-- Where none was named, a row in reach is an error. Outside of it stands what is read before a controller's
-- number is known, or is nothing but a counter: controller, policy, purpose, notice, revoked, api_key,
-- subject_key, head. An owner is not held: erasure, rotation and housekeeping run as one. A function, and no
-- "= any", which would become one more index condition to be prepared for each probe; and no subquery around
-- the setting, which would be read once a statement instead of once a row, since it saves too little to be
-- told from the noise.
do $$
declare
    name text;
begin
    foreach name in array array['identifier', 'tie', 'guardian', 'event', 'named', 'confirmed', 'evidence',
                               'purged', 'consent', 'idempotency'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;

-- Tokens that were taken back before they expired, by their jti. A service reads them with the policy, and is
-- told of another generation by its next statement: no check asks for them.
create table revoked (
    controller_id  integer not null,
    token_id       text not null,
    expires_at     timestamptz not null, -- of the token, and the skew allowed: then it is refused by itself
    primary key (controller_id, token_id)
);

-- API keys that may be used. The key itself is nowhere: it is 256 random bits, which its hash does not give
-- away.
create table api_key (
    controller_id  integer not null,
    key_id         text not null, -- what stands in the key itself, and in lists
    hash           bytea not null, -- SHA-256 of the whole key
    name           text not null, -- the actor of its events
    scopes         text not null, -- words, a space between them
    created_at     timestamptz not null,
    created_by     text not null, -- the client that made it
    expires_at     timestamptz, -- null: never
    last_used_on   date,
    primary key (controller_id, key_id)
);
create index api_key_by_id on api_key (key_id);
