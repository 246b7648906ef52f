-- SPDX-License-Identifier: Apache-2.0
-- oldest: 70
-- Imports: which lines of which batch are in the ledger, and events that have lost their rank.

-- A batch as its callers name it; 0 stands for copies that name none.
create table import_batch (
    controller_id  integer not null,
    batch_no       integer not null check (batch_no > 0),
    source         text not null, -- the system that it was copied from
    batch          text not null,
    begun_at       timestamptz not null default clock_timestamp(),
    primary key (controller_id, batch_no),
    unique (controller_id, source, batch)
);

-- A line that was imported, under the person it is of. line is a hash of what it says without whom it is of,
-- so that it survives a rotation of the subject key; what else the act named is mixed in
-- (sql/function/import_line.sql). A line that several batches have is one event, and a row of each: whoever
-- takes out a batch takes out the events that no other batch has.
create table imported (
    controller_id  integer not null,
    subject_no     bigint not null,
    line           uuid not null,
    batch_no       integer not null, -- 0: of no batch
    revision       bigint not null  -- of the event
);
create index imported_by_batch on imported (controller_id, batch_no, revision);
-- Behind the other: of two indexes that look alike, as they do while a table is small, the later made is
-- taken.
alter table imported add primary key (controller_id, subject_no, line, batch_no);

do $$
declare
    name text;
begin
    foreach name in array array['import_batch', 'imported'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;

-- What import_acts() tells of an act: what became of it, and what was known under each tag of it before and
-- afterwards (states_framed.sql); after is null where nothing was, and only the act's own state came.
create type import_told as (
    told    recorded,
    before  bytea,
    after   bytea
);
