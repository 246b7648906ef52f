-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- What comes to its end by time alone: how far that was told (sql/function/endings.sql).

-- What ends when. What had ended when it was recorded says so itself.
create index event_by_end on event (controller_id, valid_until, revision) where valid_until > recorded_at;
create index told_by_age on told (controller_id, age_until, revision) where age_until > 0;
create index told_by_care on told (controller_id, care_until, revision) where care_until > 0;

-- Up to where endings of each kind were told.
create table ending_told (
    controller_id  integer not null,
    kind           smallint not null, -- ending_...()
    at             timestamptz not null,
    revision       bigint not null,
    primary key (controller_id, kind)
);
-- What ended before this step is told to nobody.
insert into ending_told (controller_id, kind, at, revision)
    select c.controller_id, k,
           clock_timestamp() + case k when 2 then interval '30 days' else interval '0' end, 0
    from controller c cross join generate_series(1, 4) k;

-- Ends that no event has, since a later policy made them: of a Yes whose purpose has a shorter validity now,
-- and the days that the policy itself names (revision 0).
create table ending_due (
    controller_id  integer not null,
    at             timestamptz not null,
    revision       bigint not null,
    kind           smallint not null,
    primary key (controller_id, at, revision, kind)
);

-- The policy whose ends were looked for last; while it is a pass over the ledger, how far that is.
create table ending_policy (
    controller_id   integer primary key,
    policy_version  integer not null,
    rules           jsonb, -- of a pass: validity by purpose_id; null: none is made
    looked_to       bigint not null default 0,
    until           bigint not null default 0,
    turn_at         timestamptz -- when a batch of it was last made
);
insert into ending_policy (controller_id, policy_version)
    select controller_id, policy_version from controller;

do $$
declare
    name text;
begin
    foreach name in array array['ending_told', 'ending_due', 'ending_policy'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;
