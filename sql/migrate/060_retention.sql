-- SPDX-License-Identifier: Apache-2.0
-- oldest: 60
-- How long anything is kept: what was let go of, run by run, and the clocks of what others hold. As in 001:
-- every key starts with controller_id, and the wall stands around all three.

-- One pass over a controller's ledger. An open one goes on where it stopped, on whatever node.
create table retention_run (
    controller_id   integer not null,
    run_no          integer not null,
    started_at      timestamptz not null,
    ended_at        timestamptz, -- null: it is at work, or was stopped
    policy_version  integer not null, -- by whose rules
    rules           jsonb not null, -- as retention_rules() made them of it, for what is held here
    others          jsonb not null, -- likewise retention_rules_of_others()
    looked_to       bigint not null default 0, -- revision up to which it has looked
    until           bigint not null, -- revision it goes up to: the head's when it began
    events          bigint not null default 0, -- that went
    evidence        bigint not null default 0, -- likewise, of events that stay too
    states          bigint not null default 0,
    identifiers     bigint not null default 0,
    by_rule         jsonb not null default '{}', -- events and evidence, by the rule they went by
    oldest_left     timestamptz, -- recorded_at of the oldest event that stays
    gone_to         bigint not null default 0, -- revision up to which it left nothing
    records         boolean not null default false, -- whether it has been through what is held beside events
    primary key (controller_id, run_no)
);
create index retention_run_open on retention_run (controller_id) where ended_at is null;

-- When the clock of a rule began to run, for what other systems hold of a subject.
create table retention_start (
    controller_id  integer not null,
    subject_no     bigint not null,
    event          text not null, -- what a rule counts from (after): contract_end and the like
    client         text not null, -- of the policy, whose rules count; '': the controller's own
    purpose        text not null, -- whose rules; '': of all
    ref            text not null, -- the caller's own, such as a contract's number; '': none
    at             timestamptz not null,
    actor          text not null,
    recorded_at    timestamptz not null,
    primary key (controller_id, subject_no, event, client, purpose, ref)
);
create index retention_start_by_event on retention_start (controller_id, event, at);

-- Who said that what was due is gone.
create table retention_deletion (
    controller_id  integer not null,
    subject_no     bigint not null,
    client         text not null, -- for whom it was held; '': for the controller
    purpose        text not null,
    data_class     text not null,
    ref            text not null,
    at             timestamptz not null, -- when it was deleted
    actor          text not null,
    recorded_at    timestamptz not null,
    primary key (controller_id, subject_no, client, purpose, data_class, ref)
);

do $$
declare
    name text;
begin
    foreach name in array array['retention_run', 'retention_start', 'retention_deletion'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;
