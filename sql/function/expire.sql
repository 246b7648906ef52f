-- SPDX-License-Identifier: Apache-2.0
-- What is over goes, and at most so many at a time that no transaction is long; those of one moment go
-- together. Found by time and then deleted by time: a row that was renewed in between stays.

-- Idempotency keys whose first answer is no longer kept. Returns how many went.
create or replace function expire_keys() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    kept_from timestamptz := clock_timestamp() - first_answer_kept();
    last timestamptz;
    n integer;
begin
    select recorded_at into last from idempotency where recorded_at < kept_from
        order by recorded_at offset expire_keys_max() - 1 limit 1;
    delete from idempotency where recorded_at <= coalesce(last, kept_from - interval '1 microsecond');
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function expire_keys from public;

-- Requests that were not confirmed in time. Returns how many went.
create or replace function expire_pending() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_ timestamptz := clock_timestamp();
    last timestamptz;
    n integer;
begin
    select valid_until into last from consent where slot & 15 = slot_pending() and valid_until < now_
        order by valid_until offset expire_pending_max() - 1 limit 1;
    delete from consent
        where slot & 15 = slot_pending() and valid_until <= coalesce(last, now_ - interval '1 microsecond');
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function expire_pending from public;
