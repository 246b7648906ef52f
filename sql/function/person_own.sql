-- SPDX-License-Identifier: Apache-2.0
-- Whether nobody but a person, who has these identifiers, shares one of them.
create or replace function has_alone(c integer, p_has bigint[], p_no bigint) returns boolean
language plpgsql stable as $$
begin
    return p_no = any (p_has) and persons_having(c, array[p_no], persons_share_max()) <@ p_has;
end $$;

-- Whether acts that were recorded before a moment say that a person is, or has, an identifier, by number.
create or replace function person_had(c integer, p_person bigint, p_no bigint, p_before timestamptz)
returns boolean language plpgsql stable as $$
begin
    return exists (
        with recursive had(no) as (
            select p_person
            union
            select unnest(e.beside_nos) from had h
            cross join lateral (select n.beside_nos from event x
                                join named n on n.controller_id = c and n.revision = x.revision
                                where x.controller_id = c and x.subject_no = h.no and x.recorded_at < p_before
                                      and not exists (select from unranked u where u.controller_id = c
                                                      and u.revision = x.revision offset 0) offset 0) e)
        select from had h
        where h.no = p_no and (h.no <> p_person
                               or exists (select from event x where x.controller_id = c
                                          and x.subject_no = h.no and x.recorded_at < p_before
                                          and not exists (select from unranked u where u.controller_id = c
                                                          and u.revision = x.revision offset 0))));
end $$;

-- Whether one of these tags is of an identifier that a person has and nobody else shares.
create or replace function person_has_alone(c integer, p_person bigint, p_tags bytea[]) returns boolean
language plpgsql stable as $$
declare
    has constant bigint[] := identifiers_had(c, array[p_person], persons_share_max());
begin
    return exists (select from unnest(p_tags) t(tag)
                   cross join lateral (select i.subject_no as no from identifier i
                                       where i.controller_id = c and i.tag = t.tag offset 0) i
                   where has_alone(c, has, i.no));
end $$;

-- The identifiers that a person has and nobody else shares, the strongest first, as many as an act may name.
-- One that somebody else has says nothing of this person; that it once acted alone makes it nobody else. The
-- person is its own strongest identifier, whoever has that too by now: a No of theirs is not to be lost when
-- they become a customer.
create or replace function person_own(c integer, p_person bigint)
returns table (tag bytea, type smallint) language plpgsql stable as $$
declare
    has constant bigint[] := identifiers_had(c, array[p_person], persons_share_max());
begin
    return query
        select i.tag, i.type
        from unnest(has) n(no)
        cross join lateral (select x.tag, x.type, x.is_ended from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        where has_alone(c, has, n.no) or n.no = p_person and not i.is_ended
        order by n.no <> p_person, identifier_strength(i.type) desc, n.no
        limit 8;
end $$;
