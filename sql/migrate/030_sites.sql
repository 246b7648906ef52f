-- SPDX-License-Identifier: Apache-2.0
-- oldest: 30
-- How banners were answered: counts, and nobody in them. As in 001: the key starts with controller_id, and
-- the wall stands around it.
create table site_count (
    controller_id   integer not null,
    day             date not null, -- in the controller's time zone
    notice          bytea not null, -- the notice hash; empty: of words that are not known
    policy_version  integer not null,
    fetched         bigint not null default 0, -- configs that were told, and not kept by a cache on the way
    accepted        bigint not null default 0,
    refused         bigint not null default 0,
    chosen          bigint not null default 0,
    primary key (controller_id, day, notice, policy_version)
);

alter table site_count enable row level security;
create policy by_controller on site_count using
    (array_position(current_setting('akkoord.controllers')::integer[], controller_id) is not null);
