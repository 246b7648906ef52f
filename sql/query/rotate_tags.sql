-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a tag, $3 how many: the next tags behind it that were made by a subject key older than
-- the one in force. A tag starts with its key's number, so these are one range of the indexes. The bound
-- is a scalar subquery: joined, it would cost a sort of the whole range each time.
(select distinct s.tag from consent s
 where s.controller_id = $1 and s.tag > $2
       and s.tag < (select set_byte('\x00', 0, key_last) from controller where controller_id = $1)
 order by s.tag limit $3)
union
(select i.tag from identifier i
 where i.controller_id = $1 and i.tag > $2
       and i.tag < (select set_byte('\x00', 0, key_last) from controller where controller_id = $1)
 order by i.tag limit $3)
union
(select g.tag from guardian g
 where g.controller_id = $1 and g.tag > $2
       and g.tag < (select set_byte('\x00', 0, key_last) from controller where controller_id = $1)
 order by g.tag limit $3)
union
(select distinct o.tag from outbox o
 where o.controller_id = $1 and o.tag > $2
       and o.tag < (select set_byte('\x00', 0, key_last) from controller where controller_id = $1)
 order by o.tag limit $3)
union
(select distinct l.tag from kept_link_tag l
 where l.controller_id = $1 and l.tag > $2
       and l.tag < (select set_byte('\x00', 0, key_last) from controller where controller_id = $1)
 order by l.tag limit $3)
order by tag limit $3;
