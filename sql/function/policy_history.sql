-- SPDX-License-Identifier: Apache-2.0
-- What changed from one policy document to another, in the words of the documents.

-- The elements of a section that is a list, each with the name that it keeps from version to version: a
-- website's is its first origin.
create or replace function section_named(p_section text, p_list jsonb)
returns table (name text, element jsonb) language plpgsql immutable as $$
begin
    if jsonb_typeof(p_list) is distinct from 'array' then
        return;
    end if;
    return query
        select coalesce(e.value ->> 'key',
                        nullif(concat_ws(' ', e.value ->> 'id', e.value ->> 'version'), ''),
                        e.value ->> 'name', e.value #>> '{origins,0}', e.value #>> '{}'), e.value
        from jsonb_array_elements(p_list) e(value);
end $$;

-- An array of {"section", "key", "change": added | removed | changed, "members", "name", "description"}: of a
-- section that is no list the whole; of a purpose also who receives from it since.
create or replace function policy_changed(p_before jsonb, p_after jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'section', s.name, 'key', d.name,
                   'change', case when d.before is null then 'added' when d.after is null then 'removed'
                                  else 'changed' end,
                   'members', (select jsonb_agg(m order by m)
                               from (select jsonb_object_keys(case when jsonb_typeof(d.before) = 'object'
                                                                        and jsonb_typeof(d.after) = 'object'
                                                                   then d.before || d.after end) as m) k
                               where d.before -> m is distinct from d.after -> m),
                   'name', coalesce(d.after, d.before) -> 'name',
                   'description', coalesce(d.after, d.before) -> 'description',
                   'recipients', (select jsonb_agg(r.element order by r.name)
                                  from section_named('recipients', d.after -> 'recipients') r
                                  where not exists (
                                      select from section_named('recipients', d.before -> 'recipients') b
                                      where b.name = r.name))))
                   order by s.name, d.name), '[]')
        from (select distinct jsonb_object_keys(coalesce(p_before, '{}') || p_after) as name) s
        cross join lateral (
            select coalesce(b.name, a.name) as name, b.element as before, a.element as after
            from section_named(s.name, p_before -> s.name) b
            full join section_named(s.name, p_after -> s.name) a on a.name = b.name
            union all
            select null, p_before -> s.name, p_after -> s.name
            where jsonb_typeof(coalesce(p_after -> s.name, p_before -> s.name)) <> 'array') d
        where d.before is distinct from d.after);
end $$;
