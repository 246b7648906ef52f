-- SPDX-License-Identifier: Apache-2.0
-- A rank (service/domain/consent.h) and what it is made of. From the top: class, time in microseconds since
-- 1970 (53 bits), No above Yes, known words above unknown, event state (4 bits). Written out where a
-- statement uses them, so that they cost what the operators do.
create or replace function rank_at(base bigint, at bigint) returns bigint
    language sql immutable parallel safe as 'select base + (at << 6)';
create or replace function rank_state(rank bigint) returns smallint
    language sql immutable parallel safe as 'select (rank & 15)::smallint';
create or replace function rank_time(rank bigint) returns bigint
    language sql immutable parallel safe as 'select (rank >> 6) & 9007199254740991';
create or replace function rank_is_no(rank bigint) returns boolean
    language sql immutable parallel safe as 'select (rank & 32) <> 0';
create or replace function rank_base(class smallint, state smallint, words boolean) returns bigint
    language sql immutable parallel safe as
    'select (class::bigint << 59) + case when state >= 8 then 32 else 0 end + words::integer * 16 + state';
