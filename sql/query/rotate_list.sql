-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key, or null for all: which subject keys are in force.
select controller_id, key, key_first, key_oldest, key_last
from controller where $1::text is null or key = $1 order by controller_id;
