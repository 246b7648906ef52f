-- SPDX-License-Identifier: Apache-2.0
-- How long every service is told of a key that was revoked: longer than one remembers a key it has looked up
-- (auth/api_key). After that the key is nowhere.
create or replace function api_key_revoked_kept() returns interval
    language sql immutable as 'select interval ''1 day''';

-- The end of who makes a key, and whether they still may: a key (p_maker_key), or a token (p_maker_token its
-- jti, p_maker_ends its end). None of the three: the operator's command, which has no end.
create or replace function api_key_maker(c integer, p_maker_key text, p_maker_token text,
                                         p_maker_ends timestamptz, now_ timestamptz,
                                         out stands boolean, out ends timestamptz) language plpgsql as $$
begin
    ends := p_maker_ends;
    stands := ends is null or ends > now_;
    if p_maker_key is not null then
        select k.expires_at into ends from api_key k where k.controller_id = c and k.key_id = p_maker_key;
        stands := found and (ends is null or ends > now_);
    end if;
    if exists (select from revoked r where r.controller_id = c and r.token_id = p_maker_token
               and r.expires_at > now_) then
        stands := false;
    end if;
end $$;

-- Adds a key that ends with its maker unless it says sooner. Under the head's lock, so that a maker who was
-- revoked before makes none.
create or replace function add_api_key(p_controller text, p_key_id text, p_hash bytea, p_name text,
                                       p_scopes text, p_expires timestamptz, p_actor text,
                                       p_maker_key text, p_maker_token text, p_maker_ends timestamptz,
                                       out outcome integer, out made_at timestamptz, out ends_at timestamptz)
language plpgsql as $$
declare
    c integer;
    maker record;
begin
    select controller_id into c from controller where key = p_controller;
    if c is null then
        outcome := api_key_no_controller();
        return;
    end if;
    perform from head where controller_id = c for no key update;
    made_at := clock_timestamp();
    maker := api_key_maker(c, p_maker_key, p_maker_token, p_maker_ends, made_at);
    ends_at := coalesce(p_expires, maker.ends);
    delete from api_key where controller_id = c and expires_at < made_at;
    outcome := case
        when not maker.stands then api_key_maker_gone()
        when ends_at > maker.ends then api_key_outlasts()
        when ends_at <= made_at then api_key_past()
        when (select count(*) from api_key where controller_id = c) >= api_keys_max() then api_key_full()
        else api_key_added() end;
    if outcome = api_key_added() then
        insert into api_key (controller_id, key_id, hash, name, scopes, created_at, created_by, expires_at)
            values (c, p_key_id, p_hash, p_name, p_scopes, made_at, p_actor, ends_at);
        update controller set generation = generation_after(generation, made_at) where controller_id = c;
    end if;
end $$;

-- Takes a key back. False where there is none, or it is another controller's (null: any's).
create or replace function revoke_api_key(p_controller text, p_key_id text) returns boolean
language plpgsql as $$
declare
    c record;
    now_ timestamptz;
begin
    select o.controller_id, o.key into c from api_key k join controller o on o.controller_id = k.controller_id
        where k.key_id = p_key_id and (p_controller is null or o.key = p_controller);
    if not found then
        return false;
    end if;
    perform from head where controller_id = c.controller_id for no key update;
    delete from api_key where controller_id = c.controller_id and key_id = p_key_id;
    if not found then
        return false;
    end if;
    now_ := clock_timestamp();
    return revoke_token(c.key, 'akk_' || p_key_id, now_ + api_key_revoked_kept());
end $$;
