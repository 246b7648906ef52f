-- SPDX-License-Identifier: Apache-2.0
-- oldest: 21
-- Recipients: endpoints that are told what changes, each from the ledger itself, by how far it is.
alter table endpoint
    add column revision bigint not null default 0, -- of a recipient: it was told of all up to this one
    add column purposes text[], -- of a recipient: it is told of these; null: of all
    add column http_status smallint, -- of the last try that failed, where there was an answer
    add column fault smallint not null default 0; -- likewise, enum delivery_fault

-- A delivery by its id.
create index outbox_by_id on outbox (controller_id, message_id);
