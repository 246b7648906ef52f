-- SPDX-License-Identifier: Apache-2.0
-- Who has what, as it is told. What a No reaches is worked out in tie.sql, which stops at crowded
-- identifiers; here nothing is passed over, and the walk ends where there is more than can be told.

-- The stronger names the person: customer, e-mail, phone, postal, visitor.
create or replace function identifier_strength(type smallint) returns integer
    language sql immutable parallel safe as
    'select case type when identifier_customer() then 4 when identifier_visitor() then 0 else 3 - type end';

-- The persons that are one of these identifiers, by number, or have one: p_most of them at most.
create or replace function persons_having(c integer, p_nos bigint[], p_most integer) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        with recursive above(no) as (
            select * from unnest(p_nos)
            union
            select t.person_no from above a
            cross join lateral (select x.person_no from tie x
                                where x.controller_id = c and x.beside_no = a.no offset 0) t)
        select a.no from above a
        cross join lateral (select x.is_person from identifier x
                            where x.controller_id = c and x.subject_no = a.no offset 0) i
        where i.is_person limit p_most);
end $$;

-- The identifiers that these persons are or have: p_most of them at most.
create or replace function identifiers_had(c integer, p_nos bigint[], p_most integer) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        with recursive below(no) as (
            select * from unnest(p_nos)
            union
            select t.beside_no from below b
            cross join lateral (select x.beside_no from tie x
                                where x.controller_id = c and x.person_no = b.no offset 0) t)
        select no from below limit p_most);
end $$;

-- Whether staff said that a person has an identifier: added, or put in the place of one that was wrong; or
-- merged the two.
create or replace function is_tied_by_staff(c integer, p_person bigint, p_beside bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from (values (p_person, p_beside), (p_beside, p_person)) w(subject_no, beside_no)
        cross join lateral (select x.revision from beside x
                            where x.controller_id = c and x.beside_no = w.beside_no offset 0) b
        cross join lateral (select x.slot, x.role from event x
                            where x.controller_id = c and x.revision = b.revision
                                  and x.subject_no = w.subject_no offset 0) e
        where e.role = role_staff()
              and (e.slot = staff_merged()
                   or e.slot in (staff_added(), staff_corrected()) and w.subject_no = p_person));
end $$;

-- Whose verdicts an act that named these identifiers, by number, may have changed: of a Yes who is one of
-- them or has one; of a No or a limit (p_is_wide) also whoever shares anything with these. Null: more than
-- can be told.
create or replace function persons_touched(c integer, p_nos bigint[], p_is_wide boolean) returns bigint[]
language plpgsql stable as $$
declare
    most constant integer := persons_told_max() + 1; -- the act's own person is not told again
    found bigint[] := persons_having(c, p_nos, most + 1);
begin
    if p_is_wide and cardinality(found) <= most then
        found := identifiers_had(c, p_nos || found, persons_share_max() + 1);
        if cardinality(found) > persons_share_max() then
            return null;
        end if;
        found := persons_having(c, found, most + 1);
    end if;
    return case when cardinality(found) <= most then found end;
end $$;

-- The type of the strongest identifier that an event named and another person has; null: of none.
create or replace function event_came_by(c integer, p_revision bigint, p_subject bigint, p_other bigint)
returns smallint language plpgsql stable as $$
declare
    has constant bigint[] := identifiers_had(c, array[p_other], persons_share_max());
begin
    return (
        select i.type
        from (select p_subject union all
              select unnest(m.beside_nos) from named m
              where m.controller_id = c and m.revision = p_revision) n(no)
        cross join lateral (select x.type from identifier x
                            where x.controller_id = c and x.subject_no = n.no offset 0) i
        where n.no = any (has)
        order by identifier_strength(i.type) desc limit 1);
end $$;
