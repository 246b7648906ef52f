-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 name: something arrived there, so that it is neither paused nor stopped.
update endpoint set failures = 0, paused_until = null, stopped_at = null
where controller_id = $1::int4 and name = $2::text
returning name;
