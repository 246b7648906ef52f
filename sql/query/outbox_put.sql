-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 kind, $3 tag, $4 content, $5 end of its link (microseconds since 1970), $6 and $7 limits:
-- so many in so many seconds.
select put_message($1::int4, $2::int4::smallint, $3::bytea, $4::bytea, time_of($5::int8), $6::int4[],
                   $7::int4[]);
