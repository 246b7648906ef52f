-- SPDX-License-Identifier: Apache-2.0
-- $1 a line of erasures, $2 who does it again: what came of it, or null where there is no such controller.
select erase_again($1::text::jsonb, $2);
