-- SPDX-License-Identifier: Apache-2.0
select begin_rotation($1, $2::int4::int2);
