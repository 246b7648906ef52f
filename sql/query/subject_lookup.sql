-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 tags: the subjects they belong to, in the order of the tags. Tags never seen give no row.
select i.subject_no
from unnest($2::bytea[]) with ordinality t(tag, n)
join identifier i on i.controller_id = $1 and i.tag = t.tag
order by t.n;
