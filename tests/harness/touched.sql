-- SPDX-License-Identifier: Apache-2.0
-- Laid over a database for tests, as its owner: who writes a state, or takes one away, and does not say so in
-- touched, in the same transaction, fails. What a test writes by hand is let through.
create schema if not exists guard;
create or replace function guard.touched_or_fail() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    s consent;
begin
    if current_query() ~* '(insert into|update|delete from) consent' then
        return null;
    end if;
    foreach s in array array[old, new] loop
        continue when s.tag is null;
        -- (3) of touch.sql
        continue when tg_op = 'DELETE' and s.slot = slot_pending() and s.valid_until < clock_timestamp();
        if not exists (select from touched t where t.controller_id = s.controller_id
                       and t.at >= transaction_timestamp() and position(tag_mark(s.tag) in t.marks) > 0) then
            raise exception 'a state was written, and its tag was not touched: %', tg_op;
        end if;
    end loop;
    return null;
end $$;
create or replace trigger consent_is_touched after insert or update or delete on consent
    for each row execute function guard.touched_or_fail();
