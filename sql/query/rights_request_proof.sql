-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a rights-request by its number, $3 which of its links, $4 the tags of an address:
-- rights_request_proof(). The row also gives the generation and now; where the link is worth nothing it gives
-- nothing else.
select c.generation, statement_timestamp() as as_of, p.*
from controller c
left join lateral rights_request_proof($1, $2::int8, $3::int4, $4::bytea[]) p on true
where c.controller_id = $1;
