-- SPDX-License-Identifier: Apache-2.0
-- A line by its hash and what it names besides, in the order of numbers.
create or replace function line_beside(p_line uuid, p_nos bigint[], p_guardian_no integer) returns uuid
    language sql immutable as 'select md5(p_line::text || p_nos::text || p_guardian_no)::uuid';

-- What a line is known by under its person (imported.line): its hash, into which goes what else it names.
-- Null where one of its identifiers, or its guardian, is not known yet: then it is not here either.
create or replace function import_line(c integer, a act, p_line uuid) returns uuid
language plpgsql stable as $$
declare
    nos bigint[];
    guardian_no integer := a.guardian_no;
begin
    if length(a.tags) = tag_size() and a.guardian is null and guardian_no = 0 then
        return p_line;
    end if;
    nos := array(select i.subject_no from tags_of(a.tags) t
                 left join lateral (select x.subject_no from identifier x
                                    where x.controller_id = c and x.tag = t.tag offset 0) i on true
                 where t.place > 0 order by i.subject_no);
    if a.guardian is not null then
        select g.guardian_no into guardian_no from guardian g
            where g.controller_id = c and g.tag = a.guardian;
    end if;
    if guardian_no is null or array_position(nos, null) is not null then
        return null;
    end if;
    return line_beside(p_line, nos, guardian_no);
end $$;
