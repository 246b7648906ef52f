-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key or null for all, $2 microseconds since 1970: the erasures since then, behind $3 a
-- controller and $4 a revision, at most $5. Rows: controller, revision, and what erase_again takes.
select * from erasures($1, time_of($2::int8), $3, $4, $5);
