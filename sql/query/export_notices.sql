-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject, $3 up to this revision: the notices that its events name, each as the policy
-- document has it that was in force when it was named last; null: not there.
select * from export_notices($1, $2, $3);
