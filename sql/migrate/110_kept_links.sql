-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- Links that people click and that stand for more than fits their token (ledger/links): the token names a
-- row. As in 001: every key starts with controller_id, and the wall stands around both.

create table kept_link (
    controller_id  integer not null,
    -- 128 bits of an HMAC over whom and what: the same link again is the same row. No number, which a
    -- database that lost some in a failover would give again, to another person.
    link_id        bytea not null,
    subject_no     bigint, -- of whom; null: of whom kept_link_tag says
    content        bytea not null, -- for what, as the program packs it
    ends_at        timestamptz not null, -- no link of it ends later
    primary key (controller_id, link_id)
);
create index kept_link_by_subject on kept_link (controller_id, subject_no) where subject_no is not null;
create index kept_link_by_end on kept_link (ends_at);

create table kept_link_tag (
    controller_id  integer not null,
    link_id        bytea not null,
    place          smallint not null, -- in the order in which they were named
    tag            bytea not null,
    primary key (controller_id, link_id, place)
);
create index kept_link_by_tag on kept_link_tag (controller_id, tag, link_id);

do $$
declare
    name text;
begin
    foreach name in array array['kept_link', 'kept_link_tag'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;
