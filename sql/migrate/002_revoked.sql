-- SPDX-License-Identifier: Apache-2.0
-- oldest: 1
-- Tokens that were taken back before they expired, by their jti. A service reads them with the policy, and is told of another generation
-- by its next statement: no check asks for them.
create table revoked (
    controller_id  integer not null,
    token_id       text not null,
    expires_at     timestamptz not null, -- of the token, and the skew that is allowed: it is refused by itself from then on
    primary key (controller_id, token_id)
);

-- Returns false where there is no such controller.
create function revoke_token(p_controller text, p_token_id text, p_expires_at timestamptz) returns boolean language plpgsql as $$
declare
    c integer;
begin
    select controller_id into c from controller where key = p_controller;
    if c is null then
        return false;
    end if;
    perform from head where controller_id = c for no key update;
    delete from revoked where controller_id = c and expires_at < clock_timestamp();
    insert into revoked as old (controller_id, token_id, expires_at) values (c, p_token_id, p_expires_at)
        on conflict (controller_id, token_id) do update set expires_at = greatest(old.expires_at, excluded.expires_at);
    update controller set generation = greatest(generation + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
        where controller_id = c;
    return true;
end $$;
