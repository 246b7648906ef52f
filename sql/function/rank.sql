-- SPDX-License-Identifier: Apache-2.0
-- A rank (service/domain/consent.h) and what it is made of. From the top: class, time in microseconds since
-- 1970 (53 bits), event state (4 bits). Written out where a statement uses them, so that they cost what the
-- operators do.
create or replace function rank_base(class smallint, state smallint) returns bigint
    language sql immutable parallel safe as 'select (class::bigint << 57) + state';
create or replace function rank_at(base bigint, at bigint) returns bigint
    language sql immutable parallel safe as 'select base + (at << 4)';
create or replace function rank_state(rank bigint) returns smallint
    language sql immutable parallel safe as 'select (rank & 15)::smallint';
create or replace function rank_time(rank bigint) returns bigint
    language sql immutable parallel safe as 'select (rank >> 4) & 9007199254740991';

-- Whether an event of that state says no.
create or replace function event_state_is_no(state smallint) returns boolean
    language sql immutable parallel safe as 'select state >= event_refused()';
