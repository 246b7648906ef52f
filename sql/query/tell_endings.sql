-- SPDX-License-Identifier: Apache-2.0
-- $1 the number of the chore's lock, held to the end of the transaction: null where another node holds it;
-- else whether there was anything to tell.
select case when pg_try_advisory_xact_lock(2556673, $1) then tell_endings()::int4 end::int8;
