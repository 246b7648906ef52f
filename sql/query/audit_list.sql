-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 entries after this number, $3 so many numbers are looked through at most, $4 up to this
-- many, $5 of this subject, $6 of this actor, $7 from this moment on and $8 before that one (microseconds
-- since 1970); null: of any. Oldest first, each with the number that was looked through last; where there is
-- no entry one row gives nothing else. Those of one subject are found by an index, and all are looked
-- through.
with bounds as materialized (
    select greatest($2::int8, case when $7::int8 is not null
                                   then audit_since($1, time_of($7)) - 1
                                   -- the oldest may have been let go of
                                   else coalesce((select x.audit_no - 1 from audit x
                                                  where x.controller_id = $1
                                                  order by x.audit_no limit 1), 0) end) as after,
           coalesce((select r.audit_no from register r where r.controller_id = $1), 0) as last),
window_ as materialized (
    select b.after, b.last,
           case when $5::int8 is null then least(b.last, b.after + $3::int4) else b.last end as through
    from bounds b)
select w.through, w.last, l.*
from window_ w
left join lateral (
    select a.* from (
        (select x.audit_no, x.at, x.actor, x.token, x.action, x.subject_no, x.found, x.reason,
                x.on_behalf_of, x.request_id
         from audit x
         where $5::int8 is null and x.controller_id = $1 and x.audit_no > w.after
               and x.audit_no <= w.through
               and ($6::text is null or x.actor = $6)
               and ($8::int8 is null or x.at < time_of($8))
         order by x.audit_no limit $4::int4)
        union all
        (select x.audit_no, x.at, x.actor, x.token, x.action, x.subject_no, x.found, x.reason,
                x.on_behalf_of, x.request_id
         from audit x
         where $5 is not null and x.controller_id = $1 and x.subject_no = $5 and x.audit_no > w.after
               and ($6 is null or x.actor = $6)
               and ($8 is null or x.at < time_of($8))
         order by x.audit_no limit $4)) a
    order by a.audit_no) l on true;
