-- SPDX-License-Identifier: Apache-2.0
-- $1 controllers: until the end of the transaction their rows may be reached, and no others'. Sent ahead of
-- every batch's statement.
select set_config('akkoord.controllers', $1::int4[]::text, true);
