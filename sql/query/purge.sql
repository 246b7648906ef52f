-- SPDX-License-Identifier: Apache-2.0
-- $1 the number of the chore's lock, held to the end of the transaction: null where another node holds it. $2
-- a controller's key, or null for all; $3 whether a run begins at once, null: none begins. One batch of what
-- is kept no longer, of events first, then of what is held beside them; false where there is nothing to do.
select case when pg_try_advisory_xact_lock(2556673, $1)
            then case when purge($2, $3) then true else purge_records($2) end end;
