-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's key: what is held beside its ledger that would go now. Rows as of
-- purge_rehearse: there is nothing behind, and no evidence.
select 0::int8 as looked_to, r.*, 0::int8 as evidence from purge_records_rehearse($1) r;
