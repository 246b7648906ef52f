-- SPDX-License-Identifier: Apache-2.0
-- What /readyz asks: answers only from a primary whose schema serves this program.
select (select max(step) from migration), (select oldest from migration order by step desc limit 1);
