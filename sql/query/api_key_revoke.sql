-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key (null: any), $2 the id of a key. Whether there was one.
select revoke_api_key($1::text, $2::text);
