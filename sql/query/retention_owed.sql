-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 at which time (microseconds since 1970; null: now), $3 what is gone, and not what is
-- due; $4 a client's key, '' for the controller's own, or null, $5 a purpose's key or null, $6 a data class
-- or null; behind $7 (a time), $8 (a subject) and $9 (a key); $10 at most so many. One row without an item
-- where there is none.
select c.generation, statement_timestamp() as as_of, o.*
from controller c
left join lateral retention_owed($1, coalesce(time_of($2), statement_timestamp()), $3, $4, $5, $6,
                                 time_of($7), $8, $9, $10) o on true
where c.controller_id = $1;
