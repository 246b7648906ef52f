-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 messages.
select postpone_messages($1::int4, $2::int8[]);
