-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 name of a recipient's endpoint: it was told of what is due, or nothing is.
update endpoint set due_told_at = statement_timestamp()
where controller_id = $1::int4 and name = $2::text
returning endpoint_no;
