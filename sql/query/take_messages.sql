-- SPDX-License-Identifier: Apache-2.0
-- $1 controller; behind $2 (microseconds since 1970; null: from the first) and $3; $4 how many.
select * from take_messages($1::int4, coalesce(time_of($2::int8), '-infinity'), $3::int8, $4::int4);
