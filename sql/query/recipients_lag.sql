-- SPDX-License-Identifier: Apache-2.0
-- Microseconds.
select (recipients_lag() * 1000000)::int8;
