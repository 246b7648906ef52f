-- SPDX-License-Identifier: Apache-2.0
-- oldest: 1
-- What a next release might add, for upgrade.py: it expands only, so that the previous release goes
-- on. Its number comes after all.
alter table controller add column plan text;
alter table head add column batches bigint not null default 0;
alter table policy add column remark text;
alter table purpose add column weight integer not null default 1;
alter table identifier add column seen_on date;
alter table event add column channel text;
alter table consent add column channel smallint not null default 0;
alter table idempotency add column client text;
create table channel (
    controller_id  integer not null,
    channel_no     smallint not null,
    name           text not null,
    primary key (controller_id, channel_no)
);
create index event_by_channel on event (controller_id, channel) where channel is not null;
