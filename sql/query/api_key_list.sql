-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key; null: of all. Those that have ended stand here until the next is added.
select c.key, k.key_id, k.name, k.scopes, k.created_at, k.created_by, k.expires_at,
       k.last_used_on::timestamptz as last_used_on
from api_key k join controller c on c.controller_id = k.controller_id
where $1::text is null or c.key = $1
order by c.key, k.created_at, k.key_id;
