-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key, $2 a revision: what of the events behind it would go now. Rows: how far was looked,
-- a rule, events, evidence; none where there are no events behind.
select * from purge_rehearse($1, $2);
