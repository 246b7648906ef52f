-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a person, $3 a revision, $4 how many from there on, $5 the tags that a guardian who has
-- not answered may be known by: what that guardian was asked, oldest first, whom it names, and what this
-- guardian said last of it (rank, revision; null: nothing), and whether the child's or the guardian's
-- address was left since. A No that was told with a customer code stands in the slot of what reaches it. Each
-- row also gives the generation and the time of the snapshot, and whether a second message can still leave;
-- where there is no request, one row gives nothing else.
select c.generation, statement_timestamp() as as_of, m.second, l.*
from controller c
cross join lateral (select exists (select from outbox o
                                   where o.controller_id = $1 and o.subject_no = $2 and o.revision = $3
                                         and o.kind = message_guardian_second() and o.status = 0)
                           and exists (select from endpoint e
                                       where e.controller_id = $1 and e.name = 'messages'
                                             and e.stopped_at is null) as second
                    offset 0) m
left join lateral (
    select (r.e).revision, (r.e).purpose_id, (r.e).notice_no, (r.e).language, (r.e).recorded_at,
           (r.e).valid_until, t.tags, t.types, s.rank, s.revision as said,
           asked_left($1, r.e, r.beside_nos) as is_left
    from requests_of($1, array[$2::bigint, $3::bigint, $4::bigint]) r
    left join lateral (select string_agg(i.tag, null order by n.place) as tags,
                              string_agg(set_byte('\x00', 0, i.type), null order by n.place) as types
                       from unnest((r.e).subject_no || r.beside_nos) with ordinality n(no, place)
                       cross join lateral (select x.* from identifier x
                                           where x.controller_id = $1 and x.subject_no = n.no offset 0) i
                       offset 0) t on true
    left join lateral (select x.rank, x.revision
                       from (select guardian_answered($1, $2, $3) as guardian_no) w
                       cross join lateral (select w.guardian_no where w.guardian_no is not null
                                           union all
                                           select y.guardian_no from unnest($5::bytea[]) k(tag)
                                           join guardian y on y.controller_id = $1 and y.tag = k.tag
                                           where w.guardian_no is null offset 0) g
                       cross join lateral (select y.rank, y.revision from consent y
                                           where y.controller_id = $1
                                                 and y.tag = substr(t.tags, 1, tag_size())
                                                 and y.purpose_id = (r.e).purpose_id
                                                 and y.slot in (g.guardian_no * slot_count() + slot_yes(),
                                                                g.guardian_no * slot_count() + slot_no(),
                                                                g.guardian_no * slot_count() + slot_reached())
                                           offset 0) x
                       order by x.rank desc limit 1) s on true
    order by (r.e).revision) l on true
where c.controller_id = $1
order by l.revision;
