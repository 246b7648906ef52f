-- SPDX-License-Identifier: Apache-2.0
-- oldest: 85
-- A guardian is asked, and written to a second time, by messages that are put with the acts they belong to.

-- Not due before; null: at once; infinity: not before the guardian has said yes.
alter table outbox add column not_before timestamptz;
-- What is kept of a guardian's request: found by the request, and with the child.
create index outbox_of_guardians on outbox (controller_id, subject_no, revision) where kind >= 2;

-- Of a request that is a guardian's to answer: the tag of whom its message is to, instead of the act's own;
-- and a second message, sealed, that waits for the Yes.
alter type act add attribute message_to bytea;
alter type act add attribute second bytea;
-- Of a guardian's answer: the request, by its first revision; and how long after it the second message
-- leaves, without which this Yes is not to be recorded (null: it needs none).
alter type act add attribute answers bigint;
alter type act add attribute second_after interval;
