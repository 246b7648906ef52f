-- SPDX-License-Identifier: Apache-2.0
-- Whether a record says of the person to have been a minor, or represented, until a date that has come, and
-- nothing of the kind that still holds. A day begins at 00:00 in the controller's time zone.
create or replace function came_of_age(p_detail jsonb, p_time_zone text, p_at timestamptz) returns boolean
language sql stable as $$
    select coalesce(bool_or(until <= p_at) and bool_and(coalesce(until <= p_at, false)), false)
    from (select (fact ->> 'until')::timestamp at time zone p_time_zone as until
          from (values (p_detail -> 'minor'), (p_detail -> 'represented')) f(fact)
          where (fact ->> 'holds')::boolean) held
$$;

-- Whether something of the person, such as being a minor, holds: as the record itself says, else as it was
-- known.
create or replace function fact_holds(p_said jsonb, p_known boolean, p_time_zone text, p_at timestamptz)
returns boolean language sql stable as $$
    select case when p_said is null then coalesce(p_known, false)
                else (p_said ->> 'holds')::boolean
                     and coalesce((p_said ->> 'until')::timestamp at time zone p_time_zone > p_at, true) end
$$;
