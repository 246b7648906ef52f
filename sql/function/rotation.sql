-- SPDX-License-Identifier: Apache-2.0
-- A rotation begins: from here on services make tags under p_key and look under both. Under the head's lock,
-- so that no batch that knew one key only is still at work. False: one runs already, or p_key is not above
-- the key in force.
create or replace function begin_rotation(c integer, p_key smallint) returns boolean language plpgsql as $$
declare
    now_ timestamptz;
begin
    perform from head where controller_id = c for no key update;
    now_ := clock_timestamp();
    update controller set key_last = p_key, generation = generation_after(generation, now_)
        where controller_id = c and key_oldest = key_last and key_last < p_key;
    return found;
end $$;

-- And ends: services no longer look under the old key. False, with nothing changed, while a tag of an old key
-- is left.
create or replace function finish_rotation(c integer) returns boolean language plpgsql as $$
declare
    ours bytea; -- no tag of an older key sorts above it
    now_ timestamptz;
begin
    perform from head where controller_id = c for no key update;
    now_ := clock_timestamp();
    -- and that of links which are being kept (keep_links)
    select set_byte('\x00', 0, key_last) into strict ours from controller where controller_id = c
        for no key update;
    if exists (select from consent where controller_id = c and tag < ours)
       or exists (select from identifier where controller_id = c and tag < ours)
       or exists (select from guardian where controller_id = c and tag < ours)
       or exists (select from outbox where controller_id = c and tag < ours)
       or exists (select from kept_link_tag where controller_id = c and tag < ours) then
        return false;
    end if;
    update controller set key_oldest = key_last, generation = generation_after(generation, now_)
        where controller_id = c and key_oldest < key_last;
    return true;
end $$;
