-- SPDX-License-Identifier: Apache-2.0
-- oldest: 40
-- What staff does to persons: what has to be kept so that the states of a person can be derived anew from the
-- acts that are left (sql/function/rebuild.sql).

-- Of equal ranks the higher stands: a hash of what the event says.
alter table event add column tiebreak integer not null default 0;

-- What an event told of its person's age, or of being represented: until when it limits (microseconds since
-- 1970); 0: not at all; null: it told nothing. Beside the ledger, since it may be erased.
create table told (
    controller_id    integer not null,
    revision         bigint not null,
    age_until        bigint,
    age_documented   boolean not null,
    care_until       bigint,
    care_documented  boolean not null,
    primary key (controller_id, revision)
);

-- Which events named an identifier beside their person's strongest: table named, looked at from there.
create table beside (
    controller_id  integer not null,
    beside_no      bigint not null,
    revision       bigint not null,
    primary key (controller_id, beside_no, revision)
);
insert into beside (controller_id, beside_no, revision)
    select distinct n.controller_id, b.no, n.revision from named n cross join unnest(n.beside_nos) b(no);

-- Events that have no rank any more: they stay in the ledger, and nothing follows from them.
create table unranked (
    controller_id  integer not null,
    revision       bigint not null,
    by_revision    bigint not null, -- the event that says so
    primary key (controller_id, revision)
);

-- An identifier of which some acts belong to one person and some to another (split, ended): what the one's
-- named stands under a number of its own, which no tag leads to. What stood under either when that was said
-- stands under both.
create table alias (
    controller_id  integer not null,
    revision       bigint not null, -- the event that says so
    alias_no       bigint not null,
    of_no          bigint not null,
    is_mutual      boolean not null, -- false: the alias heard the Noes of the other, and nothing else
    primary key (controller_id, alias_no)
);
create index alias_by_no on alias (controller_id, of_no);

-- Noes and limits that reached an identifier by ties that an erasure or a split took away, and go on reaching
-- it: as they stand there, in the slot where what comes from elsewhere does.
create table remaining (
    controller_id  integer not null,
    subject_no     bigint not null,
    purpose_id     integer not null,
    slot           integer not null,
    flags          smallint not null,
    tiebreak       integer not null,
    rank           bigint not null,
    revision       bigint not null, -- of the event that said it
    valid_until    timestamptz,
    notice_no      integer,
    record_id      uuid not null,
    kept_by        bigint not null, -- the event of staff's
    primary key (controller_id, subject_no, purpose_id, slot)
);
create index remaining_by_event on remaining (controller_id, revision);

-- Who was erased and is not to come back: by tag, since nothing else is known of them. It stands under its
-- tag as a No that reached it, of state erased, until its term ends.
create table tombstone (
    controller_id  integer not null,
    tag            bytea not null,
    revision       bigint not null, -- of the erasure
    record_id      uuid not null,
    rank           bigint not null,
    until          timestamptz not null,
    denied         integer[] not null default '{}', -- purposes besides: of each a No stood
    primary key (controller_id, tag)
);
create index tombstone_by_end on tombstone (until);
create index tombstone_by_erasure on tombstone (controller_id, revision);

-- What staff asks of one person, as the program sends it (service/store/staff.h), and what came of it.
create type staff_ask as (
    kind            integer, -- staff_...()
    subject_no      bigint,
    other_no        bigint, -- whom they are merged with; 0: nobody
    tags            bytea[], -- of the identifiers that it is about
    types           smallint[],
    old_tags        bytea[], -- while a rotation runs: the same under the key that goes
    is_proven       boolean, -- a correction: it is known to be the same person
    keep_proof      boolean, -- an erasure: what is left of the events; null: where there was a Yes
    remember_no     boolean, -- likewise: a tombstone
    term            interval, -- of the tombstone; of a confirmation
    confirms        integer[], -- a correction: purposes whose Yes the new address has to confirm
    messages        bytea[], -- and what it is sent for each, sealed; null: nothing is delivered
    detail          text, -- JSON: what the event says
    record_id       uuid,
    request_id      uuid, -- the rights-request that it answers; null: none
    on_behalf_of    text,
    token           text, -- as in audit
    acted_at        bigint -- an erasure that is done again: when it was done first; null: now
);
create type staffed as (
    outcome      smallint, -- enum staff_outcome
    revision     bigint,
    record_id    uuid,
    recorded_at  timestamptz,
    subject_no   bigint, -- whom it is of now
    counts       bigint[], -- an erasure: enum erase_count; a correction: revisions of requests
    until        timestamptz -- of a tombstone
);

create index confirmed_by_event on confirmed (controller_id, revision);
create index event_by_guardian on event (controller_id, (slot >> 4)) where slot >= 128;

do $$
declare
    name text;
begin
    foreach name in array array['told', 'beside', 'unranked', 'alias', 'remaining', 'tombstone'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;
