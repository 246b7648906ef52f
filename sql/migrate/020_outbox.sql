-- SPDX-License-Identifier: Apache-2.0
-- oldest: 20
-- What leaves by webhooks: where to, and what is to reach a person. As in 001: every key starts with
-- controller_id, and the wall stands around both.

-- Where the policy in force has something delivered. Kept as the policy says (sql/function/endpoint.sql); the
-- rest is of whoever delivers.
create table endpoint (
    controller_id    integer not null,
    name             text not null, -- 'messages'
    endpoint_no      integer generated always as identity, -- the number of its lock: one node at a time
    url              text not null,
    secret           text not null, -- the name of its secrets, which stand in no database
    failures         integer not null default 0, -- since anything last arrived
    paused_until     timestamptz, -- nothing is sent before
    stopped_at       timestamptz, -- it answered 410: nothing is sent until the policy names another place
    last_delivery_at timestamptz,
    primary key (controller_id, name)
);

-- Messages to persons: put in the transaction of what they are about, under the head's lock. Deleted some
-- time after they are over; what is personal in them goes at once.
create table outbox (
    controller_id  integer not null,
    message_no     bigint generated always as identity, -- in the order they were put in
    message_id     uuid not null, -- by which the receiver knows a repeat; an act's is its record_id
    kind           smallint not null, -- enum message_kind
    tag            bytea not null, -- of whom it is to: messages to one leave one after the other
    put_at         timestamptz not null,
    ends_at        timestamptz not null, -- not delivered by then it is over: its link has ended, or 3 days
    content        bytea, -- sealed by the program; null once it is over
    subject_no     bigint, -- of a confirmation: the first of the requests that it is of
    revision       bigint,
    valid_until    timestamptz, -- of its link
    status         smallint not null default 0, -- enum message_status; 0: it waits
    tries          smallint not null default 0,
    due_at         timestamptz not null, -- when it is tried, or is tried again
    over_at        timestamptz, -- where it does not wait any more
    http_status    smallint, -- of the last try, where there was an answer
    fault          smallint not null default 0, -- enum delivery_fault, of the last try
    primary key (controller_id, message_no)
);
create index outbox_due on outbox (controller_id, due_at, message_no) where status = 0;
create index outbox_by_tag on outbox (controller_id, tag, message_no);
create index outbox_ends on outbox (ends_at) where status = 0;
create index outbox_over on outbox (over_at) where status <> 0;

do $$
declare
    name text;
begin
    foreach name in array array['endpoint', 'outbox'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy by_controller on %I using '
                       '(array_position(current_setting(''akkoord.controllers'')::integer[], controller_id) '
                       'is not null)',
                       name);
    end loop;
end $$;

-- Of an act that waits: what its person is sent, sealed; null: nothing, or it goes with an act before.
alter type act add attribute message bytea;
