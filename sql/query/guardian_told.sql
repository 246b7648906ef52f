-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a person, $3 a revision: whether a message to the guardian was put with what was asked
-- there. None is where one went a minute ago for the same child, or ten did that day.
select exists (select from outbox o
               where o.controller_id = $1 and o.subject_no = $2 and o.revision = $3
                     and o.kind = message_guardian_request()) as told;
