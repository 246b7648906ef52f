-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a person: the identifiers that they have and nobody else shares, the strongest first.
-- Each row also gives the generation; where nobody has that number, one row gives nothing else.
select c.generation, p.tag, p.type
from controller c
left join lateral person_own($1, $2) with ordinality p(tag, type, place) on true
where c.controller_id = $1
order by p.place;
