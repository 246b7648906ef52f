-- SPDX-License-Identifier: Apache-2.0
-- $1 controllers that somebody waits for: how far their ledgers are.
select h.controller_id, h.revision from unnest($1::int4[]) d(id) join head h on h.controller_id = d.id;
