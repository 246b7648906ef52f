-- SPDX-License-Identifier: Apache-2.0
-- $1 the number of the chore's lock, held to the end of the transaction: null where another node holds it.
select case when pg_try_advisory_xact_lock(2556673, $1) then expire_touched() end::int8;
