-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a link's id: what it is for, whose it is, and the tags that it names, in their order,
-- each with its place among those that it was made of. Each row also gives the generation; where there is no
-- such link, one row gives nothing else.
select c.generation, l.content, l.subject_no, t.tag, t.place
from controller c
left join lateral (select x.link_id, x.content, x.subject_no from kept_link x
                   where x.controller_id = $1 and x.link_id = $2 offset 0) l on true
left join lateral (select x.place, x.tag from kept_link_tag x
                   where x.controller_id = $1 and x.link_id = l.link_id offset 0) t on true
where c.controller_id = $1
order by t.place;
