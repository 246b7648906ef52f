-- SPDX-License-Identifier: Apache-2.0
-- $1 endpoints that this session holds, $2 how many more.
select * from take_endpoints($1::int4[], $2::int4);
