-- SPDX-License-Identifier: Apache-2.0
-- As rights_request_proof.sql, of a link whose button was pressed by $5.
select c.generation, statement_timestamp() as as_of, p.*
from controller c
left join lateral rights_request_prove($1, $2::int8, $3::int4, $4::bytea[], $5::text) p on true
where c.controller_id = $1;
