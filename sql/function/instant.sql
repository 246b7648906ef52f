-- SPDX-License-Identifier: Apache-2.0
-- Times as the program has them, microseconds since 1970, and back.
create or replace function instant_of(at timestamptz) returns bigint
    language sql immutable parallel safe as 'select (extract(epoch from at) * 1000000)::bigint';
create or replace function time_of(instant bigint) returns timestamptz
    language sql stable parallel safe as 'select to_timestamp(0) + instant * interval ''1 microsecond''';

-- The generation of a controller that changes at a time: never one that it had.
create or replace function generation_after(generation bigint, at timestamptz) returns bigint
    language sql immutable parallel safe as 'select greatest(generation + 1, instant_of(at))';

-- How long a first answer is kept for its idempotency key.
create or replace function first_answer_kept() returns interval
    language sql immutable parallel safe as 'select interval ''24 hours''';
