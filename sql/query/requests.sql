-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a person, $3 a revision, $4 how many from there on: the requests among them that wait,
-- or waited, for a confirmation, oldest first, whom each names, what came of it, and which guardian says it
-- (0: the person does). Each row also gives the generation and the time of the snapshot; where there is no
-- request, one row gives nothing else.
select c.generation, statement_timestamp() as as_of, l.*
from controller c
left join lateral (
    select (r.e).revision, (r.e).record_id, (r.e).purpose_id, (r.e).rank, (r.e).notice_no, (r.e).language,
           (r.e).flags, (r.e).method, (r.e).recorded_at, (r.e).valid_until, v.document::text as evidence,
           f.revision as confirmed, z.recorded_at as confirmed_at, t.tags, t.types,
           ((r.e).slot / slot_count())::integer as guardian, (r.e).role
    from requests_of($1, array[$2::bigint, $3::bigint, $4::bigint]) r
    left join lateral (select x.document from evidence x
                       where x.controller_id = $1 and x.revision = (r.e).revision offset 0) v on true
    left join lateral (select x.revision from confirmed x
                       where x.controller_id = $1 and x.request = (r.e).revision offset 0) f on true
    left join lateral (select x.recorded_at from event x
                       where x.controller_id = $1 and x.revision = f.revision offset 0) z on true
    left join lateral (select string_agg(i.tag, null order by n.place) as tags,
                              string_agg(set_byte('\x00', 0, i.type), null order by n.place) as types
                       from unnest((r.e).subject_no || r.beside_nos) with ordinality n(no, place)
                       cross join lateral (select x.* from identifier x
                                           where x.controller_id = $1 and x.subject_no = n.no offset 0) i
                       offset 0) t on true
    where f.revision is not null or not request_left($1, r.e, r.beside_nos)
    order by (r.e).revision) l on true
where c.controller_id = $1
order by l.revision;
