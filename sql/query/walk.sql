-- SPDX-License-Identifier: Apache-2.0
-- A controller's persons by number, each with its own tag and what is heard under it. $1 a controller, $2
-- persons of a higher number, $3 so many numbers at most, $4 what is told of the event that a state comes
-- from (an enum walk_proof): nothing, from walk_refs() on whether it is another person's, role and ref, from
-- walk_origins() on also its import's batch and the form it was made on; $5 the purposes, or null: all. From
-- walk_origins() on identifiers that are no person's strongest are walked too, and a Yes that was said with
-- another one says with which (owner), and whether it is found elsewhere as well: there, or under a lower
-- number. Each row also gives the highest number there is, the generation and the time of the snapshot; where
-- none of these numbers is a person's, one row gives nothing else. Numbers are looked up one by one: the walk
-- needs no order from the planner, and a number that is nobody's costs a probe.
select h.subject_no as last, c.generation, statement_timestamp() as as_of, l.*
from controller c
join head h on h.controller_id = c.controller_id
left join lateral (
    select n.no as subject_no, i.tag, i.type,
           s.purpose_id, s.slot, s.rank, s.revision, s.valid_until, s.notice_no, s.record_id, s.flags,
           coalesce(e.subject_no <> n.no, false) as is_others, e.role, e.ref, e.batch, f.form,
           o.tag as owner_tag,
           o.type as owner_type, o.is_elsewhere
    from generate_series($2::int8 + 1, least($2::int8 + $3::int4, h.subject_no)) n(no)
    cross join lateral (select x.tag, x.type, x.is_person from identifier x
                        where x.controller_id = $1 and x.subject_no = n.no offset 0) i
    left join lateral states_heard($1, i.tag, $5::int4[]) s on true
    left join lateral (select x.subject_no, x.role, x.ref,
                              case when $4 >= walk_origins()
                                   then x.detail -> 'import' ->> 'batch' end as batch
                       from event x
                       where $4::int4 >= walk_refs() and x.controller_id = $1 and x.revision = s.revision
                       offset 0) e on true
    -- of a double opt-in, that on which it was asked for
    left join lateral (select coalesce(x.document ->> 'form',
                                       x.document -> 'requested' -> 'evidence' ->> 'form') as form
                       from evidence x
                       where $4 >= walk_origins() and x.controller_id = $1 and x.revision = s.revision
                       offset 0) f on true
    left join lateral (select x.tag, x.type,
                              exists (select from named m
                                      cross join unnest(e.subject_no || m.beside_nos) b(no)
                                      cross join lateral (select u.tag from identifier u
                                                          where u.controller_id = $1 and u.subject_no = b.no
                                                          offset 0) y
                                      cross join lateral (select u.revision from consent u
                                                          where u.controller_id = $1 and u.tag = y.tag
                                                                and u.purpose_id = s.purpose_id
                                                                and u.slot = s.slot offset 0) z
                                      where m.controller_id = $1 and m.revision = s.revision
                                            and z.revision = s.revision
                                            and (b.no = e.subject_no or b.no < n.no)) as is_elsewhere
                       from identifier x
                       where $4 >= walk_origins() and e.subject_no <> n.no and not rank_is_no(s.rank)
                             and x.controller_id = $1 and x.subject_no = e.subject_no
                       offset 0) o on true
    where i.is_person or $4 >= walk_origins()
    order by n.no) l on true
where c.controller_id = $1;
