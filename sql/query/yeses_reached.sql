-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags, $3 purposes that a No to everything stops: the Yeses that a No under these would
-- stop. Each row also gives the generation; where there is no such Yes, one row gives nothing else.
select c.generation, y.purpose_id, y.newest, y.stands
from controller c
left join lateral yeses_reached($1, $2, $3) y on true
where c.controller_id = $1;
