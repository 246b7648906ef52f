-- SPDX-License-Identifier: Apache-2.0
-- Whether one of these tags is of an identifier that a person has and nobody else shares.
create or replace function person_has_alone(c integer, p_person bigint, p_tags bytea[]) returns boolean
language plpgsql stable as $$
declare
    has constant bigint[] := identifiers_had(c, array[p_person], persons_share_max());
begin
    return exists (select from unnest(p_tags) t(tag)
                   cross join lateral (select i.subject_no as no from identifier i
                                       where i.controller_id = c and i.tag = t.tag offset 0) i
                   where i.no = any (has) and persons_having(c, array[i.no], persons_share_max()) <@ has);
end $$;

-- The identifiers that a person has and nobody else shares, the strongest first, as many as an act may name.
-- One that somebody else has says nothing of this person; that it once acted alone makes it nobody else.
create or replace function person_own(c integer, p_person bigint)
returns table (tag bytea, type smallint) language plpgsql stable as $$
declare
    has constant bigint[] := identifiers_had(c, array[p_person], persons_share_max());
begin
    return query
        select i.tag, i.type
        from unnest(has) n(no)
        cross join lateral (select x.tag, x.type from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        where persons_having(c, array[n.no], persons_share_max()) <@ has
        order by n.no <> p_person, identifier_strength(i.type) desc, n.no
        limit 8;
end $$;
