-- SPDX-License-Identifier: Apache-2.0
-- $1 an endpoint that this session holds.
select pg_advisory_unlock(2556674, $1::int4);
