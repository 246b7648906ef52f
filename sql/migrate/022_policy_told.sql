-- SPDX-License-Identifier: Apache-2.0
-- oldest: 22
-- The version of the policy that a recipient was told of last, and when it was told of what is due.
alter table endpoint
    add column policy_version integer not null default 0,
    add column due_told_at timestamptz not null default '-infinity';
update endpoint e set policy_version = c.policy_version from controller c
    where c.controller_id = e.controller_id;
