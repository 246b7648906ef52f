-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 the id of a key of its that was used.
update api_key set last_used_on = current_date
where controller_id = $1::int4 and key_id = $2::text and last_used_on is distinct from current_date
returning key_id;
