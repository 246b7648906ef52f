-- SPDX-License-Identifier: Apache-2.0
-- Idempotency keys are kept 24 h; a bounded number (EXPIRE_KEYS_MAX) goes at a time so that no transaction is long. How many went.
with gone as (
    delete from idempotency
    where ctid = any (array(
              select ctid from idempotency where recorded_at < clock_timestamp() - interval '24 hours' limit 5000))
          and recorded_at < clock_timestamp() - interval '24 hours'
    returning 1)
select count(*) from gone;
