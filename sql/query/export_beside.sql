-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject: what is held of it beside events, a line of JSON each, behind ($3, $4), at
-- most $5. Lists (enum export_list): 1 what was asked (rights-requests), 2 the clocks of what others hold, 3
-- what was said to be deleted, 4 who read or did what (audit).
select b.list, b.key, b.line
from (
    (select 1 as list, r.request_no as key, export_request(r) as line
     from rights_request r
     where r.controller_id = $1 and r.subject_no = $2::int8 and $3::int4 <= 1
           and r.request_no > case when $3 = 1 then $4::int8 else 0 end
     order by r.request_no limit $5::int4)
    union all
    (select 2, s.key,
            export_retention_event(s.event, s.client, s.purpose, s.ref, s.at, s.recorded_at, s.actor)
     from (select row_number() over (order by t.event, t.client, t.purpose, t.ref) as key, t.*
           from retention_start t where t.controller_id = $1 and t.subject_no = $2) s
     where $3 <= 2 and s.key > case when $3 = 2 then $4 else 0 end
     order by s.key limit $5)
    union all
    (select 3, s.key,
            export_deletion(s.client, s.purpose, s.data_class, s.ref, s.at, s.recorded_at, s.actor)
     from (select row_number() over (order by t.client, t.purpose, t.data_class, t.ref) as key, t.*
           from retention_deletion t where t.controller_id = $1 and t.subject_no = $2) s
     where $3 <= 3 and s.key > case when $3 = 3 then $4 else 0 end
     order by s.key limit $5)
    union all
    (select 4, a.audit_no, export_audit(a)
     from audit a
     where a.controller_id = $1 and a.subject_no = $2
           and a.audit_no > case when $3 = 4 then $4 else 0 end
     order by a.audit_no limit $5)) b
order by b.list, b.key
limit $5;
