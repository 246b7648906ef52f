-- SPDX-License-Identifier: Apache-2.0
-- Takes a token back, under the head's lock. Returns false where there is no such controller.
create or replace function revoke_token(p_controller text, p_token_id text, p_expires_at timestamptz)
returns boolean language plpgsql as $$
declare
    c integer;
    now_ timestamptz;
begin
    select controller_id into c from controller where key = p_controller;
    if c is null then
        return false;
    end if;
    perform from head where controller_id = c for no key update;
    now_ := clock_timestamp();
    delete from revoked where controller_id = c and expires_at < now_;
    insert into revoked as old (controller_id, token_id, expires_at) values (c, p_token_id, p_expires_at)
        on conflict (controller_id, token_id) do update
            set expires_at = greatest(old.expires_at, excluded.expires_at);
    update controller set generation = generation_after(generation, now_) where controller_id = c;
    return true;
end $$;
