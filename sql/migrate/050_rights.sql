-- SPDX-License-Identifier: Apache-2.0
-- oldest: 50
-- What people ask of a controller, who looked at their data, and what went wrong with it. These numbers have
-- a counter of their own, which is locked after the head or alone, and never before it.
create table register (
    controller_id  integer primary key,
    audit_no       bigint not null default 0,
    request_no     bigint not null default 0,
    breach_no      bigint not null default 0,
    trace_no       bigint not null default 0
) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Every read of a person's data, and what was done about a right. Numbers are without a gap, in the order of
-- their commits: who follows them by number misses none.
create table audit (
    controller_id  integer not null,
    audit_no       bigint not null,
    at             timestamptz not null,
    actor          text not null, -- the client, or the person behind a command
    token          text,          -- the jti of the token, or the id of the API key; null: neither
    action         text not null, -- a word
    subject_no     bigint,        -- whose data; null: of nobody in particular
    found          integer not null, -- how many persons, events or rows were told
    reason         text,
    on_behalf_of   text,
    request_id     uuid,          -- the rights-request that it was for
    primary key (controller_id, audit_no)
);
create index audit_by_subject on audit (controller_id, subject_no, audit_no) where subject_no is not null;

-- What people asked, with its clock.
create table rights_request (
    controller_id   integer not null,
    request_no      bigint not null,
    request_id      uuid not null,
    edition         integer not null default 1, -- counts changes
    kind            text not null,
    subject_no      bigint,             -- null: nobody that is known here
    client          text,               -- of the policy: whose processor the controller is in this
    received_at     timestamptz not null,
    received_on     date not null,      -- where the controller is
    term            interval not null,  -- of the policy then
    extension       interval,           -- null: not extended
    extended_at     timestamptz,
    extension_reason text,
    paused_at       timestamptz,        -- null: the clock runs
    pause_reason    text,
    paused_days     integer not null default 0, -- of the pauses that ended
    paused_time     interval not null default '0', -- likewise
    due_on          date,               -- the last day; null: the term is in hours, or the clock stands
    due_at          timestamptz,        -- the end of it; null: the clock stands
    identity_method text,
    identity_outcome text not null,
    identity_at     timestamptz,
    identity_link   integer,            -- the edition that sent the last link; null: none was sent
    state           text not null,
    closed_at       timestamptz,
    closed_by       text,               -- the actor
    answer          text,               -- what closed it: an action of audit
    refusal_reason  text,
    complaint       text,               -- whom the person was told they may complain to
    medium          text,
    on_behalf_of    text,
    ref             text,
    recorded_at     timestamptz not null,
    recorded_by     text not null,
    primary key (controller_id, request_no),
    unique (controller_id, request_id)
);
create index rights_request_due on rights_request (due_at) where closed_at is null;
create index rights_request_by_end on rights_request (controller_id, closed_at) where closed_at is not null;
create index rights_request_by_subject on rights_request (controller_id, subject_no)
    where subject_no is not null;

-- Whose an answer is that is kept with an idempotency key, where it tells of somebody: it goes with them.
alter table idempotency add column subject_no bigint;
create index idempotency_by_subject on idempotency (controller_id, subject_no) where subject_no is not null;

-- Breaches of personal data: the record of GDPR art. 33(5).
create table breach (
    controller_id   integer not null,
    breach_no       bigint not null,
    breach_id       uuid not null,
    edition         integer not null default 1,
    known_at        timestamptz not null, -- when the controller became aware
    due_at          timestamptz not null, -- 72 hours later
    from_time       timestamptz,          -- of the events concerned; null: from the first
    to_time         timestamptz not null, -- up to this
    purposes        integer[],            -- null: all
    subjects        bigint[],             -- null: who has such events
    facts           text not null,
    effects         text,
    measures        text,
    data_classes    text[] not null,
    high_risk       boolean not null,
    reported_at     timestamptz,          -- to the supervisory authority
    not_reported    text,                 -- why it need not be
    delay           text,                 -- why it was later than 72 hours
    told_at         timestamptz,          -- the persons (art. 34)
    closed_at       timestamptz,
    on_behalf_of    text,
    recorded_at     timestamptz not null,
    recorded_by     text not null,
    primary key (controller_id, breach_no),
    unique (controller_id, breach_id)
);

create index breach_by_end on breach (controller_id, closed_at) where closed_at is not null;

-- That a check was asked, where its caller wanted that kept: one row a call, also of a batch. What it says of
-- question and answer is HMAC-SHA-256 under a salt that the caller alone was given.
create table check_trace (
    controller_id  integer not null,
    trace_no       bigint not null,
    trace_id       uuid not null,
    at             timestamptz not null,
    actor          text not null,
    ref            text not null,
    revision       bigint not null, -- of the ledger's head when it was answered
    policy_version integer not null,
    lines          integer not null,
    allowed        integer not null,
    hmac           bytea not null,  -- of what was asked
    answer_hmac    bytea not null,  -- of what was answered
    primary key (controller_id, trace_no),
    unique (controller_id, trace_id)
);
create index check_trace_by_ref on check_trace (controller_id, ref, trace_no);

-- Of identifiers that are still known: when something that was recorded with them went, or became somebody
-- else's. What stood at a moment before that is not known any more.
create table forgotten (
    controller_id  integer not null,
    tag            bytea not null,
    at             timestamptz not null,
    primary key (controller_id, tag)
);

-- What staff did to persons (slots of guardian_staff()), which is rare in a ledger.
create index event_of_staff on event (controller_id, revision) where slot between 68 and 79;
create index event_erased on event (controller_id, record_id) where slot = 70; -- staff_erased()

do $$
declare
    name text;
begin
    foreach name in array array['register', 'audit', 'rights_request', 'breach', 'check_trace',
                                'forgotten'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;
