-- SPDX-License-Identifier: Apache-2.0
-- The roles and the database. PostgreSQL's image runs it when it makes its data; run
-- it again when a password changed.
\set ON_ERROR_STOP on
set log_min_error_statement = panic; -- a statement that fails would stand in the log, password and all
set synchronous_commit = local; -- a standby can only be made once its role is there

\set owner_password `cat /run/keys/akkoord_owner.password`
\set service_password `cat /run/keys/akkoord.password`
\set standby_password `cat /run/keys/akkoord_standby.password`

select format('create role %I login', role)
from unnest(array['akkoord_owner', 'akkoord', 'akkoord_standby']) role
where not exists (select from pg_roles where rolname = role)
\gexec
alter role akkoord_owner password :'owner_password';
alter role akkoord password :'service_password';
alter role akkoord_standby replication password :'standby_password';

-- PostgreSQL's own log must not print a person's data from a failing row.
alter role akkoord set log_error_verbosity = 'terse';
alter role akkoord set log_min_error_statement = 'panic';
alter role akkoord set synchronous_commit = 'on';

select 'create database akkoord owner akkoord_owner'
where not exists (select from pg_database where datname = 'akkoord')
\gexec
