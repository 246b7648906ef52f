-- SPDX-License-Identifier: Apache-2.0
-- Notes the keys not seen before and returns the numbers of those that are another key than before, are not
-- held by the caller, or are new but below a known one: a key that slips in between two would change how
-- every tag is wrapped. Where all are known it writes nothing: it runs on each new connection, also while the
-- database takes no writes.
create or replace function register_keys(p_numbers smallint[], p_checks bytea[]) returns setof smallint
language plpgsql as $$
begin
    return query
        select k.key_no from subject_key k
        left join unnest(p_numbers, p_checks) p(number, check_value) on p.number = k.key_no
        where p.check_value <> k.check_value
              or (p.number is null
                  and exists (select from controller c where k.key_no between c.key_first and c.key_last))
        union all
        -- a new key among those that tags are wrapped by would change every tag
        select p.number from unnest(p_numbers) p(number)
        where not exists (select from subject_key k where k.key_no = p.number)
              and exists (select from controller c where p.number between c.key_first and c.key_last);
    if found then
        return; -- whoever holds a wrong key must not make it known as a right one
    end if;

    if exists (select from unnest(p_numbers) p(number)
               where not exists (select from subject_key k where k.key_no = p.number)) then
        insert into subject_key (key_no, check_value) select * from unnest(p_numbers, p_checks)
            on conflict (key_no) do nothing;
    end if;
end $$;
