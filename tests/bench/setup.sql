-- SPDX-License-Identifier: Apache-2.0
-- What select.sql and insert.sql work on, in a database of their own that has the service's schema
-- (sql/migrate/): so that columns and indexes are the same. psql's variable subjects is the number of rows.
-- pgbench names no controller, and pays for no wall.
select format('alter table %s disable row level security', oid::regclass) from pg_class
    where relrowsecurity \gexec
create table lookup (
    subject_no   bigint primary key,
    rank         bigint not null,
    revision     bigint not null,
    valid_until  timestamptz,
    notice_no    integer,
    record_id    uuid not null
);
insert into lookup
    select n, n << 6, n, null, 1, gen_random_uuid() from generate_series(1, :subjects) n;

create sequence ledger;
insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at, notice_no,
                   policy_version, slot, flags, role, method, effect, was, answer, actor)
    select 1, nextval('ledger'), record_id, subject_no, 1, rank, clock_timestamp(), 1, 1, 0, 0, 1, 1, 0, 0,
           0, 'bench'
    from lookup;
insert into consent (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank, revision,
                            record_id)
    select controller_id, '\x01'::bytea || uuid_send(gen_random_uuid()), purpose_id, slot, notice_no, 0, 0,
           rank, revision, record_id
    from event;

grant select on lookup to akkoord;
grant usage on sequence ledger to akkoord;
grant select, insert, update on event, consent to akkoord;
vacuum analyze;
