-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 id (a UUID as text).
select resend_message($1::int4, $2::text::uuid);
