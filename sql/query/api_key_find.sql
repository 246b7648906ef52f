-- SPDX-License-Identifier: Apache-2.0
-- $1 the id of a key. No row: there is none, or it has ended. The last column: whether it was used today, as
-- far as is written.
select c.controller_id, c.key, k.hash, k.name, k.scopes, k.expires_at, statement_timestamp() as as_of,
       k.last_used_on is not distinct from current_date as used_today
from api_key k join controller c on c.controller_id = k.controller_id
where k.key_id = $1 and (k.expires_at is null or k.expires_at > statement_timestamp());
