-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key, $2 a token's jti, $3 until when it would be good (microseconds since 1970). Whether
-- there is such a controller.
select revoke_token($1::text, $2::text, time_of($3::int8));
