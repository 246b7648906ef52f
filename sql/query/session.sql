-- SPDX-License-Identifier: Apache-2.0
-- Run on each new connection: whether it may be used at all. $1 numbers and $2 check values of the subject
-- keys this service holds. A row: schema step, oldest program it serves, number of keys that do not match,
-- whether the session's settings took, and which process serves it: a pooler in between names another one.
-- Then which server answers, since when, and which of its histories (store/database.h).
select (select max(step) from migration),
       (select oldest from migration order by step desc limit 1),
       (select count(*)::int4 from register_keys($1::int2[], $2::bytea[])),
       current_setting('transaction_isolation') = 'read committed'
           and current_setting('synchronous_commit') in ('on', 'remote_apply')
           and current_setting('TimeZone') = 'UTC'
           and current_setting('lock_timeout') <> '0'
           and not pg_is_in_recovery(),
       pg_backend_pid(),
       case when not pg_is_in_recovery()
            then format('%s %s', (extract(epoch from pg_postmaster_start_time()) * 1000000)::int8,
                        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)) end;
