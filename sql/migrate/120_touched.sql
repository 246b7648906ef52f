-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- Which tags' states were written, so that a service can hold states and prove with each statement that they
-- are current (service/store/view.h). sql/function/touch.sql says who writes here, and what is let go of.

create table touched (
    controller_id  integer not null,
    -- One more than the newest of the controller's own, given under the head's lock, and so in the order in
    -- which its transactions commit: whoever sees one of them sees all that are lower.
    no             bigint not null,
    at             timestamptz not null default clock_timestamp(),
    marks          bytea, -- tag_mark() of each tag, one behind the other; null: of any
    primary key (controller_id, no)
);

alter table touched enable row level security;
create policy by_controller on touched using
    (array_position(current_setting('akkoord.controllers')::integer[], controller_id) is not null);
