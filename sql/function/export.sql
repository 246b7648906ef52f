-- SPDX-License-Identifier: Apache-2.0
-- The notices that a subject's events name, up to a revision, with their texts: out of the policy document by
-- which the last of these events was recorded. Each document is parsed once.
create or replace function export_notices(c integer, p_subject bigint, p_until bigint)
returns table (id text, version text, document text) language plpgsql stable as $$
begin
    return query
        with used as materialized (
            select v.notice_no, max(v.policy_version) as policy_version
            from event v
            where v.controller_id = c and v.subject_no = p_subject and v.revision <= p_until
                  and v.notice_no is not null
            group by v.notice_no),
        documents as materialized (
            select u.policy_version, p.notices
            from (select distinct x.policy_version from used x) u
            cross join lateral (select x.document::jsonb -> 'notices' as notices from policy x
                                where x.controller_id = c and x.version = u.policy_version offset 0) p)
        select n.id, n.version,
               (select t.value::text from documents d
                cross join lateral jsonb_array_elements(d.notices) t
                where d.policy_version = u.policy_version and t.value ->> 'id' = n.id
                      and t.value ->> 'version' = n.version limit 1)
        from used u
        cross join lateral (select x.id, x.version from notice x
                            where x.controller_id = c and x.notice_no = u.notice_no offset 0) n
        order by n.id, n.version;
end $$;
